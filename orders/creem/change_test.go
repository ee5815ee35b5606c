package creem_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/credits/audit"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/orders"
)

// month is a subscription's period, paid by a transaction.
func month(product string, price, units, paid int64, start time.Time, tran string) m {
	return m{
		"id": "sub_1", "object": "subscription", "status": "active", "created_at": start,
		"product": m{"id": product, "price": price}, "items": []m{{"units": units}},
		"last_transaction_id":       tran,
		"last_transaction":          m{"id": tran, "amount": paid, "amount_paid": paid, "currency": "EUR"},
		"current_period_start_date": start, "current_period_end_date": start.AddDate(0, 1, 0),
		"metadata": m{"order_no": "S1"},
	}
}

func verified(t *testing.T, s *shop) {
	t.Helper()
	result, err := audit.Verify(t.Context(), s.env.DB, audit.VerifyParams{UserUUID: s.user})
	require.NoError(t, err)
	assert.Empty(t, result.Breaches)
}

// A subscription's payment before its checkout pays the order that the metadata
// names; the checkout is a replay of it.
func TestPaidBeforeItsCheckout(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		s := newShop(t, env)
		s.order(t, "S1", orders.IntervalMonth)
		period := month("pro", 1000, 1, 1000, s.now, "tran_S1")
		first := s.send(t, "subscription.paid", period)
		assert.Equal(t, "S1", first.Order.Order.OrderNo)
		again := s.send(t, "checkout.completed", checkout("S1", m{"subscription": period}))
		assert.True(t, again.Order.Replayed)
		assert.EqualValues(t, 600, s.available(t))
	})
}

// Another product in a period that is paid is a change: the difference is
// granted. The same one is a second payment.
func TestChangeWithinAPeriod(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		s := newShop(t, env)
		s.order(t, "S1", orders.IntervalMonth)
		s.config.Plan = func(product string) *orders.Plan {
			return map[string]*orders.Plan{"pro": {ProductID: "pro", Credits: 500}, "team": {ProductID: "team", Credits: 2500}}[product]
		}
		start := s.now.AddDate(0, 0, -10)
		end := start.AddDate(0, 1, 0)
		s.send(t, "checkout.completed", checkout("S1", m{"subscription": month("pro", 1000, 1, 1000, start, "tran_S1")}))
		require.EqualValues(t, 600, s.available(t))
		second := s.send(t, "subscription.paid", month("pro", 1000, 1, 1000, start, "tran_again"))
		assert.Equal(t, orders.PaymentSurplus, second.Order.Payment.Status)

		left := end.Sub(s.now).Seconds() / end.Sub(start).Seconds()
		s.send(t, "subscription.paid", month("team", 5000, 1, int64(4000*left), start, "tran_up"))
		assert.InDelta(t, 600+2000*left, s.available(t), 1)
		s.send(t, "refund.created", m{
			"id": "ref_1", "status": "succeeded", "refund_amount": int64(4000 * left),
			"transaction": m{"id": "tran_up", "amount_paid": int64(4000 * left)},
		})
		assert.EqualValues(t, 600, s.available(t))
		verified(t, s)
	})
}

// A change that begins a new period is billed by its net; what lacks of the price
// was given back of the old period.
func TestChangeIntoANewPeriod(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		s := newShop(t, env)
		s.order(t, "S1", orders.IntervalMonth)
		s.config.Plan = func(product string) *orders.Plan {
			return map[string]*orders.Plan{"pro": {ProductID: "pro", Credits: 500}, "team": {ProductID: "team", Credits: 2500}}[product]
		}
		start := s.now.AddDate(0, 0, -10)
		s.send(t, "checkout.completed", checkout("S1", m{"subscription": month("pro", 1000, 1, 1000, start, "tran_S1")}))
		s.send(t, "subscription.paid", month("team", 5000, 1, 4400, s.now, "tran_up"))
		assert.EqualValues(t, 100+200+2500, s.available(t), "600 of the 1,000 were given back")
		verified(t, s)
	})
}

