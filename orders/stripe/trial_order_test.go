package stripe_test

import (
	"net/http"
	"testing"
	"time"

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

// The first payment after a trial that was extended may be told, or fail, before the
// extension is known. It then has an order of its own, where all that is told of it later
// belongs, too.
func TestFirstPaymentBeforeItsTrialIsExtended(t *testing.T) {
	t.Parallel()
	for _, before := range []string{"invoice.paid", "invoice.payment_failed"} {
		enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
			s := newShop(t, env)
			invoice := trialed(t, s)
			began, end := s.now, s.now.Add(days(10))
			state := func(end time.Time) m {
				return subscriptions("sub_1", "trialing", began, end, m{"metadata": m{"order_no": "S1"}, "trial_end": end.Unix()})["legacy"]
			}
			s.send(t, "customer.subscription.created", state(began.Add(days(7))))
			first := invoice("in_2", "subscription_cycle", 1000, whole("price_month", 1, end, end.Add(days(30))))
			s.now = end
			s.send(t, before, first)
			s.at(t, began.Add(days(2)), "customer.subscription.updated", state(end))
			paid := s.send(t, "invoice.paid", first)
			assert.Equal(t, orders.StatusPaid, paid.Order.Order.Status, before)
			assert.NotEqual(t, "S1", paid.Order.Order.OrderNo, before)
			assert.EqualValues(t, 1000+1000, s.granted(t), "%s: the trial's and the month's", before)
		})
	}
}

// What the balance paid of a second subscription may be given back there by a credit note,
// which concerns nothing else.
func TestCreditNoteOfWhatTheBalancePaidForNothing(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		s := newShop(t, env)
		s.config.Plan = planOf
		s.order(t, "S1", orders.IntervalMonth)
		s.send(t, "checkout.session.completed", session("S1", m{
			"mode": "subscription", "subscription": "sub_1", "amount_subtotal": 1000,
		}))
		s.send(t, "customer.subscription.created", subscriptions("sub_2", "active", s.now, s.now.AddDate(0, 1, 0), m{"metadata": m{"order_no": "S1"}})["legacy"])
		had := s.available(t)
		more := bill{
			id: "in_9", reason: "subscription_update", sub: "sub_2",
			items: []item{used("price_month", s.now.Add(-days(15)), s.now, s.now.Add(days(15)))},
		}.json("legacy")
		more["starting_balance"], more["ending_balance"] = -2000, -1500
		note := m{"id": "cn_1", "object": "credit_note", "invoice": "in_9", "currency": "usd", "type": "post_payment", "status": "issued", "total": 500, "amount": 500}
		assert.ErrorIs(t, s.refused(t, "credit_note.created", note), orders.ErrNotFound, "its invoice is not known yet")
		assert.Equal(t, "sub_2", s.send(t, "invoice.paid", more).Order.OtherSubID)
		back := s.send(t, "credit_note.created", note).Order.Payment
		assert.Equal(t, []any{orders.PaymentSurplus, int64(0), int64(0)}, []any{back.Status, back.Gross, back.Refunded})
		s.send(t, "credit_note.voided", note)
		assert.Equal(t, had, s.available(t))
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
