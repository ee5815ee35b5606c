package stripe_test

import (
	"context"
	"maps"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/orders"
)

// The first invoice of a subscription is checked as its session is; a period that
// is shorter than the others costs its part and buys that.
func TestTheFirstInvoiceIsChecked(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		s := newShop(t, env)
		start := s.now.AddDate(0, 0, -1)
		first := func(no string, it item) m {
			s.order(t, no, orders.IntervalMonth)
			return bill{
				id: "in_" + no, sub: "sub_" + no, order: no, reason: "subscription_create", paid: it.amount, items: []item{it},
			}.json("current")
		}
		cheap := whole("price_month", 1, start, start.AddDate(0, 1, 0))
		cheap.amount = 1
		little := first("S1", cheap)
		require.ErrorIs(t, s.refused(t, "invoice.paid", little), orders.ErrAmount)
		assert.Equal(t, http.StatusUnprocessableEntity, s.answer(t, s.body(t, "invoice.paid", little)))
		assert.EqualValues(t, 100, s.available(t))
		s.config.Accept = func(_ context.Context, m orders.Mismatch) bool { return m.Order.OrderNo == "S1" && m.Subtotal == 1 }
		s.send(t, "invoice.paid", little)
		assert.EqualValues(t, 600, s.available(t))
		s.config.Accept = nil

		// To the first of the month, say: half of it, as a whole line and as a part.
		length := start.AddDate(0, 1, 0).Sub(start)
		half := item{price: "price_month", quantity: 1, amount: 500, from: start, to: start.Add(length / 2)}
		s.send(t, "invoice.paid", first("S2", half))
		assert.EqualValues(t, 850, s.available(t))
		half.part, half.quantity, half.amount = true, 2, 1000
		s.send(t, "invoice.paid", first("S3", half))
		assert.EqualValues(t, 1350, s.available(t), "two seats for half of a month")
		assert.True(t, half.to.Equal(s.stored(t, "S3").CreditsExpireAt))
		half.amount = 490
		half.quantity = 1
		require.ErrorIs(t, s.refused(t, "invoice.paid", first("S4", half)), orders.ErrAmount)

		// Before 2022-11-15 only the lines of an invoice have the metadata.
		s.order(t, "S5", orders.IntervalMonth)
		old := bill{
			id: "in_S5", sub: "sub_S5", reason: "subscription_create", paid: 1000, intent: "pi_S5",
			items: []item{whole("price_month", 1, start, start.AddDate(0, 1, 0))},
		}.json("legacy")
		delete(old, "subscription_details")
		line, _ := old["lines"].(m)["data"].([]m)
		line[0]["metadata"] = m{"order_no": "S5"}
		assert.Equal(t, "S5", s.send(t, "invoice.paid", old).Order.Order.OrderNo)
	})
}

// A discount is told by the session alone: whatever comes first, nothing is
// refused where the session made the payment intent.
func TestADiscountWhoseIntentComesFirst(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		s := newShop(t, env)
		discounted := func(no string) m {
			return session(no, m{"amount_subtotal": 1000, "amount_total": 500, "total_details": m{"amount_discount": 500}})
		}
		intent := func(no string, more m) m {
			metadata := m{"order_no": no}
			maps.Copy(metadata, more)
			return m{"id": "pi_" + no, "amount": 500, "amount_received": 500, "currency": "usd", "metadata": metadata}
		}
		s.order(t, "A1", orders.IntervalOneTime)
		s.order(t, "A2", orders.IntervalOneTime)
		early := s.send(t, "payment_intent.succeeded", intent("A1", m{"order_by": "checkout_session"}))
		assert.NotEmpty(t, early.Ignored)
		assert.EqualValues(t, 100, s.available(t))
		s.send(t, "checkout.session.completed", discounted("A1"))
		assert.EqualValues(t, 600, s.available(t))
		s.send(t, "payment_intent.succeeded", intent("A1", m{"order_by": "checkout_session"}))

		require.ErrorIs(t, s.refused(t, "payment_intent.succeeded", intent("A2", nil)), orders.ErrAmount)
		s.send(t, "checkout.session.completed", discounted("A2"))
		s.send(t, "payment_intent.succeeded", intent("A2", nil))
		assert.EqualValues(t, 1100, s.available(t))

		// Nothing at all is paid with a coupon of 100 %.
		s.order(t, "A3", orders.IntervalOneTime)
		free := s.send(t, "checkout.session.completed", session("A3", m{
			"amount_subtotal": 1000, "amount_total": 0, "payment_intent": nil, "payment_status": "no_payment_required",
			"total_details": m{"amount_discount": 1000},
		}))
		assert.EqualValues(t, 0, free.Order.Order.Paid())
		assert.EqualValues(t, 1600, s.available(t))
	})
}

