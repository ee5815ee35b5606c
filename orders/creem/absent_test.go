package creem_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/internal/hooktest"
	"github.com/chameleon-go/chameleon/orders"
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
		s.send(t, "checkout.completed", checkout("D1", nil))
		dispute := func(status, money string) m {
			return m{
				"id": "disp_1", "amount": 1000, "currency": "EUR", "status": status,
				"transaction": m{"id": "tran_D1", "amount": 1000, "amount_paid": 1000, "currency": "EUR", "status": money},
			}
		}
		s.send(t, "dispute.created", dispute("open", "chargeback"))
		has := s.available(t)
		period := func(status string) m {
			return m{
				"id": "sub_1", "status": status, "product": m{"id": "prod_1", "price": 1000, "currency": "EUR"}, "metadata": m{"order_no": "S1"},
				"current_period_start_date": s.now.Format(time.RFC3339Nano), "current_period_end_date": s.now.AddDate(0, 0, 7).Format(time.RFC3339Nano),
				"created_at": s.now.Format(time.RFC3339Nano), "items": []m{{"units": 1}},
			}
		}
		order := func(amount, paid int64, status string) m {
			return m{
				"id": "ord_1", "amount": amount, "sub_total": amount, "amount_due": paid, "amount_paid": paid, "currency": "EUR", "status": status,
				"transaction": m{"id": "tran_1", "amount": amount, "amount_paid": paid, "currency": "EUR", "status": status},
			}
		}
		other := period("active")
		other["product"].(m)["price"] = 100
		other["last_transaction_id"], other["last_transaction"] = "tran_1", order(100, 100, "paid")["transaction"]
		plain := m{"id": "ord_1", "amount": 100, "currency": "EUR", "status": "paid", "transaction": "tran_1"}
		for name, e := range map[string]struct {
			kind   string
			object m
		}{
			"another amount":             {"checkout.completed", checkout("A1", m{"order": order(100, 100, "paid")})},
			"another amount, by itself":  {"checkout.completed", checkout("A1", m{"order": plain})},
			"another currency":           {"checkout.completed", checkout("A1", m{"order": m{"id": "ord_1", "amount": 1000, "currency": "JPY", "status": "paid"}})},
			"a checkout that is pending": {"checkout.completed", checkout("A1", m{"order": order(1000, 0, "pending"), "status": "pending"})},
			"a trial's checkout":         {"checkout.completed", checkout("S1", m{"subscription": period("trialing"), "order": order(1000, 0, "paid")})},
			"a trial":                    {"subscription.trialing", period("trialing")},
			"another subscription":       {"subscription.paid", other},
			"an active one":              {"subscription.active", period("active")},
			"a refund that failed": {"refund.created", m{
				"id": "ref_1", "status": "failed", "refund_amount": 1000, "refund_currency": "EUR", "transaction": m{"id": "tran_D1", "amount_paid": 1000},
			}},
			"a dispute goes on": {"dispute.updated", dispute("open", "chargeback")},
			"a dispute is lost": {"dispute.closed", dispute("lost", "chargeback")},
		} {
			assert.Equal(t, has, hooktest.After(t, env, s.user, s.event(t, e.kind, e.object)), name)
			for lacks, object := range hooktest.Without(t, e.object) {
				assert.LessOrEqual(t, hooktest.After(t, env, s.user, s.event(t, e.kind, object)), has, "%s, without %s", name, lacks)
			}
		}
	})
}
