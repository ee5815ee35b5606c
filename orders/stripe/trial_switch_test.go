package stripe_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/orders"
)

// A change of plans in the trial costs nothing and grants nothing, also where its
// invoice has parts of nothing; the first payment buys what its own price does, whether
// that is answered for or measured by its money, and so does the next.
func TestPlanChangedInTheTrial(t *testing.T) {
	t.Parallel()
	shapes(t, func(t *testing.T, s *shop, shape string) {
		for _, plan := range []func(string) *orders.Plan{planOf, nil} {
			for from, to := range map[string]string{"price_month": "price_team", "price_team": "price_month"} {
				who := newShop(t, s.env, shape, from, s.next("shop"))
				who.config.Plan = plan
				who.changesInTheTrial(t, shape, from, to)
			}
		}
	})
}

func (s *shop) changesInTheTrial(t *testing.T, shape, from, to string) {
	t.Helper()
	no := "T-" + s.user
	ordered := orders.CreateParams{
		OrderNo: no, UserUUID: s.user, ProductID: catalogue()[from].ProductID, Amount: prices()[from], Currency: "USD",
		PayType: orders.PayTypeStripe, Interval: orders.IntervalMonth, Credits: catalogue()[from].Credits,
	}
	_, err := orders.Create(t.Context(), s.env.DB, ordered)
	assert.NoError(t, err)
	s.now = s.now.Add(-days(50))
	end := s.now.Add(days(14))
	pay := func(reason string, paid int64, items ...item) *orders.Order {
		id := s.next("in_" + s.user)
		b := bill{id: id, reason: reason, sub: "sub_" + s.user, order: no, paid: paid, items: items}
		if paid > 0 {
			b.intent = "pi_" + id
		}
		return s.send(t, "invoice.paid", b.json(shape)).Order.Order
	}
	free := func(price string) item { return item{price: price, quantity: 1, from: s.now, to: end} }
	pay("subscription_create", 0, free(from))
	s.now = s.now.Add(days(5))
	left := free(from)
	left.part = true
	assert.Equal(t, orders.StatusPending, pay("subscription_update", 0, left, free(to)).Status)
	assert.EqualValues(t, 100, s.available(t))
	for s.now = end; s.now.Before(end.AddDate(0, 1, 1)); s.now = s.now.AddDate(0, 1, 0) {
		o := pay("subscription_cycle", prices()[to], whole(to, 1, s.now, s.now.AddDate(0, 1, 0)))
		assert.Equal(t, s.now.Equal(end), o.OrderNo == no, "the first payment is that of the order")
		assert.Equal(t, catalogue()[to].Credits, o.Credits, "%s to %s", from, to)
	}
	again, err := orders.Create(t.Context(), s.env.DB, ordered)
	require.NoError(t, err, "the call that made the order")
	assert.True(t, again.Replayed)
	ordered.Currency = "EUR"
	_, err = orders.Create(t.Context(), s.env.DB, ordered)
	assert.ErrorIs(t, err, orders.ErrDuplicate)
}

// The credits of a trial that is extended last as long as it does, whichever is told
// first, and end when it is cancelled.
func TestExtendedTrial(t *testing.T) {
	t.Parallel()
	shapes(t, func(t *testing.T, s *shop, shape string) {
		for _, late := range []bool{false, true} {
			who := newShop(t, s.env, shape, s.next("shop"))
			who.config.TrialCredits = 50
			no, sub := "X-"+who.user, "sub_"+who.user
			who.order(t, no, orders.IntervalMonth)
			start := who.now.Add(-days(5))
			end, longer := start.Add(days(7)), start.Add(days(14))
			trial := bill{
				id: "in_" + who.user, reason: "subscription_create", sub: sub, order: no,
				items: []item{{price: "price_month", quantity: 1, from: start, to: end}},
			}
			state := func(status string) m {
				return m{"id": sub, "status": status, "trial_end": longer.Unix(), "metadata": m{"order_no": no}}
			}
			for _, first := range []bool{late, !late} {
				if who.now = start; first {
					who.send(t, "invoice.paid", trial.json(shape))
				} else {
					who.now = start.Add(days(3))
					who.send(t, "customer.subscription.updated", state("trialing"))
				}
			}
			then, err := credits.Balance(t.Context(), s.env.DB, credits.BalanceParams{UserUUID: who.user, At: longer.Add(-days(1))})
			assert.NoError(t, err)
			assert.EqualValues(t, 150, then.Available, "the trial is told first: %v", late)
			who.now = start.Add(days(5))
			who.send(t, "customer.subscription.deleted", state("canceled"))
			assert.EqualValues(t, 100, who.available(t))
		}
	})
}

// A customer who cancelled in the trial may begin another subscription with the same
// order: its first payment pays that.
func TestAnotherSubscriptionAfterATrial(t *testing.T) {
	t.Parallel()
	shapes(t, func(t *testing.T, s *shop, shape string) {
		s.config.TrialCredits = 50
		no := "again-" + shape
		s.order(t, no, orders.IntervalMonth)
		end := s.now.Add(days(7))
		for _, sub := range []string{"sub_1" + shape, "sub_2" + shape} {
			state := m{"id": sub, "status": "trialing", "trial_end": end.Unix(), "metadata": m{"order_no": no}}
			s.send(t, "customer.subscription.created", state)
			s.send(t, "invoice.paid", bill{
				id: "in_" + sub, reason: "subscription_create", sub: sub, order: no,
				items: []item{{price: "price_month", quantity: 1, from: s.now, to: end}},
			}.json(shape))
			if s.now = s.now.Add(days(2)); sub == "sub_1"+shape {
				state["status"] = "canceled"
				s.send(t, "customer.subscription.deleted", state)
			}
		}
		s.now = end
		paid := s.send(t, "invoice.paid", bill{
			id: "in_paid" + shape, reason: "subscription_cycle", sub: "sub_2" + shape, order: no, paid: 1000, intent: "pi_" + shape,
			items: []item{whole("price_month", 1, end, end.AddDate(0, 1, 0))},
		}.json(shape)).Order.Order
		assert.Equal(t, []string{no, "sub_2" + shape}, []string{paid.OrderNo, paid.SubID})
		assert.True(t, paid.SubEndedAt.IsZero())
		assert.EqualValues(t, 600, s.available(t))
	})
}
