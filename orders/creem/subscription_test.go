package creem_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/orders"
)

// Each of Creem's events about a subscription moves its row.
func TestSubscriptionRow(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		s := newShop(t, env)
		s.order(t, "S1", orders.IntervalMonth)
		start := s.now.Add(-time.Hour)
		end := start.AddDate(0, 1, 0)
		object := func(status string) m {
			return m{
				"id": "sub_1", "status": status, "product": "prod_1", "items": []m{{"units": 2}},
				"current_period_start_date": start, "current_period_end_date": end, "metadata": m{"order_no": "S1"},
			}
		}
		now := s.now
		for i, step := range []struct {
			event, object string
			want          orders.SubscriptionStatus
			cancels       bool
		}{
			{"subscription.trialing", "trialing", orders.SubTrialing, false},
			{"subscription.active", "active", orders.SubActive, false},
			{"subscription.update", "active", orders.SubActive, false},
			{"subscription.paused", "paused", orders.SubPaused, false},
			{"subscription.scheduled_cancel", "scheduled_cancel", orders.SubActive, true},
			{"subscription.expired", "active", orders.SubPastDue, false},
			{"subscription.canceled", "canceled", orders.SubCancelled, false},
			{"subscription.active", "active", orders.SubCancelled, false},
		} {
			s.now = now.Add(time.Duration(i) * time.Second)
			s.send(t, step.event, object(step.object))
			got, err := orders.GetSubscription(t.Context(), env.DB, orders.GetSubscriptionParams{SubID: "sub_1"})
			require.NoError(t, err)
			assert.Equal(t, step.want, got.Status, step.event)
			assert.Equal(t, step.cancels, got.CancelAtPeriodEnd, step.event)
			assert.EqualValues(t, 2, got.Quantity)
			assert.Equal(t, "S1", got.OrderNo)
		}
	})
}

// What Creem documents of past_due names the period that was paid.
func TestPastDueNamesThePaidPeriod(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		s := newShop(t, env)
		s.order(t, "S1", orders.IntervalMonth)
		period := m{
			"id": "sub_1", "status": "active", "product": "prod_1", "last_transaction_id": "tran_S1",
			"current_period_start_date": s.now, "current_period_end_date": s.now.AddDate(0, 1, 0),
		}
		s.send(t, "checkout.completed", checkout("S1", m{"subscription": period}))
		told := s.send(t, "subscription.past_due", period)
		assert.Equal(t, orders.SubPastDue, told.Order.Subscription.Status)
		assert.Equal(t, orders.StatusPaid, told.Order.Order.Status)
		assert.EqualValues(t, 600, s.available(t))

		end := told.Order.Subscription.PeriodEnd
		period["current_period_end_date"] = s.now // as Creem documents it
		for _, event := range []string{"subscription.expired", "subscription.unpaid"} {
			s.now = s.now.Add(time.Second)
			assert.Equal(t, end, s.send(t, event, period).Order.Subscription.PeriodEnd, event)
		}
	})
}

// The end of a renewed period that is moved is when its credits end.
func TestEndOfARenewalIsMoved(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		s := newShop(t, env)
		s.order(t, "S1", orders.IntervalMonth)
		now, start := s.now, s.now.AddDate(0, 0, -20)
		s.now = start.AddDate(0, -1, 0)
		s.send(t, "subscription.paid", month("pro", 1000, 1, 1000, s.now, "tran_S1"))
		s.now = start
		renewed := month("pro", 1000, 1, 1000, start, "tran_2")
		no := s.send(t, "subscription.paid", renewed).Order.Order.OrderNo
		require.NotEqual(t, "S1", no)
		s.now = now
		moved := start.AddDate(0, 1, 10)
		renewed["current_period_end_date"] = moved
		s.send(t, "subscription.update", renewed)
		o, err := orders.Get(t.Context(), env.DB, orders.GetParams{OrderNo: no})
		require.NoError(t, err)
		assert.True(t, moved.Equal(o.CreditsExpireAt))
		assert.EqualValues(t, 600, s.available(t))
		verified(t, s)
	})
}

// A customer who cancelled in the trial may begin another subscription with the same
// order: its first payment pays that.
func TestAnotherSubscriptionAfterATrial(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		s := newShop(t, env)
		s.order(t, "S1", orders.IntervalMonth)
		s.now = s.now.AddDate(0, 0, -20)
		end := s.now.AddDate(0, 0, 7)
		for _, sub := range []string{"sub_1", "sub_2"} {
			trial := month("pro", 1000, 1, 0, s.now, "")
			trial["id"], trial["status"], trial["current_period_end_date"] = sub, "trialing", end
			s.send(t, "subscription.trialing", trial)
			if s.now = s.now.AddDate(0, 0, 2); sub == "sub_1" {
				trial["status"] = "canceled"
				s.send(t, "subscription.canceled", trial)
			}
		}
		s.now = end
		first := month("pro", 1000, 1, 1000, end, "tran_1")
		first["id"] = "sub_2"
		paid := s.send(t, "subscription.paid", first).Order.Order
		assert.Equal(t, []string{"S1", "sub_2"}, []string{paid.OrderNo, paid.SubID})
		assert.EqualValues(t, 600, s.available(t))
		verified(t, s)
	})
}