// Attempts that fail are payments, too, of renewals and of plain invoices.
func TestFailedInvoicesArePayments(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		s := newShop(t, env)
		s.shape, s.config.Plan = "current", planOf
		s.now = s.now.AddDate(0, 0, -20)
		_, end := s.subscribe(t)
		due := bill{
			id: "in_2", sub: "sub_current", order: "S-current", reason: "subscription_cycle",
			items: []item{whole("price_month", 1, end, end.AddDate(0, 1, 0))},
		}
		failed := due.json("current")
		failed["amount_due"] = 1000
		no := s.send(t, "invoice.payment_failed", failed).Order.Order.OrderNo
		row := s.payment(t, no)
		assert.Equal(t, []any{orders.PaymentFailed, "in_2", int64(1000)}, []any{row.Status, row.Invoice, row.Gross})
		assert.True(t, s.now.Equal(row.FailedAt))

		s.now = s.now.Add(time.Hour)
		s.send(t, "invoice_payment.paid", m{
			"id": "inpay_2", "invoice": "in_2", "amount_paid": 1000, "currency": "usd", "payment": m{"payment_intent": "pi_2"},
		})
		due.paid = 1000
		s.send(t, "invoice.paid", due.json("current"))
		row = s.payment(t, no)
		assert.Equal(t, []any{orders.PaymentPaid, "in_2", "pi_2"}, []any{row.Status, row.Invoice, row.Ref})

		s.order(t, "A1", orders.IntervalOneTime)
		s.send(t, "invoice.payment_failed", m{
			"id": "in_A1", "object": "invoice", "currency": "usd", "amount_due": 1000, "metadata": m{"order_no": "A1"},
		})
		assert.Equal(t, orders.StatusFailed, s.stored(t, "A1").Status)
		assert.Equal(t, orders.PaymentFailed, s.payment(t, "A1").Status)
	})
}

// payment is the only one of an order.
func (s *shop) payment(t *testing.T, no string) *orders.Payment {
	t.Helper()
	list, err := orders.ListPayments(t.Context(), s.env.DB, orders.ListPaymentsParams{OrderNo: no})
	require.NoError(t, err)
	require.Len(t, list.Items, 1)
	return &list.Items[0]
}

// Amounts in another currency than the payment's cannot be compared with it, and
// those of a dispute's movements are in the merchant's.
func TestReversalsInOtherCurrencies(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		s := newShop(t, env)
		s.now = s.now.Add(-5 * time.Hour)
		s.order(t, "A1", orders.IntervalOneTime)
		s.send(t, "checkout.session.completed", session("A1", nil))
		yen := m{"payment_intent": "pi_A1", "amount": 1000, "amount_refunded": 500, "currency": "jpy"}
		require.ErrorIs(t, s.refused(t, "charge.refunded", yen), orders.ErrCurrency)
		assert.Equal(t, http.StatusUnprocessableEntity, s.answer(t, s.body(t, "charge.refunded", yen)))
		disputed := dispute("needs_response")
		disputed["currency"] = "jpy"
		require.ErrorIs(t, s.refused(t, "charge.dispute.created", disputed), orders.ErrCurrency)
		assert.EqualValues(t, 600, s.available(t))

		s.send(t, "charge.dispute.funds_withdrawn", dispute("under_review"))
		s.now = s.now.Add(time.Hour)
		part := dispute("under_review")
		part["balance_transactions"] = []m{
			{"id": "txn_1", "amount": -90_000, "currency": "jpy"}, {"id": "txn_2", "amount": 30_000, "currency": "jpy"},
		}
		s.send(t, "charge.dispute.funds_reinstated", part)
		assert.EqualValues(t, 400, s.available(t), "a third of 600 came back")

		// Refunds and a dispute are never more than the payment; won, the refunds stay.
		s.send(t, "charge.refunded", m{"payment_intent": "pi_A1", "amount": 1000, "amount_refunded": 900, "currency": "usd"})
		assert.EqualValues(t, 100, s.available(t))
		s.now = s.now.Add(time.Hour)
		s.send(t, "charge.dispute.closed", dispute("won"))
		assert.EqualValues(t, 150, s.available(t))
	})
}

