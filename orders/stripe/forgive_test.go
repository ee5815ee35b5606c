package stripe_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/orders"
)

// Credits that a renewal carried over go with the money of their month, also
// where what was spent is forgiven.
func TestForgivenRefundOfACarriedOverMonth(t *testing.T) {
	t.Parallel()
	shapes(t, func(t *testing.T, s *shop, shape string) {
		s.config.Policy, s.config.CarryOver = credits.PolicyForgive, 1000
		end := time.Now().UTC().Truncate(time.Second).Add(2 * time.Minute)
		s.subscribeFor(t, s.now, end)
		_, err := credits.Charge(t.Context(), s.env.DB, credits.ChargeParams{
			UserUUID: s.user, Amount: 300, Key: "work",
		})
		require.NoError(t, err)
		s.now = end
		s.pay(t, bill{reason: "subscription_cycle", paid: 1000, items: []item{whole("price_month", 1, end, end.AddDate(0, 1, 0))}})
		assert.EqualValues(t, 1800, s.available(t), "700 were carried over")
		s.send(t, "charge.refunded", m{"payment_intent": "pi_first_" + shape, "amount_refunded": 1000})
		assert.EqualValues(t, 1100, s.available(t))
	})
}

// A purchase that is refunded and forgiven does not take another one's debt
// along.
func TestForgivenRefundLeavesOthersDebt(t *testing.T) {
	t.Parallel()
	shapes(t, func(t *testing.T, s *shop, shape string) {
		one, two := "A"+shape, "B"+shape
		s.order(t, one, orders.IntervalOneTime)
		s.order(t, two, orders.IntervalOneTime)
		s.send(t, "checkout.session.completed", session(one, nil))
		_, err := credits.Charge(t.Context(), s.env.DB, credits.ChargeParams{UserUUID: s.user, Amount: 600, Key: "work"})
		require.NoError(t, err)
		s.send(t, "charge.refunded", m{"payment_intent": "pi_" + one, "amount_refunded": 1000})
		assert.EqualValues(t, -500, s.available(t), "spent, and owed")
		s.send(t, "checkout.session.completed", session(two, nil))
		assert.EqualValues(t, 0, s.available(t))
		s.config.Policy = credits.PolicyForgive
		s.send(t, "charge.refunded", m{"payment_intent": "pi_" + two, "amount_refunded": 1000})
		assert.EqualValues(t, -500, s.available(t), "still owed")
	})
}
