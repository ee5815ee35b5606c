package stripe_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/orders"
	"github.com/chameleon-go/chameleon/orders/webhook"
)

// feeTrial is a subscription of the month's price, 1000 for 1000 credits, whose trial of
// a week costs a fee of 100 at once.
type feeTrial struct {
	*shop
	order, sub string
	start, end time.Time
	// trial and session tell of its beginning.
	trial, session m
}

// newFeeTrial is one in the shape of an API version.
func newFeeTrial(t *testing.T, s *shop, shape, name string) *feeTrial {
	t.Helper()
	s.shape = shape
	f := &feeTrial{shop: s, order: "S-" + shape + name, sub: "sub_" + shape + name, start: s.now, end: s.now.Add(days(7))}
	_, err := orders.Create(t.Context(), s.env.DB, orders.CreateParams{
		OrderNo: f.order, UserUUID: s.user, ProductID: "month", Amount: 1000, Currency: "USD",
		PayType: orders.PayTypeStripe, Interval: orders.IntervalMonth, Credits: 1000,
	})
	require.NoError(t, err)
	free := whole("price_month", 1, f.start, f.end)
	free.amount = 0
	fee := item{price: "price_fee", quantity: 1, amount: 100, from: f.start, to: f.start}
	f.trial = f.bill("in_fee", "subscription_create", 100, fee, free)
	f.trial["lines"].(m)["data"].([]m)[0] = once(fee.json(shape), shape)
	f.session = session(f.order, m{
		"mode": "subscription", "payment_intent": nil, "subscription": f.sub, "invoice": "in_fee" + f.sub,
		"amount_total": 100, "amount_subtotal": 100,
	})
	return f
}

// bill is an invoice of it; only older versions name what paid it.
func (f *feeTrial) bill(id, reason string, paid int64, items ...item) m {
	b := bill{id: id + f.sub, reason: reason, sub: f.sub, order: f.order, paid: paid, items: items}
	if f.shape == "legacy" {
		b.intent = "pi_" + b.id
	}
	return b.json(f.shape)
}

// once makes a line that of a price which is billed once.
func once(line m, shape string) m {
	if shape == "current" {
		line["parent"] = m{"type": "invoice_item_details", "invoice_item_details": m{"proration": false, "subscription": "sub_1"}}
	} else {
		line["type"] = "invoiceitem"
	}
	return line
}

// linked tells the name of an invoice's payment, which newer versions do apart.
func (f *feeTrial) linked(t *testing.T, id string, paid int64) {
	t.Helper()
	if f.shape == "current" {
		f.send(t, "invoice_payment.paid", m{
			"id": "inpay_" + id + f.sub, "object": "invoice_payment", "invoice": id + f.sub, "status": "paid",
			"amount_paid": paid, "currency": "usd", "payment": m{"type": "payment_intent", "payment_intent": "pi_" + id + f.sub},
		})
	}
}

// renew pays the first whole period, when the trial is over.
func (f *feeTrial) renew(t *testing.T) *webhook.Result {
	t.Helper()
	f.now = f.end
	return f.send(t, "invoice.paid", f.bill("in_period", "subscription_cycle", 1000, whole("price_month", 1, f.end, f.end.AddDate(0, 1, 0))))
}

// A fee for a trial pays that, in whichever order it is told, and the first whole period
// pays the order at its price.
func TestTrialWithAFee(t *testing.T) {
	t.Parallel()
	shapes(t, func(t *testing.T, s *shop, shape string) {
		s.config.TrialCredits = 50
		for _, name := range []string{"invoice first", "session first", "linked first"} {
			f := newFeeTrial(t, s, shape, name)
			before := f.granted(t)
			switch name {
			case "session first":
				assert.Equal(t, http.StatusUnprocessableEntity, webhook.Status(f.refused(t, "checkout.session.completed", f.session)))
			case "linked first":
				f.linked(t, "in_fee", 100)
			}
			paid := f.send(t, "invoice.paid", f.trial).Order
			f.linked(t, "in_fee", 100)
			assert.Equal(t, orders.SubTrialing, paid.Subscription.Status, name)
			assert.Equal(t, []int64{100, 50}, []int64{paid.Order.Paid(), paid.Order.Credits}, "%s: an order of its own", name)
			assert.True(t, f.end.Equal(paid.Order.CreditsExpireAt), name)
			told := f.send(t, "checkout.session.completed", f.session).Order
			assert.Equal(t, paid.Order.OrderNo, told.Order.OrderNo, name)
			delete(f.session, "invoice") // as old versions have it
			assert.Equal(t, paid.Order.OrderNo, f.send(t, "checkout.session.completed", f.session).Order.Order.OrderNo, name)
			assert.Equal(t, orders.SubTrialing, f.subscription(t, f.sub).Status, name)
			assert.EqualValues(t, 50, f.granted(t)-before, name)
			first := f.renew(t).Order
			assert.Equal(t, f.order, first.Order.OrderNo, name)
			assert.EqualValues(t, 1000, first.Order.Paid(), name)
			f.linked(t, "in_period", 1000)
			f.send(t, "checkout.session.completed", f.session)
			assert.EqualValues(t, 1050, f.granted(t)-before, name)
			f.now = f.start
		}
		var paid int64
		require.NoError(t, s.env.DB.NewSelect().Table("payments").ColumnExpr("SUM(gross)").
			Where("user_uuid = ?", s.user).Where("status = ?", orders.PaymentPaid).Scan(t.Context(), &paid))
		assert.EqualValues(t, 3*1100, paid, "each once")
	})
}

