package stripe_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/orders"
)

// The end of a renewed period that an event states otherwise than its invoice did is when
// its credits end, and those of seats that were added in it, whichever is told first.
func TestEndOfARenewalIsMoved(t *testing.T) {
	t.Parallel()
	shapes(t, func(t *testing.T, s *shop, shape string) {
		for _, early := range []bool{false, true} {
			who := newShop(t, s.env, shape, s.next("who"))
			who.config.Plan, who.shape = planOf, shape+s.next("")
			who.endIsMoved(t, shape, early)
		}
	})
}

func (s *shop) endIsMoved(t *testing.T, shape string, early bool) {
	t.Helper()
	no, sub := "S-"+s.shape, "sub_"+s.shape
	start := s.now.AddDate(0, 0, -20)
	end := start.AddDate(0, 1, 0)
	moved := end.AddDate(0, 0, 10)
	_, err := orders.Create(t.Context(), s.env.DB, orders.CreateParams{
		OrderNo: no, UserUUID: s.user, ProductID: "month", Amount: 1000, Currency: "USD",
		PayType: orders.PayTypeStripe, Interval: orders.IntervalMonth, Credits: 1000,
	})
	require.NoError(t, err)
	pay := func(reason string, paid int64, it item) string {
		id := s.next("in_" + s.shape)
		return s.send(t, "invoice.paid", bill{
			id: id, reason: reason, sub: sub, order: no, paid: paid, intent: "pi_" + id, items: []item{it},
		}.json(shape)).Order.Order.OrderNo
	}
	reports := func() {
		s.at(t, start.Add(days(2)), "customer.subscription.updated",
			subscriptions(sub, "active", start, moved, m{"metadata": m{"order_no": no}})[shape])
	}
	s.now = start.AddDate(0, -1, 0)
	pay("subscription_create", 1000, whole("price_month", 1, s.now, start))
	if early {
		reports()
	}
	s.now = start
	renewed := pay("subscription_cycle", 1000, whole("price_month", 1, start, end))
	s.now = start.Add(days(1))
	part := used("price_month", start, s.now, end)
	seat := pay("subscription_update", part.amount, part)
	if !early {
		reports()
	}
	for _, no := range []string{renewed, seat} {
		o, err := orders.Get(t.Context(), s.env.DB, orders.GetParams{OrderNo: no})
		require.NoError(t, err)
		assert.True(t, moved.Equal(o.CreditsExpireAt), "early: %v: %v", early, o.CreditsExpireAt)
		assert.True(t, moved.Equal(o.PeriodEnd))
	}
	assert.True(t, moved.Equal(s.subscription(t, sub).PeriodEnd))
	assert.InDelta(t, 100+1000+part.amount, s.available(t), 1, "a seat for the days that were left")
}
