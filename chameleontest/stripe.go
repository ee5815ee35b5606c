package chameleontest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chameleon-go/chameleon/orders"
)

// StripeEvent is an event as Stripe sends it to a webhook. The functions that are
// named after it make those that a product meets most, in the shape of the API
// version 2025-03-31; what is to be different is changed in Object.
type StripeEvent struct {
	Type   string
	Object Object
	// ID is made up when empty, and Created is now when it is zero.
	ID      string
	Created time.Time
}

// Body is the request's body.
func (e StripeEvent) Body() []byte {
	id, created := named(e.ID, e.Created)
	return marshal(Object{
		"id": id, "object": "event", "type": e.Type, "created": created.Unix(), "livemode": false,
		"api_version": "2025-03-31.basil", "data": Object{"object": e.Object},
	})
}

// StripeRequest is the request by which Stripe delivers the event: a POST that is
// signed now. A handler of orders/stripe whose Secrets hold secret takes it.
func StripeRequest(t testing.TB, e StripeEvent, secret string) *http.Request {
	t.Helper()
	body := e.Body()
	return delivery(t, "/webhooks/stripe", body, "Stripe-Signature", SignStripe(body, secret, time.Now()))
}

// SignStripe is the Stripe-Signature header of a body that is signed at a time. A
// handler refuses one that is older than its tolerance, five minutes.
func SignStripe(body []byte, secret string, at time.Time) string {
	seconds := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(seconds + "."))
	mac.Write(body)
	return "t=" + seconds + ",v1=" + hex.EncodeToString(mac.Sum(nil))
}

// StripeCheckoutCompleted says that the checkout session of an order is complete and
// paid as ordered: checkout.session.completed. The payment intent is "pi_" and the
// order's number; an order with a SubID begins that subscription.
func StripeCheckoutCompleted(o *orders.Order) StripeEvent {
	session := Object{
		"id": "cs_" + o.OrderNo, "object": "checkout.session", "mode": "payment", "status": "complete",
		"payment_status": "paid", "client_reference_id": o.OrderNo, "metadata": Object{"order_no": o.OrderNo},
		"currency": strings.ToLower(o.Currency), "amount_subtotal": o.Amount, "amount_total": o.Amount,
		"total_details": Object{"amount_tax": 0, "amount_discount": 0}, "payment_intent": "pi_" + o.OrderNo,
	}
	if o.SubID != "" {
		session["mode"], session["payment_intent"] = "subscription", nil
		session["subscription"], session["invoice"] = o.SubID, "in_"+o.OrderNo
	}
	return StripeEvent{Type: "checkout.session.completed", Object: session}
}

// StripeInvoicePaid says that a period of a subscription was paid at its price:
// invoice.paid, of the cycle that starts at start. It is created then, which must not
// lie in the future: let the subscription have begun in the past.
func StripeInvoicePaid(s *Subscription, start, end time.Time) StripeEvent {
	currency := strings.ToLower(s.First.Currency)
	line := Object{
		"object": "line_item", "amount": s.First.Amount, "currency": currency, "quantity": 1,
		"period":  Object{"start": start.Unix(), "end": end.Unix()},
		"parent":  Object{"type": "subscription_item_details", "subscription_item_details": Object{"proration": false, "subscription": s.SubID}},
		"pricing": Object{"type": "price_details", "price_details": Object{"price": s.PriceID, "product": s.First.ProductID}},
	}
	return StripeEvent{Type: "invoice.paid", Created: start, Object: Object{
		"id": unique("in"), "object": "invoice", "billing_reason": "subscription_cycle", "status": "paid",
		"currency": currency, "subtotal": s.First.Amount, "total": s.First.Amount,
		"amount_due": s.First.Amount, "amount_paid": s.First.Amount,
		"period_start": start.Unix(), "period_end": end.Unix(),
		"parent": Object{"type": "subscription_details", "subscription_details": Object{
			"subscription": s.SubID, "metadata": Object{"order_no": s.First.OrderNo},
		}},
		"payments": Object{"data": []Object{{"status": "paid", "payment": Object{"type": "payment_intent", "payment_intent": unique("pi")}}}},
		"lines":    Object{"object": "list", "has_more": false, "data": []Object{line}},
	}}
}

// StripeChargeRefunded says that of an order's payment amount was given back, in all:
// charge.refunded.
func StripeChargeRefunded(o *orders.Order, amount int64) StripeEvent {
	return StripeEvent{Type: "charge.refunded", Object: Object{
		"id": "ch_" + o.OrderNo, "object": "charge", "payment_intent": o.PayRef, "currency": strings.ToLower(o.Currency),
		"amount": o.Amount, "amount_refunded": amount,
	}}
}

// StripeDispute says that an order's payment is disputed, whole: the kind is
// "created", "updated", "closed", "funds_withdrawn" or "funds_reinstated", the status
// Stripe's, such as "needs_response", "won" or "lost".
func StripeDispute(o *orders.Order, kind, status string) StripeEvent {
	return StripeEvent{Type: "charge.dispute." + kind, Object: Object{
		"id": "dp_" + o.OrderNo, "object": "dispute", "payment_intent": o.PayRef, "charge": "ch_" + o.OrderNo,
		"currency": strings.ToLower(o.Currency), "amount": o.Amount, "status": status,
	}}
}

// StripeSubscriptionDeleted says that a subscription has ended:
// customer.subscription.deleted.
func StripeSubscriptionDeleted(s *Subscription) StripeEvent {
	return StripeEvent{Type: "customer.subscription.deleted", Object: Object{
		"id": s.SubID, "object": "subscription", "status": "canceled", "metadata": Object{"order_no": s.First.OrderNo},
		"cancel_at_period_end": false, "ended_at": time.Now().Unix(),
		"items": Object{"data": []Object{{
			"quantity": 1, "price": Object{"id": s.PriceID},
			"current_period_start": s.PeriodStart.Unix(), "current_period_end": s.PeriodEnd.Unix(),
		}}},
	}}
}
