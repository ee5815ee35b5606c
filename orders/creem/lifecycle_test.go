package creem_test

import (
	"cmp"
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/internal/payhistory"
	"github.com/chameleon-go/chameleon/orders"
	"github.com/chameleon-go/chameleon/orders/creem"
	"github.com/chameleon-go/chameleon/orders/webhook"
	"github.com/chameleon-go/chameleon/secret"
)

// Whatever customers do, and however Creem tells of it, what is stored is what the
// model says.
func TestHistoriesOfCustomers(t *testing.T) {
	t.Parallel()
	worlds := []payhistory.World{{Provider: speaker{}, PayType: orders.PayTypeCreem, Handler: telling}}
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) { payhistory.Run(t, env, 7, worlds) })
}

// telling hands events to the webhook's handler.
func telling(c *payhistory.Customer) payhistory.Handle {
	config := creem.Config{Secrets: []secret.Secret{secret.New(signingKey)}}
	config.Plan, config.TrialCredits, config.CarryOver, config.Change = payhistory.PlanOf, c.TrialCredits, c.CarryOver, c.Change
	config.CarryOverWithin, config.Bought = payhistory.Within, c.Bought
	return func(ctx context.Context, db bun.IDB, e payhistory.Event) (int, error) {
		body, err := json.Marshal(m{"id": "evt_1", "eventType": e.Kind, "created_at": e.At.UnixMilli(), "object": e.Object})
		if err != nil {
			return 0, err
		}
		_, err = creem.Handle(ctx, db, config, creem.Request{Body: body, Signature: creem.Sign(body, signingKey)})
		return webhook.Status(err), err
	}
}

// speaker is Creem. It has no balance that a downgrade could go to, and
// tells a change by its net.
type speaker struct{}

func (speaker) Can() payhistory.Abilities { return payhistory.Abilities{Units: true} }

// said are events of one moment, a second apart.
func said(start time.Time, kinds ...any) (events []payhistory.Event) {
	for i := 0; i < len(kinds); i += 2 {
		object, _ := kinds[i+1].(m)
		kind, _ := kinds[i].(string)
		events = append(events, payhistory.Event{Kind: kind, At: start.Add(time.Duration(i/2) * time.Second), Object: object})
	}
	return events
}

// Sold is a checkout of a product that is bought once.
func (speaker) Sold(s *payhistory.Sale) []payhistory.Event {
	order := m{
		"id": "ord_" + cmp.Or(s.Pay, "free_"+s.Order), "amount": s.List, "sub_total": s.List, "tax_amount": s.Tax, "discount_amount": s.Discount,
		"amount_due": s.Gross(), "amount_paid": s.Gross(), "currency": "USD",
	}
	if s.Pay != "" {
		order["transaction"] = s.Pay
	}
	return said(s.At, "checkout.completed", m{
		"id": "ch_" + s.Order, "object": "checkout", "request_id": s.Order, "status": "completed", "units": s.Units,
		"metadata": m{"order_no": s.Order}, "product": m{"id": "prod_1", "price": s.List / s.Units}, "order": order,
	})
}

// Begun is a checkout of a subscription, whose transaction the subscription names.
func (v speaker) Begun(s payhistory.Subscription, b *payhistory.Bill) []payhistory.Event {
	sub := v.subscription(s, b)
	done := m{
		"id": "ch_" + s.ID, "object": "checkout", "request_id": s.Order, "status": "completed", "units": s.Seats,
		"metadata": m{"order_no": s.Order}, "subscription": sub, "product": sub["product"],
		"order": m{
			"id": "ord_" + s.ID, "amount": b.Subtotal(), "sub_total": b.Subtotal(), "tax_amount": b.Tax,
			"discount_amount": b.Discount(), "amount_due": b.Paid, "amount_paid": b.Paid, "currency": "USD",
			"transaction": sub["last_transaction_id"],
		},
	}
	if b.Trial {
		return said(s.Created.Add(time.Second), "subscription.trialing", sub, "checkout.completed", done)
	}
	return said(s.Created.Add(time.Second), "subscription.active", sub, "subscription.paid", sub, "checkout.completed", done)
}

// Billed is a payment of the period that the subscription is in.
func (v speaker) Billed(s payhistory.Subscription, b *payhistory.Bill) []payhistory.Event {
	kind := "subscription.active"
	if b.Reason == "update" {
		kind = "subscription.update"
	}
	sub := v.subscription(s, b)
	return said(b.At, "subscription.paid", sub, kind, sub)
}

// Unpaid names the payment before: that of the period was not made.
func (v speaker) Unpaid(s payhistory.Subscription, _ *payhistory.Bill, at time.Time) []payhistory.Event {
	return said(at, "subscription.expired", v.subscription(s, nil), "subscription.past_due", v.subscription(s, nil))
}

// Stands is the subscription as it is.
func (v speaker) Stands(s payhistory.Subscription, at time.Time) []payhistory.Event {
	kind := "subscription.update"
	switch {
	case s.Status == "canceled":
		kind = "subscription.canceled"
	case s.Status == "paused":
		kind = "subscription.paused"
	case s.Cancels:
		kind = "subscription.scheduled_cancel"
	}
	return said(at.Add(20*time.Second), kind, v.subscription(s, nil))
}

// subscription is the subscription with its last transaction.
func (speaker) subscription(s payhistory.Subscription, b *payhistory.Bill) m {
	object := m{
		"id": s.ID, "object": "subscription", "status": s.Status, "metadata": m{"order_no": s.Order},
		"product": m{"id": s.Price.ID, "price": s.Price.Amount}, "items": []m{{"units": s.Seats}},
		"current_period_start_date": s.From, "current_period_end_date": s.To, "created_at": s.Created, "canceled_at": nil,
	}
	if b != nil && !b.Trial { // one of nothing, too
		pay := cmp.Or(b.Pay(), "tran_"+b.ID)
		object["last_transaction_id"] = pay
		object["last_transaction"] = m{
			"id": pay, "amount": b.Subtotal(), "amount_paid": b.Paid, "tax_amount": b.Tax,
			"discount_amount": b.Discount(), "currency": "USD", "status": "paid",
		}
	}
	return object
}

// transaction is a payment as refunds and disputes show it.
func transaction(p *payhistory.Payment, status string) m {
	return m{"id": p.ID, "amount": p.Amount - p.Tax, "amount_paid": p.Amount, "tax_amount": p.Tax, "currency": "USD", "status": status}
}

// Refunded is one refund.
func (speaker) Refunded(r *payhistory.Refund) []payhistory.Event {
	kind, status := "refund.created", "succeeded"
	if r.Failed {
		kind, status = "refund.failed", "failed"
	}
	return said(r.At, kind, m{
		"id": r.ID, "object": "refund", "status": status, "refund_amount": r.Amount, "refund_currency": "USD",
		"transaction": transaction(r.Of, "refunded"),
	})
}

// Disputed is a dispute that was opened or decided.
func (speaker) Disputed(d *payhistory.Dispute) []payhistory.Event {
	object := m{
		"id": d.ID, "object": "dispute", "amount": d.Amount, "currency": "USD", "transaction": transaction(d.Of, "chargeback"),
	}
	switch d.Status {
	case "won":
		return said(d.At, "dispute.won", object)
	case "lost":
		return said(d.At, "dispute.lost", object)
	}
	return said(d.At, "dispute.created", object)
}