// Without a Plan the first order is the measure of what follows, by the seat and for
// a whole period, whatever its own payment was for.
func TestTheFirstOrderIsTheMeasure(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		s := newShop(t, env)
		s.config.TrialCredits = orders.TrialFull
		start := s.now.AddDate(0, 0, -20)
		middle, end := start.Add(start.AddDate(0, 1, 0).Sub(start)/2), start.AddDate(0, 1, 0)
		pays := func(no, reason string, paid int64, items ...item) int64 {
			sold := s.send(t, "invoice.paid", bill{
				id: s.next("in"), sub: "sub_" + no, order: no, reason: reason, paid: paid, items: items,
			}.json("current"))
			return sold.Order.Order.Credits
		}
		s.order(t, "S1", orders.IntervalMonth)
		assert.EqualValues(t, 1000, pays("S1", "subscription_create", 2000, whole("price_month", 2, start, end)))
		up := used("price_month", start, middle, end)
		assert.InDelta(t, 250, pays("S1", "subscription_update", up.amount, up), 1, "a seat for half of a month")
		assert.EqualValues(t, 5000, pays("S1", "subscription_cycle", 10_000, whole("price_year", 1, end, end.AddDate(1, 0, 0))))
		again := func() error {
			_, err := orders.Create(t.Context(), env.DB, orders.CreateParams{
				OrderNo: "S1", UserUUID: s.user, ProductID: "pro", Amount: 1000, Currency: "USD",
				PayType: orders.PayTypeStripe, Interval: orders.IntervalMonth, Credits: 500,
			})
			return err
		}
		require.NoError(t, again(), "made again, it is a replay")

		s.order(t, "S2", orders.IntervalMonth)
		half := item{price: "price_month", quantity: 1, amount: 500, from: start, to: middle}
		assert.EqualValues(t, 250, pays("S2", "subscription_create", 500, half))
		assert.EqualValues(t, 500, pays("S2", "subscription_cycle", 1000, whole("price_month", 1, middle, middle.AddDate(0, 1, 0))))
		assert.EqualValues(t, 1500, pays("S2", "subscription_cycle", 3000,
			whole("price_month", 3, middle.AddDate(0, 1, 0), middle.AddDate(0, 2, 0))))

		// A trial that is told after the payment that followed it grants the same.
		s.order(t, "S3", orders.IntervalMonth)
		trial := item{price: "price_month", quantity: 2, from: start, to: middle}
		s.send(t, "customer.subscription.updated", subscriptions("sub_S3", "trialing", start, middle, m{
			"metadata": m{"order_no": "S3"}, "trial_end": middle.Unix(),
		})["current"])
		assert.EqualValues(t, 1000, pays("S3", "subscription_cycle", 2000, whole("price_month", 2, middle, middle.AddDate(0, 1, 0))))
		s.send(t, "invoice.paid", bill{
			id: "in_S3", sub: "sub_S3", order: "S3", reason: "subscription_create", items: []item{trial},
		}.json("current"))
		var granted int64
		require.NoError(t, env.DB.NewSelect().Table("orders").Column("credits").Where("renewal_key = ?", "sub_S3#trial").Scan(t.Context(), &granted))
		assert.EqualValues(t, 500, granted)
	})
}

// The refund of a payment leaves what the customer's balance bought beside it.
func TestRefundOfABillThatABalanceShared(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		s := newShop(t, env)
		s.order(t, "S1", orders.IntervalMonth)
		s.send(t, "charge.refunded", m{"payment_intent": "pi_1", "amount": 400, "amount_refunded": 200, "currency": "usd"})
		s.send(t, "invoice.paid", bill{
			id: "in_1", sub: "sub_1", order: "S1", reason: "subscription_create", paid: 400, intent: "pi_1",
			items: []item{whole("price_month", 1, s.now, s.now.AddDate(0, 1, 0))},
		}.json("current"))
		assert.EqualValues(t, 600, s.stored(t, "S1").FromBalance)
		assert.EqualValues(t, 500, s.available(t), "100, and four fifths of 500")
		s.send(t, "charge.refunded", m{"payment_intent": "pi_1", "amount": 400, "amount_refunded": 400, "currency": "usd"})
		assert.EqualValues(t, 400, s.available(t))
		assert.Equal(t, orders.StatusRefunded, s.stored(t, "S1").Status)
		verified(t, env)
	})
}
