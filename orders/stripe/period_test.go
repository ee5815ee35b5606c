package stripe_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/orders"
)

// A period that a later event states corrects when the credits end, in either
// direction, with what was spent and refunded of them.
func TestCorrectedPeriod(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(time.Time) time.Time{
		"quarter": func(t time.Time) time.Time { return t.AddDate(0, 3, 0) },
		"22 days": func(t time.Time) time.Time { return t.AddDate(0, 0, 22) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			shapes(t, func(t *testing.T, s *shop, shape string) {
				no, sub := "S-"+shape, "sub_"+shape
				_, err := orders.Create(t.Context(), s.env.DB, orders.CreateParams{
					OrderNo: no, UserUUID: s.user, ProductID: "month", Amount: 1000, Currency: "USD",
					PayType: orders.PayTypeStripe, Interval: orders.IntervalMonth, Credits: 1000,
				})
				require.NoError(t, err)
				until := end(s.now)
				s.send(t, "checkout.session.completed", session(no, m{
					"mode": "subscription", "payment_intent": "pi_1" + shape, "subscription": sub, "amount_subtotal": 1000,
				}))
				_, err = credits.Charge(t.Context(), s.env.DB, credits.ChargeParams{UserUUID: s.user, Amount: 700, Key: "work"})
				require.NoError(t, err)
				s.send(t, "charge.refunded", m{"payment_intent": "pi_1" + shape, "amount_refunded": 100})
				s.send(t, "customer.subscription.updated",
					subscriptions(sub, "active", s.now, until, m{"metadata": m{"order_no": no}})[shape])
				assert.EqualValues(t, 300, s.available(t), "1,100 less 700 and 100")
				o, err := orders.Get(t.Context(), s.env.DB, orders.GetParams{OrderNo: no})
				require.NoError(t, err)
				assert.True(t, until.Equal(o.CreditsExpireAt))
				before, err := credits.Balance(t.Context(), s.env.DB, credits.BalanceParams{UserUUID: s.user, At: until.Add(-time.Second)})
				require.NoError(t, err)
				after, err := credits.Balance(t.Context(), s.env.DB, credits.BalanceParams{UserUUID: s.user, At: until})
				require.NoError(t, err)
				assert.EqualValues(t, 300, before.Available)
				assert.EqualValues(t, 100, after.Available, "the sign-up bonus")
				s.send(t, "charge.refunded", m{"payment_intent": "pi_1" + shape, "amount_refunded": 200})
				assert.EqualValues(t, 200, s.available(t))
			})
		})
	}
}

// With a grace a subscriber in good standing can go on until the renewal is paid.
func TestGrace(t *testing.T) {
	t.Parallel()
	shapes(t, func(t *testing.T, s *shop, _ string) {
		s.config.Grace = 6 * time.Hour
		_, end := s.subscribe(t)
		at := func(when time.Time) int64 {
			b, err := credits.Balance(t.Context(), s.env.DB, credits.BalanceParams{UserUUID: s.user, At: when})
			require.NoError(t, err)
			return b.Available
		}
		assert.EqualValues(t, 1100, at(end.Add(time.Hour)))
		assert.EqualValues(t, 100, at(end.Add(6*time.Hour)))
	})
}

// Weeks, quarters and half-years are counted as such where no event says.
func TestIntervals(t *testing.T) {
	t.Parallel()
	shapes(t, func(t *testing.T, s *shop, shape string) {
		for interval, end := range map[orders.Interval]time.Time{
			orders.IntervalWeek: s.now.AddDate(0, 0, 7), orders.IntervalQuarter: s.now.AddDate(0, 3, 0),
			orders.IntervalHalfYear: s.now.AddDate(0, 6, 0),
		} {
			no := string(interval) + shape
			s.order(t, no, interval)
			paid := s.send(t, "checkout.session.completed", session(no, m{
				"mode": "subscription", "payment_intent": nil, "subscription": "sub_" + no,
			}))
			assert.InDelta(t, end.Unix(), paid.Order.Order.CreditsExpireAt.Unix(), 4*24*3600, interval)
		}
	})
}
