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

// StripeEvent is an event as Stripe sends it to a webhook, in the format of the API version
// 2025-03-31. The functions named after it create the most common ones; change Object for
// variations.
type StripeEvent struct {
	Type   string
	Object Object
	// ID is made up when empty, and Created is now when it is zero.
	ID      string
	Created time.Time
}

// Body returns the request's body.
func (e StripeEvent) Body() []byte {
	id, created := named(e.ID, e.Created)
	return marshal(Object{
		"id": id, "object": "event", "type": e.Type, "created": created.Unix(), "livemode": false,
		"api_version": "2025-03-31.basil", "data": Object{"object": e.Object},
	})
}

// StripeRequest returns the POST request, signed now, by which Stripe delivers the event. A
// handler of orders/stripe whose Secrets contain secret accepts it.
func StripeRequest(t testing.TB, e StripeEvent, secret string) *http.Request {
	t.Helper()
	body := e.Body()
	return delivery(t, "/webhooks/stripe", body, "Stripe-Signature", SignStripe(body, secret, time.Now()))
}

// SignStripe returns the Stripe-Signature header of a body that is signed at that time. A
// handler refuses signatures older than its tolerance, five minutes.
func SignStripe(body []byte, secret string, at time.Time) string {
	seconds := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(seconds + "."))
	mac.Write(body)
	return "t=" + seconds + ",v1=" + hex.EncodeToString(mac.Sum(nil))
}

// StripeCheckoutCompleted returns the event checkout.session.completed: the checkout
// session of an order is complete and paid as ordered. The payment intent is "pi_" followed
// by the order's number. An order with a SubID starts that subscription.
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

// StripeInvoicePaid returns the event invoice.paid: a period of a subscription was paid at
// its price. Its creation time is the start of the period, which must not be in the future:
// start the subscription in the past.
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

// StripeChargeRefunded returns the event charge.refunded: amount of an order's payment was
// refunded in total.
func StripeChargeRefunded(o *orders.Order, amount int64) StripeEvent {
	return StripeEvent{Type: "charge.refunded", Object: Object{
		"id": "ch_" + o.OrderNo, "object": "charge", "payment_intent": o.PayRef, "currency": strings.ToLower(o.Currency),
		"amount": o.Amount, "amount_refunded": amount,
	}}
}

// StripeDispute returns an event about a dispute of an order's whole payment. The kind is
// "created", "updated", "closed", "funds_withdrawn" or "funds_reinstated", and the status
// is Stripe's, such as "needs_response", "won" or "lost".
func StripeDispute(o *orders.Order, kind, status string) StripeEvent {
	return StripeEvent{Type: "charge.dispute." + kind, Object: Object{
		"id": "dp_" + o.OrderNo, "object": "dispute", "payment_intent": o.PayRef, "charge": "ch_" + o.OrderNo,
		"currency": strings.ToLower(o.Currency), "amount": o.Amount, "status": status,
	}}
}

// StripeSubscriptionDeleted returns the event customer.subscription.deleted: a subscription
// has ended.
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
