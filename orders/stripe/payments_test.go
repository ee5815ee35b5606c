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

// A second invoice of a paid order is surplus before anybody names its payment, and so
// is that then. Its refund leaves the first one alone.
func TestASecondInvoiceIsSurplus(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		s := newShop(t, env)
		s.order(t, "A1", orders.IntervalOneTime)
		pay := func(invoice string) orders.PaymentStatus {
			return s.send(t, "invoice.paid", m{
				"id": invoice, "amount_paid": 1000, "subtotal": 1000, "total": 1000, "currency": "usd", "metadata": m{"order_no": "A1"},
			}).Order.Payment.Status
		}
		link := func(invoice, intent string) {
			s.send(t, "invoice_payment.paid", m{
				"invoice": invoice, "amount_paid": 1000, "currency": "usd", "payment": m{"payment_intent": intent},
			})
		}
		assert.Equal(t, orders.PaymentPaid, pay("in_1"))
		assert.Equal(t, orders.PaymentSurplus, pay("in_2"))
		link("in_2", "pi_2")
		s.send(t, "charge.refunded", m{"payment_intent": "pi_2", "amount_refunded": 1000})
		assert.EqualValues(t, 600, s.available(t), "the first payment's credits stay")
		link("in_1", "pi_1")
		s.send(t, "charge.refunded", m{"payment_intent": "pi_1", "amount_refunded": 400})
		assert.EqualValues(t, 400, s.available(t))
	})
}
