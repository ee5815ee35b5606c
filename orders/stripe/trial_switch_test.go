package stripe_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

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
	_, err := orders.Create(t.Context(), s.env.DB, orders.CreateParams{
		OrderNo: no, UserUUID: s.user, ProductID: catalogue()[from].ProductID, Amount: prices()[from], Currency: "USD",
		PayType: orders.PayTypeStripe, Interval: orders.IntervalMonth, Credits: catalogue()[from].Credits,
	})
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
}
