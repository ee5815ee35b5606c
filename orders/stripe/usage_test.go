package stripe_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/orders"
)

// What was used beside the plan and is billed in a period that is paid is no second
// payment of that: it has an order of its own, which grants nothing, and its refund takes
// nothing. A threshold tells it, the price's usage type, or another price that nobody
// answers for.
func TestUsageInAPaidPeriod(t *testing.T) {
	t.Parallel()
	shapes(t, func(t *testing.T, s *shop, shape string) {
		start, end := s.subscribe(t)
		for i, reason := range []string{"subscription_threshold", "subscription_threshold", "subscription_cycle"} {
			from := start.AddDate(0, 0, 5*i)
			if reason == "subscription_cycle" {
				from = start
			}
			s.now = start.AddDate(0, 0, 5*i+4)
			b := bill{
				id: s.next("in_" + shape), reason: reason, sub: "sub_" + shape, order: "S-" + shape, paid: 700, intent: s.next("pi_" + shape),
				items: []item{{price: "price_usage", quantity: 70, amount: 700, from: from, to: end}},
			}
			object := b.json(shape)
			if shape == "legacy" {
				line, _ := object["lines"].(m)["data"].([]m)
				line[0]["price"] = m{"id": "price_usage", "recurring": m{"usage_type": "metered"}}
			}
			used := s.send(t, "invoice.paid", object).Order
			require.NotNil(t, used.Payment)
			assert.Equal(t, orders.PaymentPaid, used.Payment.Status, "%s %s", shape, reason)
			assert.Zero(t, used.Order.Credits)
			assert.EqualValues(t, 700, used.Order.Paid())
			s.send(t, "charge.refunded", m{"payment_intent": b.intent, "amount_refunded": 700})
			assert.EqualValues(t, 1100, s.available(t))
		}
		row := s.subscription(t, "sub_"+shape)
		assert.EqualValues(t, 1, row.Quantity, "what was used are no seats")
		assert.True(t, end.Equal(row.PeriodEnd))
		second := s.pay(t, bill{reason: "subscription_cycle", paid: 1000, items: []item{whole("price_month", 1, start, end)}})
		assert.Equal(t, orders.PaymentSurplus, second.Order.Payment.Status, "the plan itself, paid twice")
		both := s.pay(t, bill{reason: "subscription_cycle", paid: 1700, items: []item{
			{price: "price_usage", quantity: 70, amount: 700, from: start, to: end}, whole("price_month", 1, end, end.AddDate(0, 1, 0)),
		}})
		assert.EqualValues(t, 1000, both.Order.Order.Credits)
	})
}
