package stripe_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/orders"
	"github.com/chameleon-go/chameleon/orders/creem"
	"github.com/chameleon-go/chameleon/secret"
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
		back := func(intent string) {
			s.send(t, "charge.refunded", m{"payment_intent": intent, "amount_refunded": 1000, "metadata": m{"order_no": "A1"}})
			assert.EqualValues(t, 600, s.available(t), "the first payment's credits stay")
		}
		back("pi_3") // before anything is known of the third invoice
		assert.Equal(t, orders.PaymentSurplus, pay("in_2"))
		back("pi_2") // before its payment is named
		link("in_2", "pi_2")
		assert.Equal(t, orders.PaymentSurplus, pay("in_3"))
		link("in_3", "pi_3")
		assert.EqualValues(t, 600, s.available(t))
		link("in_1", "pi_1")
		s.send(t, "charge.refunded", m{"payment_intent": "pi_1", "amount_refunded": 400})
		assert.EqualValues(t, 400, s.available(t))
	})
}

// An order that was made for one provider and is paid by another is the other's, with its
// payments, refunds and subscription; what the first takes besides is surplus.
func TestAnotherProviderPays(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		s := newShop(t, env)
		create := func(no string, interval orders.Interval) bool {
			made, err := orders.Create(t.Context(), env.DB, orders.CreateParams{
				OrderNo: no, UserUUID: s.user, ProductID: "pro", Amount: 1000, Currency: "USD", PayType: orders.PayTypeCreem,
				Interval: interval, Credits: 500,
			})
			require.NoError(t, err)
			return made.Replayed
		}
		create("A1", orders.IntervalOneTime)
		create("S1", orders.IntervalMonth)
		running := m{"id": "sub_1", "status": "active", "metadata": m{"order_no": "S1"}}
		s.send(t, "customer.subscription.created", running)
		s.send(t, "checkout.session.completed", session("A1", nil))
		paid := s.send(t, "checkout.session.completed", session("S1", m{"mode": "subscription", "subscription": "sub_1"}))
		assert.Equal(t, orders.PayTypeStripe, paid.Order.Order.PayType)
		assert.Equal(t, orders.PayTypeStripe, paid.Order.Subscription.Provider)
		s.send(t, "customer.subscription.updated", running)
		assert.True(t, create("A1", orders.IntervalOneTime), "the call that made the order")

		config := creem.Config{Secrets: []secret.Secret{secret.New("key")}}
		told := func(kind string, object m) *orders.Payment {
			body, err := json.Marshal(m{"id": "evt", "eventType": kind, "created_at": s.now.UnixMilli(), "object": object})
			require.NoError(t, err)
			result, err := creem.Handle(t.Context(), env.DB, config, creem.Request{Body: body, Signature: creem.Sign(body, "key")})
			require.NoError(t, err, kind)
			return result.Order.Payment
		}
		second := told("checkout.completed", m{
			"request_id": "A1", "order": m{"id": "ord_1", "amount": 1000, "currency": "USD", "transaction": "tran_1"},
		})
		assert.Equal(t, orders.PaymentSurplus, second.Status)
		assert.Equal(t, orders.PayTypeCreem, second.Provider)
		back := told("refund.created", m{
			"id": "ref_1", "refund_amount": 1000, "refund_currency": "USD", "transaction": m{"id": "tran_1", "amount": 1000},
			"checkout": m{"request_id": "A1"},
		})
		assert.Equal(t, []any{orders.PaymentSurplus, int64(1000)}, []any{back.Status, back.Refunded})
		assert.EqualValues(t, 1100, s.available(t))
		for _, intent := range []string{"pi_A1", "pi_S1"} {
			s.send(t, "charge.refunded", m{"payment_intent": intent, "amount_refunded": 1000})
		}
		assert.EqualValues(t, 100, s.available(t))
	})
}

// An invoice may have been paid by a charge that has no payment intent.
func TestChargesWithoutIntents(t *testing.T) {
	t.Parallel()
	shapes(t, func(t *testing.T, s *shop, shape string) {
		no, invoice, charge := "C-"+shape, "in_"+shape, "ch_"+shape
		s.order(t, no, orders.IntervalMonth)
		object := bill{
			id: invoice, reason: "subscription_create", sub: "sub_" + shape, order: no, paid: 1000,
			items: []item{whole("price_month", 1, s.now, s.now.AddDate(0, 1, 0))},
		}.json(shape)
		if shape == "legacy" {
			object["charge"] = charge
		}
		s.send(t, "invoice.paid", object)
		if shape == "current" {
			s.send(t, "invoice_payment.paid", m{
				"invoice": invoice, "amount_paid": 1000, "currency": "usd", "payment": m{"type": "charge", "charge": charge},
			})
		}
		s.send(t, "charge.refunded", m{"id": charge, "amount": 1000, "amount_refunded": 400})
		assert.EqualValues(t, 100+300, s.available(t))
	})
}
