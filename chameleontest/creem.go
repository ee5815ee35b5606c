package chameleontest

import (
	"net/http"
	"testing"
	"time"

	"github.com/chameleon-go/chameleon/orders"
	"github.com/chameleon-go/chameleon/orders/creem"
)

// CreemEvent is an event as Creem sends it to a webhook. The functions named after it
// create the most common ones; change Object for variations.
type CreemEvent struct {
	Type   string
	Object Object
	// ID is made up when empty, and Created is now when it is zero.
	ID      string
	Created time.Time
}

// Body returns the request's body.
func (e CreemEvent) Body() []byte {
	id, created := named(e.ID, e.Created)
	return marshal(Object{"id": id, "eventType": e.Type, "created_at": created.UnixMilli(), "object": e.Object})
}

// CreemRequest returns the signed POST request by which Creem delivers the event. A handler
// of orders/creem whose Secrets contain secret accepts it.
func CreemRequest(t testing.TB, e CreemEvent, secret string) *http.Request {
	t.Helper()
	body := e.Body()
	return delivery(t, "/webhooks/creem", body, creem.SignatureHeader, SignCreem(body, secret))
}

// SignCreem returns the creem-signature header of a body.
func SignCreem(body []byte, secret string) string { return creem.Sign(body, secret) }

// CreemCheckoutCompleted returns the event checkout.completed: the checkout of an order is
// complete and paid as ordered. The transaction is "pi_" followed by the order's number. An
// order with a SubID starts that subscription.
func CreemCheckoutCompleted(o *orders.Order) CreemEvent {
	checkout := Object{
		"id": "ch_" + o.OrderNo, "object": "checkout", "request_id": o.OrderNo, "status": "completed", "units": 1,
		"metadata": Object{"order_no": o.OrderNo}, "product": Object{"id": o.ProductID, "price": o.Amount},
		"order": Object{
			"id": "ord_" + o.OrderNo, "amount": o.Amount, "sub_total": o.Amount, "tax_amount": 0, "discount_amount": 0,
			"amount_due": o.Amount, "amount_paid": o.Amount, "currency": o.Currency, "transaction": "pi_" + o.OrderNo,
		},
	}
	if o.SubID != "" {
		checkout["subscription"] = Object{
			"id": o.SubID, "object": "subscription", "status": "active", "metadata": Object{"order_no": o.OrderNo},
			"product": Object{"id": o.ProductID, "price": o.Amount}, "items": []Object{{"units": 1}}, "created_at": o.CreatedAt,
		}
	}
	return CreemEvent{Type: "checkout.completed", Object: checkout}
}

// CreemSubscriptionPaid returns the event subscription.paid: a period of a subscription was
// paid at its price. Its creation time is the start of the period, which must not be in the
// future: start the subscription in the past.
func CreemSubscriptionPaid(s *Subscription, start, end time.Time) CreemEvent {
	object := creemSubscription(s, "active", start, end)
	pay := unique("tran")
	object["last_transaction_id"] = pay
	object["last_transaction"] = Object{
		"id": pay, "amount": s.First.Amount, "amount_paid": s.First.Amount, "tax_amount": 0, "discount_amount": 0,
		"currency": s.First.Currency, "status": "paid",
	}
	return CreemEvent{Type: "subscription.paid", Created: start, Object: object}
}

// CreemSubscriptionCanceled returns the event subscription.canceled: a subscription has
// ended.
func CreemSubscriptionCanceled(s *Subscription) CreemEvent {
	object := creemSubscription(s, "canceled", s.PeriodStart, s.PeriodEnd)
	object["canceled_at"] = time.Now().UTC()
	return CreemEvent{Type: "subscription.canceled", Object: object}
}

func creemSubscription(s *Subscription, status string, start, end time.Time) Object {
	return Object{
		"id": s.SubID, "object": "subscription", "status": status, "metadata": Object{"order_no": s.First.OrderNo},
		"product": Object{"id": s.First.ProductID, "price": s.First.Amount}, "items": []Object{{"units": 1}},
		"current_period_start_date": start, "current_period_end_date": end, "created_at": s.First.CreatedAt, "canceled_at": nil,
	}
}

// CreemRefundCreated returns the event refund.created: a refund of amount of an order's
// payment.
func CreemRefundCreated(o *orders.Order, amount int64) CreemEvent {
	return CreemEvent{Type: "refund.created", Object: Object{
		"id": unique("ref"), "object": "refund", "status": "succeeded", "refund_amount": amount, "refund_currency": o.Currency,
		"transaction": creemTransaction(o, "refunded"),
	}}
}

// CreemDispute returns an event about a dispute of an order's whole payment. The kind is
// "created", "updated", "closed", "won" or "lost".
func CreemDispute(o *orders.Order, kind string) CreemEvent {
	return CreemEvent{Type: "dispute." + kind, Object: Object{
		"id": "disp_" + o.OrderNo, "object": "dispute", "amount": o.Amount, "currency": o.Currency,
		"transaction": creemTransaction(o, "chargeback"),
	}}
}

func creemTransaction(o *orders.Order, status string) Object {
	return Object{
		"id": o.PayRef, "amount": o.Amount, "amount_paid": o.Amount, "tax_amount": 0, "currency": o.Currency, "status": status,
	}
}
