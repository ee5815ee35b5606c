package stripe_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/orders"
)

// A refund whose metadata names an order that an invoice paid, whose payment has no name
// and never gets one, waits: it takes nothing, is answered with 200, and is in the result
// and in the list of unmatched payments, with its order, for whoever has to look. The name
// may be told any time later.
func TestARefundThatWaitsIsTold(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		s := newShop(t, env)
		s.order(t, "S1", orders.IntervalMonth)
		s.send(t, "invoice.paid", bill{
			id: "in_1", sub: "sub_1", order: "S1", reason: "subscription_create", paid: 1000,
			items: []item{whole("price_month", 1, s.now, s.now.AddDate(0, 1, 0))},
		}.json("current"))
		back := m{
			"id": "ch_1", "payment_intent": "pi_1", "amount": 1000, "amount_refunded": 1000, "currency": "usd", "metadata": m{"order_no": "S1"},
		}
		told := s.send(t, "charge.refunded", back).Order
		assert.Nil(t, told.Order)
		assert.Equal(t, orders.PaymentUnmatched, told.Payment.Status)
		assert.Equal(t, http.StatusOK, s.answer(t, s.body(t, "charge.refunded", back)))
		assert.EqualValues(t, 600, s.available(t))
		assert.Equal(t, orders.StatusPaid, s.stored(t, "S1").Status)
		waiting, err := orders.ListPayments(t.Context(), env.DB, orders.ListPaymentsParams{Status: orders.PaymentUnmatched})
		require.NoError(t, err)
		require.Len(t, waiting.Items, 1)
		pm := waiting.Items[0]
		assert.Equal(t, []any{"S1", "pi_1", int64(1000)}, []any{pm.OrderNo, pm.Ref, pm.Refunded})

		s.send(t, "invoice_payment.paid", m{
			"id": "inpay_1", "invoice": "in_1", "amount_paid": 1000, "currency": "usd", "payment": m{"payment_intent": "pi_1"},
		})
		assert.EqualValues(t, 100, s.available(t), "nothing was lost")
		assert.Equal(t, orders.StatusRefunded, s.stored(t, "S1").Status)
		waiting, err = orders.ListPayments(t.Context(), env.DB, orders.ListPaymentsParams{Status: orders.PaymentUnmatched})
		require.NoError(t, err)
		assert.Empty(t, waiting.Items)
		verified(t, env)
	})
}
