package stripe_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/orders"
	"github.com/chameleon-go/chameleon/orders/webhook"
)

// trialed begins a subscription of the month's price with a week's trial, which
// grants what a period does.
func trialed(t *testing.T, s *shop) (invoice func(id, reason string, paid int64, items ...item) m) {
	t.Helper()
	s.config.Plan, s.config.TrialCredits = planOf, orders.TrialFull
	_, err := orders.Create(t.Context(), s.env.DB, orders.CreateParams{
		OrderNo: "S1", UserUUID: s.user, ProductID: "month", Amount: 1000, Currency: "USD",
		PayType: orders.PayTypeStripe, Interval: orders.IntervalMonth, Credits: 1000,
	})
	require.NoError(t, err)
	s.now = s.now.Add(-days(60))
	free := whole("price_month", 1, s.now, s.now.Add(days(7)))
	free.amount = 0
	invoice = func(id, reason string, paid int64, items ...item) m {
		return bill{id: id, reason: reason, sub: "sub_1", order: "S1", paid: paid, intent: "pi_" + id, items: items}.json("legacy")
	}
	s.send(t, "invoice.paid", invoice("in_1", "subscription_create", 0, free))
	return invoice
}

// A trial that was cut short stays so, whatever plans the customer changes to.
func TestChangeAfterATrialThatWasCutShort(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		s := newShop(t, env)
		invoice := trialed(t, s)
		s.now = s.now.Add(days(3))
		start, end := s.now, s.now.Add(days(30))
		s.send(t, "invoice.paid", invoice("in_2", "subscription_update", 1000, whole("price_month", 1, start, end)))
		s.now = s.now.Add(days(15))
		s.send(t, "invoice.paid", invoice("in_3", "subscription_update", 9500,
			unused("price_month", start, s.now, end), whole("price_year", 1, s.now, s.now.AddDate(1, 0, 0))))
		assert.EqualValues(t, 500+12000, s.granted(t), "none of the trial's")
	})
}

// What comes after the first period does not pay the order that began the
// subscription, though it may be told first.
func TestLaterPeriodsBeforeTheFirstAfterATrial(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		s := newShop(t, env)
		invoice := trialed(t, s)
		start := s.now.Add(days(7))
		end := start.Add(days(30))
		first := invoice("in_2", "subscription_cycle", 1000, whole("price_month", 1, start, end))
		changed := start.Add(days(15))
		s.now = changed
		s.send(t, "invoice.paid", invoice("in_3", "subscription_update", 9500,
			unused("price_month", start, changed, end), whole("price_year", 1, changed, changed.AddDate(1, 0, 0))))
		s.now = start
		assert.Equal(t, "S1", s.send(t, "invoice.paid", first).Order.Order.OrderNo)
		assert.EqualValues(t, 1000+500+12000, s.granted(t), "the trial's, half of the month's and the year's")
	})
}

// A change of a second subscription's plan is surplus, as all that it pays.
func TestChangeOfASecondSubscription(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		s := newShop(t, env)
		s.config.Plan = planOf
		s.order(t, "S1", orders.IntervalMonth)
		s.send(t, "checkout.session.completed", session("S1", m{
			"mode": "subscription", "subscription": "sub_1", "amount_subtotal": 1000,
		}))
		s.send(t, "customer.subscription.created", subscriptions("sub_2", "active", s.now, s.now.AddDate(0, 1, 0), m{"metadata": m{"order_no": "S1"}})["legacy"])
		more := bill{
			id: "in_9", reason: "subscription_update", sub: "sub_2", paid: 500, intent: "pi_9",
			items: []item{used("price_month", s.now.Add(-days(15)), s.now, s.now.Add(days(15)))},
		}.json("legacy")
		more["tax"] = 100
		result := s.send(t, "invoice.paid", more)
		assert.Equal(t, orders.PaymentSurplus, result.Order.Payment.Status)
		assert.EqualValues(t, 400, result.Order.Payment.Net)
		assert.Equal(t, "sub_2", result.Order.OtherSubID)
		err := s.refused(t, "invoice.paid", bill{
			id: "in_8", reason: "subscription_update", sub: "sub_3", paid: 500, intent: "pi_8",
			items: []item{used("price_month", s.now.Add(-days(15)), s.now, s.now.Add(days(15)))},
		}.json("legacy"))
		assert.Equal(t, http.StatusNotFound, webhook.Status(err), "nobody's subscription")
	})
}

// granted is how many credits the books have of the customer's payments.
func (s *shop) granted(t *testing.T) (sum int64) {
	t.Helper()
	list, err := orders.List(t.Context(), s.env.DB, orders.ListParams{UserUUID: s.user, Limit: 100})
	require.NoError(t, err)
	for _, o := range list.Items {
		if o.PaidAmount != nil {
			sum += o.Credits - o.RefundedCredits
		}
	}
	return sum
}
