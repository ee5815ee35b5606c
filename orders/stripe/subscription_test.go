package stripe_test

import (
	"maps"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/orders"
)

// subscriptions are one in today's shape and in that of older API versions.
func subscriptions(id, status string, start, end time.Time, more m) map[string]m {
	shared := func() m {
		object := m{"id": id, "object": "subscription", "status": status, "cancel_at_period_end": false}
		maps.Copy(object, more)
		return object
	}
	current, legacy := shared(), shared()
	item := m{"id": "si_1", "quantity": 3, "price": m{"id": "price_pro", "unit_amount": 1000}}
	addon := m{"id": "si_2", "quantity": 1, "price": m{"id": "price_addon", "unit_amount": 100}}
	legacy["current_period_start"], legacy["current_period_end"] = start.Unix(), end.Unix()
	legacy["items"] = m{"data": []m{addon, item}}
	dated := maps.Clone(item)
	dated["current_period_start"], dated["current_period_end"] = start.Unix(), end.Unix()
	current["items"] = m{"data": []m{addon, dated}}
	return map[string]m{"current": current, "legacy": legacy}
}

// at sends an event as of another moment.
func (s *shop) at(t *testing.T, at time.Time, kind string, object m) {
	t.Helper()
	was := s.now
	s.now = at
	defer func() { s.now = was }()
	s.send(t, kind, object)
}

func (s *shop) subscription(t *testing.T, id string) *orders.Subscription {
	t.Helper()
	got, err := orders.GetSubscription(t.Context(), s.env.DB, orders.GetSubscriptionParams{
		Provider: orders.PayTypeStripe, SubID: id, UserUUID: s.user,
	})
	require.NoError(t, err)
	return got
}

// A subscription's row follows the latest report, in whatever order they come.
func TestSubscriptionRow(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		for _, shape := range []string{"current", "legacy"} {
			s := newShop(t, env, shape)
			follow(t, s, shape, "sub_"+shape)
		}
	})
}

func follow(t *testing.T, s *shop, shape, id string) {
	t.Helper()
	start := s.now.Add(-40 * 24 * time.Hour)
	second, third := start.AddDate(0, 1, 0), start.AddDate(0, 2, 0)
	s.order(t, "S-"+shape, orders.IntervalMonth)
	named := m{"metadata": m{"order_no": "S-" + shape}}

	s.at(t, start, "customer.subscription.updated", subscriptions(id, "active", start, second, named)[shape])
	s.at(t, start, "customer.subscription.created", subscriptions(id, "incomplete", start, second, named)[shape])
	got := s.subscription(t, id)
	assert.Equal(t, orders.SubActive, got.Status, "of one second, the later status")
	assert.EqualValues(t, 3, got.Quantity)
	assert.Equal(t, "price_pro", got.PriceID, "not the add-on")
	assert.Equal(t, "S-"+shape, got.OrderNo)
	assert.True(t, second.Equal(got.PeriodEnd))

	portal := maps.Clone(named)
	portal["cancel_at_period_end"] = true
	s.at(t, second, "customer.subscription.updated", subscriptions(id, "active", second, third, named)[shape])
	s.at(t, start.Add(time.Hour), "customer.subscription.updated", subscriptions(id, "active", start, second, portal)[shape])
	got = s.subscription(t, id)
	assert.False(t, got.CancelAtPeriodEnd, "that was before")
	assert.True(t, third.Equal(got.PeriodEnd))
	s.at(t, second.Add(time.Hour), "customer.subscription.paused", subscriptions(id, "paused", second, third, named)[shape])
	running, err := orders.ListSubscriptions(t.Context(), s.env.DB, orders.ListSubscriptionsParams{
		UserUUID: s.user, Running: true,
	})
	require.NoError(t, err)
	require.Len(t, running.Items, 1)
	assert.Equal(t, orders.SubPaused, running.Items[0].Status)

	over := maps.Clone(named)
	over["ended_at"] = s.now.Add(-time.Hour).Unix()
	s.at(t, second.Add(2*time.Hour), "customer.subscription.deleted", subscriptions(id, "canceled", second, third, over)[shape])
	s.at(t, second.Add(3*time.Hour), "customer.subscription.resumed", subscriptions(id, "active", second, third, named)[shape])
	got = s.subscription(t, id)
	assert.Equal(t, orders.SubCancelled, got.Status, "what is over does not run again")
	assert.True(t, s.now.Add(-time.Hour).Equal(got.EndedAt))
}

// A second running subscription for one product is told.
func TestASecondSubscription(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		s := newShop(t, env)
		s.order(t, "S1", orders.IntervalMonth)
		s.order(t, "S2", orders.IntervalMonth)
		for no, id := range map[string]string{"S1": "sub_1", "S2": "sub_2"} {
			s.send(t, "checkout.session.completed", session(no, m{
				"mode": "subscription", "payment_intent": nil, "subscription": id,
			}))
		}
		told := s.send(t, "customer.subscription.updated",
			subscriptions("sub_2", "active", s.now, s.now.AddDate(0, 1, 0), nil)["current"])
		require.Len(t, told.Order.Duplicates, 1)
		assert.Equal(t, "sub_1", told.Order.Duplicates[0].SubID)

		again := s.send(t, "checkout.session.completed", session("S1", m{
			"id": "cs_2", "mode": "subscription", "payment_intent": nil, "subscription": "sub_3",
		}))
		assert.Len(t, again.Order.Duplicates, 2, "also where both name one order")
		assert.Equal(t, "S1", s.subscription(t, "sub_3").OrderNo)
		period := whole("price_month", 1, s.now, s.now.AddDate(0, 1, 0))
		for _, reason := range []string{"subscription_create", "subscription_cycle"} {
			twice := bill{id: "in_" + reason, sub: "sub_3", reason: reason, paid: 1000, intent: "pi_" + reason, items: []item{period}}
			if reason == "subscription_create" {
				twice.order = "S1"
			}
			paid := s.send(t, "invoice.paid", twice.json("current"))
			assert.Equal(t, orders.PaymentSurplus, paid.Order.Payment.Status, "money for nothing is told")
			assert.Len(t, paid.Order.Duplicates, 2)
		}
		assert.EqualValues(t, 1100, s.available(t))
		s.send(t, "customer.subscription.deleted", m{"id": "sub_2", "status": "canceled"})
		s.send(t, "customer.subscription.deleted", m{"id": "sub_3", "status": "canceled"})
		alone := s.send(t, "customer.subscription.updated",
			subscriptions("sub_1", "active", s.now, s.now.AddDate(0, 1, 0), nil)["current"])
		assert.Empty(t, alone.Order.Duplicates)
	})
}
