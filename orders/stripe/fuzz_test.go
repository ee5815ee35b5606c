package stripe_test

import (
	"context"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/internal/hooktest"
	"github.com/chameleon-go/chameleon/orders"
	"github.com/chameleon-go/chameleon/orders/stripe"
	"github.com/chameleon-go/chameleon/orders/webhook"
)

// FuzzBody: the signature is good and the body is anything.
func FuzzBody(f *testing.F) {
	env := enginetest.New(f, dialect.SQLite)
	s := newShop(f, env)
	s.order(f, "A1", orders.IntervalOneTime)
	s.order(f, "S1", orders.IntervalMonth)
	for kind, object := range map[string]m{
		"checkout.session.completed":               session("A1", nil),
		"checkout.session.async_payment_succeeded": session("S1", m{"mode": "subscription", "subscription": "sub_1"}),
		"checkout.session.async_payment_failed":    session("A1", nil),
		"checkout.session.expired":                 session("A1", nil),
		"charge.refunded":                          {"metadata": m{"order_no": "A1"}, "payment_intent": "pi_A1", "amount_refunded": 500},
		"charge.dispute.created":                   dispute("needs_response"),
		"customer.subscription.deleted":            {"id": "sub_1"},
		"payment_intent.succeeded":                 {"id": "pi_A1", "amount_received": 1000, "currency": "usd", "metadata": m{"order_no": "A1"}},
		"payment_intent.payment_failed":            {"id": "pi_A1", "amount": 1000, "currency": "usd", "metadata": m{"order_no": "A1"}},
		"invoice_payment.paid":                     {"invoice": "in_1", "payment": m{"payment_intent": "pi_A1"}, "amount_paid": 5, "currency": "usd"},
		"refund.failed":                            refund("re_1", 500, "failed", s.now),
		"refund.created":                           refund("re_1", 500, "succeeded", s.now),
		"invoice.payment_failed":                   invoices("subscription_cycle", s.now, s.now.AddDate(0, 1, 0))["current"],
		"unknown.event":                            {},
	} {
		f.Add(s.body(f, kind, object))
	}
	for _, shape := range invoices("subscription_create", s.now, s.now.AddDate(0, 1, 0)) {
		f.Add(s.body(f, "invoice.paid", shape))
	}
	for _, odd := range []string{
		"", "null", "{}", "[]", `{"type":5}`, `{"id":"evt","object":"event","type":"invoice.paid","data":{"object":null}}`,
		`{"id":"evt","object":"event","type":"charge.refunded","data":{"object":{"payment_intent":"pi","amount_refunded":-9223372036854775808}}}`,
		`{"id":"evt","object":"event","type":"checkout.session.completed","data":{"object":{"client_reference_id":"A1","amount_total":1e400}}}`,
		"{\"id\":\"e\x00\",\"object\":\"event\",\"type\":\"checkout.session.completed\",\"created\":-9223372036854775808,\"data\":{\"object\":" +
			"{\"id\":\"\\u0000\",\"client_reference_id\":\"A1\",\"payment_status\":\"paid\",\"amount_total\":1000,\"currency\":\"\\ud800\"}}}",
	} {
		f.Add([]byte(odd))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		hooktest.Check(t, env, func(ctx context.Context, db bun.IDB) (*webhook.Result, error) {
			return stripe.Handle(ctx, db, s.config, stripe.Request{Body: body, Signature: sign(body, signingKey, time.Now())})
		}, signingKey)
	})
}
