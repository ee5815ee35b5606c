package creem_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/orders"
)

// What a bill's net gives back of the period before is found under the tax that is
// added to it, and where the change is told before the period that it ends.
func TestChangesByTheirNet(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		s := newShop(t, env)
		s.order(t, "S1", orders.IntervalMonth)
		s.config.Plan = func(product string) *orders.Plan {
			return map[string]*orders.Plan{
				"pro": {ProductID: "pro", Credits: 500}, "team": {ProductID: "team", Credits: 2500},
			}[product]
		}
		start := s.now.AddDate(0, 0, -60)
		next := start.AddDate(0, 1, 0)
		half := next.Add(next.AddDate(0, 1, 0).Sub(next) / 2)
		second := month("pro", 1000, 1, 1000, next, "tran_2")
		change := month("team", 5000, 1, 5400, half, "tran_3")
		change["last_transaction"] = m{
			"id": "tran_3", "amount": 4500, "tax_amount": 900, "amount_paid": 5400, "currency": "EUR",
		}
		for _, object := range []m{second, change} {
			object["created_at"] = start
		}
		s.now = start
		s.send(t, "subscription.paid", month("pro", 1000, 1, 1000, start, "tran_1"))
		s.now = half
		changed := s.send(t, "subscription.paid", change).Order.Order
		assert.EqualValues(t, 500, changed.GivesBack)
		s.now = next
		renewed := s.send(t, "subscription.paid", second).Order.Order
		stored, err := orders.Get(t.Context(), env.DB, orders.GetParams{OrderNo: renewed.OrderNo})
		require.NoError(t, err)
		assert.EqualValues(t, 250, stored.RefundedCredits, "half of the period went over")
		assert.Equal(t, changed.OrderNo, stored.ReplacedBy)
		verified(t, s)
	})
}

// Seats that are added one after the other in a period buy the difference to what
// runs, whichever payment is told first.
func TestSeatsAddedTwiceInAPeriod(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		for _, first := range []int{0, 1} {
			s := newShop(t, enginetest.New(t, env.Engine))
			s.order(t, "S1", orders.IntervalMonth)
			s.config.Plan = func(string) *orders.Plan { return &orders.Plan{ProductID: "pro", Credits: 500} }
			start := s.now.AddDate(0, 0, -25)
			length := start.AddDate(0, 1, 0).Sub(start)
			s.now = start
			s.send(t, "subscription.paid", month("pro", 1000, 1, 1000, start, "tran_1"))
			for i := range 2 {
				n := (i + first) % 2
				s.now = start.Add(time.Duration(n+1) * length / 4)
				s.send(t, "subscription.paid", month("pro", 1000, int64(n+2), int64(750-250*n), start, []string{"tran_2", "tran_3"}[n]))
			}
			list, err := orders.List(t.Context(), s.env.DB, orders.ListParams{UserUUID: s.user})
			require.NoError(t, err)
			var sum int64
			for _, o := range list.Items {
				sum += o.Credits
			}
			assert.InDelta(t, 500+375+250, sum, 2)
			verified(t, s)
		}
	})
}
