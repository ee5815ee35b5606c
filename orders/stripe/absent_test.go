package stripe_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/internal/hooktest"
	"github.com/chameleon-go/chameleon/orders"
	"github.com/chameleon-go/chameleon/orders/webhook"
)

// What an event does not say makes no credits: one that pays nothing, or another amount
// than was ordered, pays nothing without any of its fields, and one that keeps credits
// from a customer keeps them.
func TestAbsentFieldsMakeNoCredits(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		s := newShop(t, env)
		s.order(t, "A1", orders.IntervalOneTime)
		s.order(t, "S1", orders.IntervalMonth)
		s.order(t, "D1", orders.IntervalOneTime)
		s.send(t, "checkout.session.completed", session("D1", nil))
		dispute := m{"id": "dp_1", "object": "dispute", "payment_intent": "pi_D1", "charge": "ch_1", "amount": 1000, "currency": "usd", "status": "needs_response"}
		s.send(t, "charge.dispute.created", dispute)
		has := s.available(t)
		start := s.now.AddDate(0, 0, -1)
		trial := bill{id: "in_1", reason: "subscription_create", sub: "sub_1", order: "S1", items: []item{whole("price_month", 1, start, s.now.AddDate(0, 0, 6))}}
		trial.items[0].amount = 0
		for name, e := range map[string]struct {
			kind   string
			object m
		}{
			"a payment that is not through": {"checkout.session.completed", session("A1", m{"payment_status": "unpaid"})},
			"another amount":                {"checkout.session.completed", session("A1", m{"amount_total": 100, "amount_subtotal": 100, "metadata": m{"order_no": "A1"}})},
			"another currency":              {"checkout.session.completed", session("A1", m{"currency": "jpy", "amount_subtotal": 1000})},
			"a payment link":                {"checkout.session.completed", session("A1", m{"payment_link": "plink_1", "amount_total": 100, "amount_subtotal": 100})},
			"in setup mode":                 {"checkout.session.completed", session("A1", m{"mode": "setup", "payment_status": "no_payment_required", "amount_total": nil})},
			"a trial's session": {"checkout.session.completed", session("S1", m{
				"mode": "subscription", "payment_status": "no_payment_required", "amount_total": 0, "amount_subtotal": 0,
				"payment_intent": nil, "subscription": "sub_1", "invoice": "in_1", "total_details": m{"amount_discount": 0, "amount_tax": 0},
			})},
			"a trial's invoice":          {"invoice.paid", trial.json("current")},
			"a trial's invoice, of old":  {"invoice.paid", trial.json("legacy")},
			"another amount's intent":    {"payment_intent.succeeded", m{"id": "pi_1", "object": "payment_intent", "amount": 100, "amount_received": 100, "currency": "usd", "metadata": m{"order_no": "A1"}}},
			"a plain invoice of another": {"invoice.paid", m{"id": "in_2", "object": "invoice", "status": "paid", "amount_due": 100, "amount_paid": 100, "subtotal": 100, "total": 100, "currency": "usd", "metadata": m{"order_no": "A1"}, "lines": m{"data": []m{{"amount": 100, "currency": "usd"}}}}},
			"a dispute goes on":          {"charge.dispute.updated", dispute},
			"a dispute is lost":          {"charge.dispute.closed", m{"id": "dp_1", "object": "dispute", "payment_intent": "pi_D1", "amount": 1000, "currency": "usd", "status": "lost"}},
		} {
			assert.Equal(t, has, hooktest.After(t, env, s.user, s.event(t, e.kind, e.object)), name)
			for lacks, object := range hooktest.Without(t, e.object) {
				assert.LessOrEqual(t, hooktest.After(t, env, s.user, s.event(t, e.kind, object)), has, "%s, without %s", name, lacks)
			}
		}
	})
}

// An event without the status that says what it is about is refused, by name, rather than
// taken for one of those that there are.
func TestAbsentStatuses(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		s := newShop(t, env)
		s.order(t, "A1", orders.IntervalOneTime)
		for _, status := range []any{nil, "", "partly"} {
			require.ErrorIs(t, s.refused(t, "checkout.session.completed", session("A1", m{"payment_status": status})), webhook.ErrPayload)
		}
		assert.EqualValues(t, 100, s.available(t))
		s.send(t, "checkout.session.async_payment_succeeded", session("A1", m{"payment_status": nil})) // its name says it
		assert.EqualValues(t, 600, s.available(t))
		dispute := func(status any) m {
			return m{"id": "dp_1", "object": "dispute", "payment_intent": "pi_A1", "amount": 1000, "currency": "usd", "status": status}
		}
		for _, status := range []any{nil, "", "closed"} {
			require.ErrorIs(t, s.refused(t, "charge.dispute.created", dispute(status)), webhook.ErrPayload)
		}
		for _, inquiry := range []string{"warning_needs_response", "warning_under_review", "warning_closed", "prevented"} {
			assert.NotEmpty(t, s.send(t, "charge.dispute.updated", dispute(inquiry)).Ignored)
		}
		assert.EqualValues(t, 600, s.available(t))
		s.send(t, "charge.dispute.funds_withdrawn", dispute(nil)) // so does this one's
		assert.EqualValues(t, 100, s.available(t))
	})
}
