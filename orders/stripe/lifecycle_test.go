package stripe_test

import (
	"fmt"
	"maps"
	"time"

	"github.com/chameleon-go/chameleon/internal/payhistory"
)

// speaker is Stripe, in one of its API versions.
type speaker struct{ version string }

// The API versions that are spoken.
const (
	version2020 = "2020-08-27"
	version2022 = "2022-11-15"
	version2025 = "2025-03-31.basil"
)

func (v speaker) Can() payhistory.Abilities {
	return payhistory.Abilities{Balance: true, Lines: true, Items: true, Fees: true, Otherwise: true, Reinstates: true, Parts: v.version == version2025}
}

// at makes events of one moment, a second apart.
func at(start time.Time, kinds ...any) (events []payhistory.Event) {
	for i := 0; i < len(kinds); i += 2 {
		if object, ok := kinds[i+1].(m); ok && object != nil {
			kind, _ := kinds[i].(string)
			events = append(events, payhistory.Event{
				Kind: kind, At: start.Add(time.Duration(i/2) * time.Second), Object: object,
			})
		}
	}
	return events
}

// Sold is a checkout in payment mode.
func (v speaker) Sold(s *payhistory.Sale) []payhistory.Event {
	object := func(status string) m {
		session := m{
			"id": "cs_" + s.Pay, "object": "checkout.session", "mode": "payment", "payment_status": status,
			"client_reference_id": s.Order, "metadata": m{"order_no": s.Order}, "payment_intent": nil, "currency": "usd",
			"amount_total": s.Gross(), "amount_subtotal": s.List,
			"total_details": m{"amount_tax": s.Tax, "amount_discount": s.Discount},
		}
		if s.Pay != "" {
			session["payment_intent"] = s.Pay
		}
		return session
	}
	if s.Pay == "" {
		return at(s.At, "checkout.session.completed", object("no_payment_required"))
	}
	intent := m{
		"id": s.Pay, "object": "payment_intent", "amount": s.Gross(), "amount_received": s.Gross(), "currency": "usd",
		"metadata": m{"order_no": s.Order},
	}
	var failed, expired, completed m
	if s.FailedBefore {
		failed = intent
	}
	if s.GivenUp {
		expired = object("unpaid")
	}
	paid := "checkout.session.completed"
	if s.Async {
		completed, paid = object("unpaid"), "checkout.session.async_payment_succeeded"
	}
	return at(s.At, "payment_intent.payment_failed", failed, "checkout.session.expired", expired,
		"checkout.session.completed", completed, "payment_intent.succeeded", intent, paid, object("paid"),
		"charge.succeeded", m{"id": "ch_" + s.Pay, "payment_intent": s.Pay})
}

// Begun is a checkout in subscription mode. Versions before 2022-08-01 make the
// session's subscription before it is complete.
func (v speaker) Begun(s payhistory.Subscription, b *payhistory.Bill) []payhistory.Event {
	session := m{
		"id": "cs_" + s.ID, "object": "checkout.session", "mode": "subscription", "payment_status": "paid",
		"client_reference_id": s.Order, "metadata": m{"order_no": s.Order}, "payment_intent": nil,
		"customer": s.Customer, "subscription": s.ID, "invoice": b.ID, "currency": "usd", "amount_total": b.Total(), "amount_subtotal": b.Subtotal(),
		"total_details": m{"amount_tax": b.Tax, "amount_discount": b.Discount()},
	}
	if b.Trial {
		session["payment_status"] = "no_payment_required"
	}
	incomplete := s
	incomplete.Status = "incomplete"
	events := at(s.Created.Add(time.Second), "customer.subscription.created", v.subscription(incomplete))
	events = append(events, v.paid(s, b)...)
	return append(events, at(s.Created.Add(8*time.Second), "customer.subscription.updated", v.subscription(s),
		"checkout.session.completed", session)...)
}

// Billed is an invoice that is paid, and the subscription as it is then.
func (v speaker) Billed(s payhistory.Subscription, b *payhistory.Bill) []payhistory.Event {
	return append(v.paid(s, b), at(b.At.Add(8*time.Second), "customer.subscription.updated", v.subscription(s))...)
}

// paid are the events of an invoice that is paid.
func (v speaker) paid(s payhistory.Subscription, b *payhistory.Bill) []payhistory.Event {
	invoice := v.invoice(s, b, "paid")
	said := []any{"invoice.paid", invoice, "invoice.payment_succeeded", invoice}
	for i, p := range b.Payments {
		if p.ID == "" {
			continue
		}
		said = append(said, "payment_intent.succeeded", m{
			"id": p.ID, "object": "payment_intent", "amount": p.Amount, "amount_received": p.Amount, "currency": "usd", "metadata": m{},
		})
		if v.version == version2025 {
			said = append(said, "invoice_payment.paid", m{
				"id": fmt.Sprint("inpay_", b.ID, i), "object": "invoice_payment", "invoice": b.ID, "status": "paid",
				"amount_paid": p.Amount, "currency": "usd", "payment": m{"type": "payment_intent", "payment_intent": p.ID},
			})
		}
	}
	return at(b.At.Add(2*time.Second), said...)
}

