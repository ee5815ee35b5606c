package stripe_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/orders"
)

// The payment decides what a refund is of, not the order that its metadata
// names.
func TestRefundOfASecondPayment(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		s := newShop(t, env)
		s.order(t, "A1", orders.IntervalOneTime)
		refund := func(intent string) m {
			return m{"payment_intent": intent, "amount_refunded": 1000, "metadata": m{"order_no": "A1"}}
		}
		s.send(t, "charge.refunded", refund("pi_early"))
		s.send(t, "checkout.session.completed", session("A1", nil))
		second := s.send(t, "checkout.session.completed", session("A1", m{"payment_intent": "pi_second"}))
		assert.Equal(t, orders.PaymentSurplus, second.Order.Payment.Status)
		s.send(t, "charge.refunded", refund("pi_second"))
		assert.EqualValues(t, 600, s.available(t), "the first payment's credits stay")
		s.send(t, "charge.refunded", refund("pi_A1"))
		assert.EqualValues(t, 100, s.available(t))
	})
}