// A refund of a trial's fee takes its share of what the trial granted, and nothing of
// the period that follows; a fee that a coupon took off leaves a trial.
func TestRefundOfATrialsFee(t *testing.T) {
	t.Parallel()
	shapes(t, func(t *testing.T, s *shop, shape string) {
		s.config.TrialCredits = 50
		f := newFeeTrial(t, s, shape, "refunded")
		f.send(t, "charge.refunded", m{
			"id": "ch_1" + shape, "object": "charge", "payment_intent": "pi_in_fee" + f.sub, "amount": 100, "amount_refunded": 50, "currency": "usd",
		})
		f.send(t, "invoice.paid", f.trial)
		f.linked(t, "in_fee", 100)
		assert.EqualValues(t, 25, f.granted(t))
		f.renew(t)
		f.send(t, "charge.refunded", m{
			"id": "ch_1" + shape, "object": "charge", "payment_intent": "pi_in_fee" + f.sub, "amount": 100, "amount_refunded": 100, "currency": "usd",
		})
		assert.EqualValues(t, 1000, f.granted(t))

		f.now = f.start
		coupon := newFeeTrial(t, s, shape, "coupon")
		coupon.trial["amount_paid"], coupon.trial["total"] = 0, 0
		coupon.trial["total_discount_amounts"] = []m{{"amount": 100}}
		delete(coupon.trial, "payment_intent")
		coupon.send(t, "invoice.paid", coupon.trial)
		assert.Equal(t, orders.SubTrialing, coupon.subscription(t, coupon.sub).Status)
		assert.EqualValues(t, 1050, f.granted(t))
	})
}

// A session of less than the price that was accepted paid the order, and so did a fee of
// as much as the price: the invoice is of the same payment then.
func TestFeeThatPaysTheOrder(t *testing.T) {
	t.Parallel()
	shapes(t, func(t *testing.T, s *shop, shape string) {
		s.config.TrialCredits = 50
		accept := s.config.Accept
		s.config.Accept = func(context.Context, orders.Mismatch) bool { return true }
		f := newFeeTrial(t, s, shape, "accepted")
		f.send(t, "checkout.session.completed", f.session)
		assert.Equal(t, f.order, f.send(t, "invoice.paid", f.trial).Order.Order.OrderNo)
		s.config.Accept = accept
		dear := newFeeTrial(t, s, shape, "dear")
		dear.trial["lines"].(m)["data"].([]m)[0]["amount"] = 1000
		for _, key := range []string{"amount_paid", "amount_due", "subtotal", "total"} {
			dear.trial[key] = 1000
		}
		dear.session["amount_total"], dear.session["amount_subtotal"] = 1000, 1000
		assert.Equal(t, dear.order, dear.send(t, "invoice.paid", dear.trial).Order.Order.OrderNo)
		assert.Equal(t, dear.order, dear.send(t, "checkout.session.completed", dear.session).Order.Order.OrderNo)
		assert.EqualValues(t, 2000, f.granted(t))
	})
}

// A session says nothing of a trial. Told after the first whole period has paid the order
// it is surplus, until the invoice says that it was the trial's fee.
func TestFeeToldAfterItsPeriod(t *testing.T) {
	t.Parallel()
	shapes(t, func(t *testing.T, s *shop, shape string) {
		s.config.TrialCredits = 50
		f := newFeeTrial(t, s, shape, "late")
		f.send(t, "customer.subscription.created",
			subscriptions(f.sub, "trialing", f.start, f.end, m{"metadata": m{"order_no": f.order}, "trial_end": f.end.Unix()})[shape])
		assert.Equal(t, f.order, f.renew(t).Order.Order.OrderNo)
		f.now = f.start
		assert.Equal(t, orders.PaymentSurplus, f.send(t, "checkout.session.completed", f.session).Order.Payment.Status)
		f.linked(t, "in_fee", 100)
		f.send(t, "charge.refunded", m{
			"id": "ch_1" + shape, "object": "charge", "payment_intent": "pi_in_fee" + f.sub, "amount": 100, "amount_refunded": 50, "currency": "usd",
		})
		paid := f.send(t, "invoice.paid", f.trial).Order
		assert.Equal(t, []int64{100, 50, 25}, []int64{paid.Order.Paid(), paid.Order.Credits, paid.Order.RefundedCredits})
		assert.Equal(t, orders.PaymentPaid, paid.Payment.Status)
		assert.EqualValues(t, 1025, f.granted(t))
		assert.Equal(t, paid.Order.OrderNo, f.send(t, "checkout.session.completed", f.session).Order.Order.OrderNo)
	})
}

// A fee that the customer's balance paid is one, too: the session, which tells the fee as
// if it had been money, finds it.
func TestFeeThatTheBalancePaid(t *testing.T) {
	t.Parallel()
	shapes(t, func(t *testing.T, s *shop, shape string) {
		s.config.TrialCredits = 50
		for _, name := range []string{"invoice first", "session first"} {
			f := newFeeTrial(t, s, shape, "balance "+name)
			if name == "session first" {
				assert.Equal(t, http.StatusUnprocessableEntity, webhook.Status(f.refused(t, "checkout.session.completed", f.session)))
			}
			f.trial["amount_paid"], f.trial["starting_balance"], f.trial["ending_balance"] = 0, -100, 0
			delete(f.trial, "payment_intent")
			fee := f.send(t, "invoice.paid", f.trial).Order.Order
			assert.Equal(t, []int64{0, 100, 50}, []int64{fee.Paid(), fee.FromBalance, fee.Credits}, name)
			for range 2 {
				assert.Equal(t, fee.OrderNo, f.send(t, "checkout.session.completed", f.session).Order.Order.OrderNo, name)
				delete(f.session, "invoice") // as old versions have it
			}
			assert.Equal(t, f.order, f.renew(t).Order.Order.OrderNo, name)
			f.now = f.start
		}
	})
}
