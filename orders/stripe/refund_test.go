package stripe_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/orders"
)

func refund(id string, amount int64, status string, made time.Time) m {
	return m{"id": id, "object": "refund", "payment_intent": "pi_A1", "amount": amount, "status": status, "created": made.Unix()}
}

// Stripe reports a refund by its own events, by the charge's total, and twice
// that it failed.
func TestARefundThatFails(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		s := newShop(t, env)
		s.now = s.now.Add(-5 * time.Hour)
		s.order(t, "A1", orders.IntervalOneTime)
		s.send(t, "checkout.session.completed", session("A1", nil))
		made := s.now
		total := func(amount int64) m {
			return m{"payment_intent": "pi_A1", "amount": 1000, "amount_refunded": amount}
		}
		s.send(t, "refund.created", refund("re_1", 1000, "pending", made))
		assert.EqualValues(t, 100, s.available(t))
		s.send(t, "charge.refunded", total(1000))
		assert.Equal(t, orders.StatusRefunded, s.stored(t, "A1").Status)
		assert.EqualValues(t, 100, s.available(t), "the same refund")
		s.now = s.now.Add(time.Hour)
		s.send(t, "charge.refund.updated", refund("re_1", 1000, "failed", made))
		s.send(t, "refund.failed", refund("re_1", 1000, "succeeded", made))
		assert.EqualValues(t, 600, s.available(t), "the customer has no money, so the credits are back")
		assert.Equal(t, orders.StatusPaid, s.stored(t, "A1").Status)

		// The next try is a refund of its own.
		made = s.now
		s.send(t, "charge.refunded", total(400))
		s.send(t, "refund.created", refund("re_2", 400, "succeeded", made))
		assert.EqualValues(t, 400, s.available(t))
		s.now = s.now.Add(time.Hour)
		s.send(t, "charge.refunded", total(100))
		assert.NotEmpty(t, s.send(t, "refund.updated", refund("re_3", 5, "requires_action", made)).Ignored)
		assert.EqualValues(t, 400, s.available(t), "a refund that is known stays")
	})
}

// Since 2025-03-31 an invoice does not name the payment intent: invoice_payment
// does, before or after it, and a refund may be there before both.
func TestInvoicePaymentNamesTheIntent(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		start := newShop(t, env).now
		for i, turn := range [][]string{
			{"invoice", "link", "refund"},
			{"link", "invoice", "refund"},
			{"refund", "link", "invoice"},
			{"refund", "invoice", "link"},
			{"link", "refund", "invoice"},
			{"invoice", "refund", "link"},
		} {
			s := newShop(t, env, string(rune('a'+i)))
			no, id := "S"+string(rune('1'+i)), string(rune('1'+i))
			s.order(t, no, orders.IntervalMonth)
			inv := invoices("subscription_create", start, start.AddDate(0, 1, 0))["current"]
			inv["id"] = "in_" + id
			inv["parent"] = m{"subscription_details": m{"subscription": "sub_" + id, "metadata": m{"order_no": no}}}
			for _, what := range turn {
				switch what {
				case "invoice":
					s.send(t, "invoice.paid", inv)
				case "link":
					s.send(t, "invoice_payment.paid", m{
						"id": "inpay_" + id, "object": "invoice_payment", "invoice": "in_" + id, "amount_paid": 1000,
						"currency": "usd", "payment": m{"type": "payment_intent", "payment_intent": "pi_" + id}, "status": "paid",
					})
				case "refund":
					s.send(t, "charge.refunded", m{"payment_intent": "pi_" + id, "amount": 1000, "amount_refunded": 500})
				}
			}
			o := s.stored(t, no)
			assert.EqualValues(t, 500, o.RefundedAmount, "%v", turn)
			assert.EqualValues(t, 350, s.available(t), "%v", turn)
			assert.Equal(t, "pi_"+id, o.PayRef, "%v", turn)
			list, err := orders.ListPayments(t.Context(), env.DB, orders.ListPaymentsParams{OrderNo: no})
			require.NoError(t, err)
			require.Len(t, list.Items, 1, "%v", turn)
			assert.Equal(t, "in_"+id, list.Items[0].Invoice)
		}
	})
}