// Unpaid is an invoice whose payment failed.
func (v speaker) Unpaid(s payhistory.Subscription, b *payhistory.Bill, when time.Time) []payhistory.Event {
	unpaid := *b
	unpaid.Paid, unpaid.Before, unpaid.After = 0, 0, 0
	return at(when, "invoice.payment_failed", v.invoice(s, &unpaid, "open"),
		"customer.subscription.updated", v.subscription(s))
}

// Stands is the subscription as it is.
func (v speaker) Stands(s payhistory.Subscription, when time.Time) []payhistory.Event {
	kind := "customer.subscription.updated"
	if s.Status == "canceled" {
		kind = "customer.subscription.deleted"
	}
	return at(when.Add(20*time.Second), kind, v.subscription(s))
}

func (v speaker) subscription(s payhistory.Subscription) m {
	object := m{
		"id": s.ID, "object": "subscription", "status": s.Status, "metadata": m{"order_no": s.Order},
		"cancel_at_period_end": s.Cancels, "created": s.Created.Unix(), "trial_end": nil, "pause_collection": nil,
	}
	if s.Status == "paused" { // its invoices are voided
		object["status"], object["pause_collection"] = "active", m{"behavior": "void"}
	}
	if !s.Trial.IsZero() {
		object["trial_end"] = s.Trial.Unix()
	}
	item := m{
		"id": "si_" + s.ID, "quantity": s.Seats,
		"price": m{"id": s.Price.ID, "unit_amount": s.Price.Amount}, "plan": m{"id": s.Price.ID},
	}
	period := m{"current_period_start": s.From.Unix(), "current_period_end": s.To.Unix()}
	if v.version == version2025 {
		maps.Copy(item, period)
	} else {
		maps.Copy(object, period)
		object["quantity"], object["plan"] = s.Seats, m{"id": s.Price.ID}
	}
	items := []m{item}
	if s.Addon != nil {
		second := maps.Clone(item)
		second["id"], second["price"], second["quantity"] = "si_2"+s.ID, m{"id": s.Addon.ID, "unit_amount": s.Addon.Amount}, 1
		items = []m{second, item}
	}
	object["items"] = m{"data": items}
	return object
}

// Refunded is a refund by its name, and the charge with what was given back so
// far; or a credit note.
func (v speaker) Refunded(r *payhistory.Refund) []payhistory.Event {
	if r.Bill != "" {
		return noted(r)
	}
	refund := m{
		"id": r.ID, "object": "refund", "payment_intent": r.Of.ID, "charge": "ch_" + r.Of.ID, "amount": r.Amount,
		"currency": "usd", "status": "succeeded", "created": r.Made.Unix(),
	}
	charge := m{
		"id": "ch_" + r.Of.ID, "object": "charge", "payment_intent": r.Of.ID, "amount": r.Of.Amount,
		"amount_refunded": r.Total, "currency": "usd",
	}
	if !r.Failed {
		if v.version == version2020 {
			return at(r.At.Add(time.Second), "charge.refunded", charge)
		}
		return at(r.At.Add(time.Second), "charge.refunded", charge, "refund.created", refund)
	}
	refund["status"] = "failed"
	if v.version == version2020 {
		return at(r.At, "charge.refund.updated", refund)
	}
	return at(r.At, "charge.refund.updated", refund, "refund.updated", refund, "refund.failed", refund)
}

// Disputed is a dispute that was opened or went on.
func (speaker) Disputed(d *payhistory.Dispute) []payhistory.Event {
	object := func(status string) m {
		return m{
			"id": d.ID, "object": "dispute", "payment_intent": d.Of.ID, "charge": "ch_" + d.Of.ID, "amount": d.Amount,
			"currency": "usd", "status": status,
		}
	}
	switch d.Status {
	case "open":
		return at(d.At, "charge.dispute.created", object("needs_response"),
			"charge.dispute.funds_withdrawn", object("needs_response"), "charge.dispute.updated", object("under_review"))
	case "reinstated":
		return at(d.At, "charge.dispute.funds_reinstated", object("under_review"))
	case "won":
		return at(d.At, "charge.dispute.closed", object("won"), "charge.dispute.funds_reinstated", object("won"))
	}
	return at(d.At, "charge.dispute.closed", object("lost"))
}
