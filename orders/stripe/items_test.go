package stripe_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/chameleon-go/chameleon/orders"
)

// What stands for a period is what somebody answered for, and of the period that begins:
// neither an add-on nor what was used before is the plan, whatever they cost.
func TestWhatStandsForAPeriod(t *testing.T) {
	t.Parallel()
	shapes(t, func(t *testing.T, s *shop, shape string) {
		yearly := orders.Plan{ProductID: "year", Credits: 1000, Interval: orders.IntervalYear, Monthly: true}
		s.config.Plan = func(price string) *orders.Plan {
			return map[string]*orders.Plan{"price_month": planOf("price_month"), "price_year": &yearly}[price]
		}
		s.now = s.now.AddDate(0, -2, 0)
		start, end := s.now, s.now.AddDate(0, 1, 0)
		s.order(t, "S-"+shape, orders.IntervalMonth)
		s.pay(t, bill{
			reason: "subscription_create", order: "S-" + shape, paid: 1000, items: []item{whole("price_month", 1, start, end)},
		})
		s.now = end
		used := item{price: "price_usage", quantity: 5000, amount: 50000, from: start, to: end}
		addon := item{price: "price_storage", quantity: 7, amount: 50000, from: end, to: end.AddDate(1, 0, 0)}
		paid := s.pay(t, bill{
			reason: "subscription_cycle", paid: 110000, items: []item{used, addon, whole("price_year", 1, end, end.AddDate(1, 0, 0))},
		}).Order
		assert.Equal(t, []any{"price_year", int64(1), "year", int64(12)},
			[]any{paid.Order.PriceID, paid.Order.Quantity, paid.Order.ProductID, paid.Order.Grants})
		assert.EqualValues(t, 1, paid.Subscription.Quantity)

		s.config.Plan = nil
		s.now = end.AddDate(0, 1, 0)
		next := s.now
		used.from, used.to = end, next
		paid = s.pay(t, bill{
			reason: "subscription_cycle", paid: 51000, items: []item{used, whole("price_month", 1, next, next.AddDate(0, 1, 0))},
		}).Order
		assert.EqualValues(t, 500, paid.Order.Credits)
	})
}