// Seats multiply, and a trial grants what it is told to.
func TestUnitsAndTrial(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		s := newShop(t, env)
		s.config.TrialCredits = 7
		s.order(t, "S1", orders.IntervalMonth)
		trial := month("pro", 1000, 3, 0, s.now.AddDate(0, 0, -7), "")
		trial["status"], trial["current_period_end_date"] = "trialing", s.now.Add(time.Hour)
		s.send(t, "checkout.completed", checkout("S1", m{"subscription": trial, "order": m{"amount": 0, "currency": "EUR"}}))
		s.send(t, "subscription.trialing", trial)
		assert.EqualValues(t, 107, s.available(t))
		paid := s.send(t, "subscription.paid", month("pro", 1000, 3, 3000, s.now, "tran_1"))
		assert.Equal(t, "S1", paid.Order.Order.OrderNo)
		assert.EqualValues(t, 1600, s.available(t), "three seats, and the trial is over")
		verified(t, s)
	})
}

// A change of product in the trial: the first payment pays the order and buys what its
// own product does, answered for or measured by its money.
func TestPlanChangedInTheTrial(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		s := newShop(t, env)
		s.order(t, "S1", orders.IntervalMonth)
		s.now = s.now.AddDate(0, -1, 0)
		trial := month("pro", 1000, 1, 0, s.now, "")
		trial["status"], trial["current_period_end_date"] = "trialing", s.now.AddDate(0, 0, 7)
		s.send(t, "subscription.trialing", trial)
		s.now = s.now.AddDate(0, 0, 7)
		paid := s.send(t, "subscription.paid", month("mini", 200, 1, 200, s.now, "tran_1")).Order.Order
		assert.Equal(t, "S1", paid.OrderNo)
		assert.EqualValues(t, 100, paid.Credits, "a fifth of the price")
		next := s.now.AddDate(0, 1, 0)
		s.now = time.Now().UTC().Truncate(time.Millisecond)
		paid = s.send(t, "subscription.paid", month("mini", 200, 1, 200, next, "tran_2")).Order.Order
		assert.EqualValues(t, 100, paid.Credits)
		verified(t, s)
	})
}

// A change within a period that replaced another one, or after a change to less, buys
// what it does beyond what runs then.
func TestChangesWithinAPeriodAfterOthers(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		s := newShop(t, env)
		s.order(t, "S1", orders.IntervalMonth)
		each := map[string]int64{"mini": 100, "pro": 500, "team": 2500, "max": 5000}
		s.config.Plan = func(product string) *orders.Plan { return &orders.Plan{ProductID: product, Credits: each[product]} }
		now := s.now
		start := now.AddDate(0, 0, -20)
		s.send(t, "checkout.completed", checkout("S1", m{"subscription": month("pro", 1000, 1, 1000, start, "tran_S1")}))
		start, s.now = now.AddDate(0, 0, -10), now.AddDate(0, 0, -10)
		part := func(at time.Time, of int64) float64 {
			end := start.AddDate(0, 1, 0)
			return float64(of) * end.Sub(at).Seconds() / end.Sub(start).Seconds()
		}
		s.send(t, "subscription.paid", month("team", 5000, 1, 4400, start, "tran_up"))
		had := float64(s.available(t))
		s.now = now.AddDate(0, 0, -5)
		s.send(t, "subscription.paid", month("max", 10000, 1, 4000, start, "tran_max"))
		had += part(s.now, 2500)
		assert.InDelta(t, had, s.available(t), 2, "nothing of what was replaced runs")
		s.now = now.AddDate(0, 0, -4)
		s.send(t, "subscription.paid", month("mini", 200, 1, 0, start, "tran_less"))
		had -= part(s.now, 4900)
		assert.InDelta(t, had, s.available(t), 2)
		s.now = now.AddDate(0, 0, -2)
		s.send(t, "subscription.paid", month("team", 5000, 1, 2000, start, "tran_again"))
		had += part(s.now, 2400)
		assert.InDelta(t, had, s.available(t), 3, "the change to less counts")
		verified(t, s)
	})
}
