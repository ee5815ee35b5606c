package creem_test

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

// A change within a period that is told before the period's own payment waits for that:
// nothing is granted that was not paid for. In the first period, in a later one, in the
// one after a trial, days or minutes after its beginning.
func TestAChangeWaitsForItsPeriod(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		for _, which := range []string{"first", "seats", "later", "trial", "known"} {
			for _, after := range []time.Duration{3 * time.Minute, 5 * 24 * time.Hour} {
				s := newShopOf(t, env, which+after.String()+"@example.com")
				s.changesEarly(t, which, after)
				verified(t, s)
			}
		}
	})
}

func (s *shop) changesEarly(t *testing.T, which string, after time.Duration) {
	t.Helper()
	id := which + after.String()
	s.config.Plan = func(product string) *orders.Plan {
		return map[string]*orders.Plan{"pro": {ProductID: "pro", Credits: 500}, "team": {ProductID: "team", Credits: 2500}}[product]
	}
	start := s.now.AddDate(0, 0, -10)
	period := func(product string, price, paid int64, start time.Time, tran string) m {
		p := month(product, price, 1, paid, start, tran+id)
		p["id"], p["metadata"] = "sub_"+id, m{"order_no": id}
		return p
	}
	s.order(t, id, orders.IntervalMonth)
	had := int64(100)
	switch before := start.AddDate(0, -1, 0); which {
	case "later":
		s.now = before
		last := period("pro", 1000, 1000, before, "before")
		last["current_period_end_date"] = start
		s.send(t, "subscription.paid", last)
		had = 100 // it ended
	case "trial":
		s.now = start.AddDate(0, 0, -7)
		trial := period("pro", 1000, 0, s.now, "")
		trial["status"], trial["current_period_end_date"] = "trialing", start
		s.send(t, "subscription.trialing", trial)
	case "known":
		s.now = start
		s.send(t, "subscription.active", period("pro", 1000, 1000, start, "own"))
	}
	s.now = start.Add(after)
	length := start.AddDate(0, 1, 0).Sub(start)
	left := float64(length-after) / float64(length)
	change := period("team", 5000, int64(4000*left), start, "up")
	more := 2000 * left
	if which == "seats" {
		change = period("pro", 1000, int64(1000*left), start, "up")
		change["items"], more = []m{{"units": 2}}, 500*left
	}
	err := s.refused(t, "subscription.paid", change)
	require.ErrorIs(t, err, orders.ErrNotStarted, id)
	assert.Equal(t, http.StatusConflict, webhook.Status(err))
	assert.Equal(t, had, s.available(t), "%s: it waits", id)

	s.now = start
	own := period("pro", 1000, 1000, start, "own")
	if which == "known" {
		s.send(t, "checkout.completed", checkout(id, m{"subscription": own}))
	} else {
		s.send(t, "subscription.paid", own)
	}
	assert.Equal(t, had+500, s.available(t), id)
	s.now = start.Add(after)
	s.send(t, "subscription.paid", change)
	assert.InDelta(t, float64(had)+500+more, float64(s.available(t)), 1, id)
}

// A period with a discount that nobody tells is no change: the same price, or another one
// that was paid at the period's beginning.
func TestAPeriodWithADiscountIsNoChange(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		s := newShop(t, env)
		s.config.Plan = func(product string) *orders.Plan {
			return map[string]*orders.Plan{"pro": {ProductID: "pro", Credits: 500}, "team": {ProductID: "team", Credits: 2500}}[product]
		}
		s.order(t, "S1", orders.IntervalMonth)
		start := s.now.AddDate(0, -2, -3)
		s.now = start
		s.send(t, "subscription.paid", month("pro", 1000, 1, 1000, start, "tran_1"))
		s.now = start.AddDate(0, 1, 2)
		late := s.send(t, "subscription.paid", month("pro", 1000, 1, 700, start.AddDate(0, 1, 0), "tran_2"))
		assert.EqualValues(t, 500, late.Order.Order.Credits)
		s.now = start.AddDate(0, 2, 0)
		other := s.send(t, "subscription.paid", month("team", 5000, 1, 2500, start.AddDate(0, 2, 0), "tran_3"))
		assert.EqualValues(t, 2500, other.Order.Order.Credits)
		verified(t, s)
	})
}
