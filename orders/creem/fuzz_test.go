package creem_test

import (
	"context"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/internal/hooktest"
	"github.com/chameleon-go/chameleon/orders"
	"github.com/chameleon-go/chameleon/orders/creem"
	"github.com/chameleon-go/chameleon/orders/webhook"
)

// FuzzBody: the signature is good and the body is anything.
func FuzzBody(f *testing.F) {
	env := enginetest.New(f, dialect.SQLite)
	s := newShop(f, env)
	s.order(f, "A1", orders.IntervalOneTime)
	s.order(f, "S1", orders.IntervalMonth)
	subscription := m{
		"id": "sub_1", "object": "subscription", "product": m{"id": "prod_1"}, "metadata": m{"order_no": "S1"},
		"current_period_start_date": s.now.Format(time.RFC3339Nano), "last_transaction_id": "tran_1",
		"current_period_end_date": s.now.AddDate(0, 1, 0).Format(time.RFC3339Nano),
	}
	for kind, object := range map[string]m{
		"checkout.completed": checkout("A1", nil), "subscription.paid": subscription, "subscription.canceled": subscription,
		"refund.created": {
			"id": "ref_1", "status": "succeeded", "refund_amount": 605, "transaction": m{"id": "tran_A1", "amount": 1000, "amount_paid": 1210},
			"checkout": m{"request_id": "A1"},
		},
		"dispute.created":     {"id": "disp_1", "amount": 1000, "currency": "EUR", "checkout": m{"request_id": "A1"}},
		"subscription.paused": subscription, "unknown.event": {},
	} {
		f.Add(s.body(f, kind, object))
	}
	for _, odd := range []string{
		"", "null", "{}", "[]", `{"eventType":5}`, `{"eventType":"checkout.completed","object":null}`,
		`{"eventType":"checkout.completed","created_at":-9223372036854775808,"object":{"request_id":"A1","order":{"amount":1000,"currency":"EUR"}}}`,
		`{"eventType":"checkout.completed","created_at":9223372036854775807,"object":{"request_id":"A1","order":{"amount":1000,"currency":"EUR"}}}`,
		`{"id":"\u0000","eventType":"checkout.completed","object":{"id":"\ud800","request_id":"A1","order":{"amount":1000,"currency":"EUR","transaction":"\u0000"}}}`,
	} {
		f.Add([]byte(odd))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		hooktest.Check(t, env, func(ctx context.Context, db bun.IDB) (*webhook.Result, error) {
			return creem.Handle(ctx, db, s.config, creem.Request{Body: body, Signature: creem.Sign(body, signingKey)})
		}, signingKey)
	})
}
