package stripe_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/orders"
)

// Parts of a period that are billed with the next one add to what that buys, or take of
// it. Where they give back more than it costs, the customer's balance buys nothing with
// the rest: its credits had been had.
func TestPartsThatArePutOff(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		plans := map[string]*orders.Plan{
			"month": {ProductID: "month", Credits: 6000}, "team": {ProductID: "team", Credits: 27000},
		}
		start := time.Now().UTC().Truncate(time.Second).AddDate(0, 0, -70)
		day := func(n int) time.Time { return start.AddDate(0, 0, n) }
		part := func(price string, amount int64) item {
			return item{price: price, quantity: 1, amount: amount, part: true, from: day(10), to: day(30)}
		}
		full := func(price string, amount int64, from, to int) item {
			return item{price: price, quantity: 1, amount: amount, from: day(from), to: day(to)}
		}
		for name, c := range map[string]struct {
			first  item
			next   []item
			paid   int64
			bought int64
		}{
			"up":   {full("month", 3000, 0, 30), []item{part("month", -2000), part("team", 6000), full("team", 9000, 30, 60)}, 13000, 27000 + 14000},
			"down": {full("team", 9000, 0, 30), []item{part("team", -6000), part("month", 2000), full("month", 3000, 30, 60)}, 0, 0},
		} {
			s := newShop(t, env, name)
			s.config.Plan = func(price string) *orders.Plan { return plans[price] }
			plan := plans[c.first.price]
			_, err := orders.Create(t.Context(), env.DB, orders.CreateParams{
				OrderNo: name, UserUUID: s.user, ProductID: plan.ProductID, Amount: c.first.amount, Currency: "USD",
				PayType: orders.PayTypeStripe, Interval: orders.IntervalMonth, Credits: plan.Credits,
			})
			require.NoError(t, err)
			pays := func(reason string, paid int64, items ...item) *orders.Order {
				id := s.next("in")
				return s.send(t, "invoice.paid", bill{
					id: id + name, sub: "sub_" + name, order: name, reason: reason, paid: paid, intent: "pi_" + id + name, items: items,
				}.json("current")).Order.Order
			}
			pays("subscription_create", c.first.amount, c.first)
			assert.Equal(t, c.bought, pays("subscription_cycle", c.paid, c.next...).Credits, name)
			if name == "down" { // 1,000 are with the balance: a third of the next month, and two thirds are paid
				next := pays("subscription_cycle", 2000, full("month", 3000, 60, 90))
				stored := s.stored(t, next.OrderNo)
				assert.Equal(t, []int64{6000, 2000}, []int64{stored.Credits, stored.RefundedCredits})
			}
		}
		verified(t, env)
	})
}