// A dispute's money may come back while it is under review.
func TestFundsReinstatedUnderReview(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		s := newShop(t, env)
		s.now = s.now.Add(-5 * time.Hour)
		s.order(t, "A1", orders.IntervalOneTime)
		s.send(t, "checkout.session.completed", session("A1", nil))
		s.send(t, "charge.dispute.funds_withdrawn", dispute("under_review"))
		assert.EqualValues(t, 300, s.available(t))
		s.send(t, "charge.dispute.funds_reinstated", dispute("under_review"))
		assert.EqualValues(t, 600, s.available(t))
		s.now = s.now.Add(time.Hour)
		part := dispute("under_review")
		part["balance_transactions"] = []m{{"id": "txn_1", "amount": -600}, {"id": "txn_2", "amount": 200}}
		s.send(t, "charge.dispute.funds_reinstated", part)
		assert.EqualValues(t, 400, s.available(t), "a third of it came back")
		s.send(t, "charge.dispute.closed", dispute("lost"))
		assert.EqualValues(t, 300, s.available(t))
	})
}

// What pays an order without a session, and what fails to.
func TestIntentsAndPlainInvoices(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		s := newShop(t, env)
		s.order(t, "A1", orders.IntervalOneTime)
		s.order(t, "A2", orders.IntervalOneTime)
		intent := m{"id": "pi_A1", "amount": 1000, "amount_received": 1000, "currency": "usd", "metadata": m{"order_no": "A1"}}
		failed := s.send(t, "payment_intent.payment_failed", intent)
		assert.Equal(t, orders.PaymentFailed, failed.Order.Payment.Status)
		assert.NotEmpty(t, failed.Order.Payment.FailureReason)
		s.send(t, "payment_intent.succeeded", intent)
		late := s.send(t, "checkout.session.completed", session("A1", m{"total_details": m{"amount_tax": 160}, "invoice": "in_9"}))
		assert.EqualValues(t, 160, late.Order.Order.PaidTax)
		assert.EqualValues(t, 840, late.Order.Payment.Net)
		assert.EqualValues(t, 600, s.available(t))
		s.send(t, "invoice.paid", m{
			"id": "in_A2", "object": "invoice", "currency": "usd", "amount_paid": 1000, "metadata": m{"order_no": "A2"},
		})
		assert.EqualValues(t, 1100, s.available(t))
		// Its intent carries the number, too, and is the same payment.
		intent["id"], intent["metadata"] = "pi_A2", m{"order_no": "A2"}
		s.send(t, "payment_intent.succeeded", intent)
		s.send(t, "invoice_payment.paid", m{
			"id": "inpay_1", "invoice": "in_A2", "amount_paid": 1000, "currency": "usd", "payment": m{"payment_intent": "pi_A2"},
		})
		s.send(t, "charge.refunded", m{"payment_intent": "pi_A2", "amount": 1000, "amount_refunded": 1000})
		assert.EqualValues(t, 600, s.available(t))

		// A second subscription for a paid order is told.
		s.order(t, "S1", orders.IntervalMonth)
		sub := func(id string) m {
			return session("S1", m{"mode": "subscription", "payment_intent": nil, "subscription": id})
		}
		s.send(t, "checkout.session.completed", sub("sub_1"))
		assert.Equal(t, "sub_2", s.send(t, "checkout.session.completed", sub("sub_2")).Order.OtherSubID)
	})
}

// A refund or dispute that names its payment by nothing but a charge which is shown whole
// is of that charge's intent.
func TestChargesThatAreShownWhole(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		s := newShop(t, env)
		s.now = s.now.Add(-time.Hour)
		s.order(t, "A1", orders.IntervalOneTime)
		s.send(t, "checkout.session.completed", session("A1", m{"payment_intent": m{"id": "pi_1", "object": "payment_intent"}}))
		charge := m{"id": "ch_1", "object": "charge", "payment_intent": "pi_1"}
		s.send(t, "refund.created", m{
			"id": "re_1", "object": "refund", "amount": 200, "currency": "usd", "status": "succeeded", "charge": charge, "payment_intent": nil, "metadata": nil,
		})
		assert.EqualValues(t, 500, s.available(t))
		s.now = s.now.Add(time.Minute)
		s.send(t, "charge.dispute.created", m{
			"id": "dp_1", "object": "dispute", "amount": 800, "currency": "usd", "status": "needs_response", "charge": charge, "balance_transactions": nil,
		})
		assert.EqualValues(t, 100, s.available(t))
		verified(t, env)
	})
}
