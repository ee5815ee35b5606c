package stripe_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/credits/audit"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/orders"
	"github.com/chameleon-go/chameleon/orders/webhook"
)

// shapes runs a test in the shape of each API version, on every engine; each has
// a customer of its own.
func shapes(t *testing.T, run func(t *testing.T, s *shop, shape string)) {
	t.Helper()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		for _, shape := range []string{"current", "legacy"} {
			s := newShop(t, env, shape)
			s.config.Plan, s.shape = planOf, shape
			s.now = time.Now().UTC().Truncate(time.Second).AddDate(0, 0, -20)
			run(t, s, shape)
			result, err := audit.Verify(t.Context(), env.DB, audit.VerifyParams{UserUUID: s.user})
			require.NoError(t, err)
			assert.Empty(t, result.Breaches)
		}
	})
}

// pay sends an invoice of the shop's subscription, twice.
func (s *shop) pay(t *testing.T, b bill) *webhook.Result {
	t.Helper()
	b.sub = "sub_" + s.shape
	if b.id == "" {
		b.id = s.next("in")
	}
	if b.paid > 0 && b.intent == "" {
		b.intent = "pi_" + s.shape + b.id
	}
	return s.send(t, "invoice.paid", b.json(s.shape))
}

// subscribe begins a month on the 1,000 credits plan.
func (s *shop) subscribe(t *testing.T) (start, end time.Time) {
	t.Helper()
	start, end = s.now, s.now.AddDate(0, 1, 0)
	s.subscribeFor(t, start, end)
	return start, end
}

func (s *shop) subscribeFor(t *testing.T, start, end time.Time) {
	t.Helper()
	no := "S-" + s.shape
	_, err := orders.Create(t.Context(), s.env.DB, orders.CreateParams{
		OrderNo: no, UserUUID: s.user, ProductID: "month", Amount: 1000, Currency: "USD",
		PayType: orders.PayTypeStripe, Interval: orders.IntervalMonth, Credits: 1000,
	})
	require.NoError(t, err)
	s.pay(t, bill{
		reason: "subscription_create", order: no, paid: 1000, intent: "pi_first_" + s.shape,
		items: []item{whole("price_month", 1, start, end)},
	})
	require.EqualValues(t, 1100, s.available(t))
}

func days(n int) time.Duration { return time.Duration(n) * 24 * time.Hour }

// Changing between month and year and back buys what was paid for, however
// often. It did grant 53,000 credits for 204.25.
func TestChangeOfPlansBackAndForth(t *testing.T) {
	t.Parallel()
	shapes(t, func(t *testing.T, s *shop, _ string) {
		start, end := s.subscribe(t)
		price, from, to := "price_month", start, end
		for i := 1; i <= 8; i++ {
			at := start.Add(days(2 * i))
			next, until := "price_year", at.AddDate(1, 0, 0)
			if price == "price_year" {
				next, until = "price_month", at.AddDate(0, 1, 0)
			}
			back := unused(price, from, at, to)
			bought := whole(next, 1, at, until)
			s.pay(t, bill{reason: "subscription_update", items: []item{back, bought}, paid: max(back.amount+bought.amount, 0)})
			price, from, to = next, at, until
		}
		// Of eight changes four were back to the month; two days each were used of
		// the years, and of the months.
		got := s.available(t)
		used := int64(4*1000*2/31 + 4*12000*2/365)
		assert.InDelta(t, 100+used+1000, got, 30)
	})
}

// A change within minutes of the first payment is a change.
func TestChangeAtOnce(t *testing.T) {
	t.Parallel()
	shapes(t, func(t *testing.T, s *shop, shape string) {
		_, err := orders.Create(t.Context(), s.env.DB, orders.CreateParams{
			OrderNo: "S-" + shape, UserUUID: s.user, ProductID: "month", Amount: 1000, Currency: "USD",
			PayType: orders.PayTypeStripe, Interval: orders.IntervalMonth, Credits: 1000,
		})
		require.NoError(t, err)
		s.send(t, "checkout.session.completed", session("S-"+shape, m{
			"mode": "subscription", "payment_intent": nil, "subscription": "sub_" + shape, "amount_subtotal": 1000,
		}))
		at := s.now.Add(3 * time.Minute)
		back := unused("price_month", s.now, at, s.now.AddDate(0, 1, 0))
		changed := s.pay(t, bill{
			reason: "subscription_update", items: []item{back, whole("price_year", 1, at, at.AddDate(1, 0, 0))},
			paid: 10000 + back.amount,
		})
		assert.EqualValues(t, 12000, changed.Order.Order.Credits)
		assert.InDelta(t, 12100, s.available(t), 1, "all of the month went back")
	})
}

// The refund of a change undoes it, in proportion; that of the month that was
// changed from takes what it had paid of the year.
func TestRefundOfAChange(t *testing.T) {
	t.Parallel()
	shapes(t, func(t *testing.T, s *shop, shape string) {
		start, end := s.subscribe(t)
		at := start.Add(days(10))
		back := unused("price_month", start, at, end)
		s.pay(t, bill{
			reason: "subscription_update", intent: "pi_change_" + shape, paid: 10000 + back.amount,
			items: []item{back, whole("price_year", 1, at, at.AddDate(1, 0, 0))},
		})
		kept := 1000 + back.amount
		assert.Equal(t, 100+kept+12000, s.available(t), "a credit is a cent of the month")
		refund := func(intent string, amount int64) {
			s.send(t, "charge.refunded", m{"payment_intent": intent, "amount_refunded": amount})
		}
		refund("pi_first_"+shape, 1000)
		assert.InDelta(t, 100+12000*(10000+float64(back.amount))/10000, s.available(t), 2, "what the other payment bought")
		refund("pi_change_"+shape, 10000+back.amount)
		assert.EqualValues(t, 100, s.available(t))
	})
}

func TestRefundUndoesAChange(t *testing.T) {
	t.Parallel()
	shapes(t, func(t *testing.T, s *shop, shape string) {
		start, end := s.subscribe(t)
		at := start.Add(days(10))
		back := unused("price_month", start, at, end)
		paid := 10000 + back.amount
		refund := func(amount int64) {
			s.send(t, "charge.refunded", m{"payment_intent": "pi_change_" + shape, "amount_refunded": amount})
		}
		refund(paid / 2) // before the payment that it is of
		s.pay(t, bill{
			reason: "subscription_update", intent: "pi_change_" + shape, paid: paid,
			items: []item{back, whole("price_year", 1, at, at.AddDate(1, 0, 0))},
		})
		assert.InDelta(t, 100+1000+float64(back.amount)/2+6000, s.available(t), 2)
		refund(paid)
		assert.EqualValues(t, 1100, s.available(t))
	})
}

// An upgrade that keeps the period grants the difference, and its refund takes
// it back; a downgrade takes back what its money does.
func TestProration(t *testing.T) {
	t.Parallel()
	shapes(t, func(t *testing.T, s *shop, shape string) {
		start, end := s.subscribe(t)
		at := start.Add(days(1))
		left := end.Sub(at).Seconds() / end.Sub(start).Seconds()
		up := []item{unused("price_month", start, at, end), used("price_team", start, at, end)}
		s.pay(t, bill{id: "in_up", reason: "subscription_update", items: up, paid: up[0].amount + up[1].amount, intent: "pi_up_" + shape})
		assert.Equal(t, 1100+int64(4000*left), s.available(t))
		s.send(t, "charge.refunded", m{"payment_intent": "pi_up_" + shape, "amount_refunded": up[0].amount + up[1].amount})
		assert.EqualValues(t, 1100, s.available(t))

		down := []item{unused("price_month", start, at, end)}
		s.pay(t, bill{reason: "subscription_update", items: down})
		assert.Equal(t, 1100+int64(-1000*left-1), s.available(t), "for the balance that Stripe keeps")
	})
}

// Seats multiply, add-ons do not replace the plan, and lines that an event has
// no room for count.
func TestSeatsAndItems(t *testing.T) {
	t.Parallel()
	shapes(t, func(t *testing.T, s *shop, shape string) {
		no := "S-" + shape
		_, err := orders.Create(t.Context(), s.env.DB, orders.CreateParams{
			OrderNo: no, UserUUID: s.user, ProductID: "month", Amount: 1000, Currency: "USD",
			PayType: orders.PayTypeStripe, Interval: orders.IntervalMonth, Credits: 1000,
		})
		require.NoError(t, err)
		start := s.now.AddDate(0, -1, 0)
		s.pay(t, bill{
			reason: "subscription_create", order: no, paid: 3000, items: []item{whole("price_month", 3, start, s.now)},
		})
		end := s.now.AddDate(0, 1, 0)
		addon := item{price: "price_storage", quantity: 1, amount: 20000, from: s.now, to: end}
		second := s.pay(t, bill{
			reason: "subscription_cycle", paid: 24000, items: []item{whole("price_month", 4, s.now, end), addon},
		})
		assert.EqualValues(t, 4000, second.Order.Order.Credits)
		s.config.Plan = nil
		var parts []item
		for i := range 10 {
			parts = append(parts, item{price: "price_month", quantity: 1, amount: int64(1 - 2*(i%2)), part: true, from: s.now, to: s.now})
		}
		third := s.pay(t, bill{
			reason: "subscription_cycle", paid: 5000, shown: 10, start: end,
			items: append(parts, whole("price_month", 5, end, end.AddDate(0, 1, 0))),
		})
		require.NotNil(t, third.Order, third.Ignored)
		assert.True(t, end.Equal(third.Order.Order.PeriodStart))
	})
}

// A trial grants nothing unless it is told to, ends with the trial, and the first
// payment is that of the order.
func TestTrial(t *testing.T) {
	t.Parallel()
	shapes(t, func(t *testing.T, s *shop, shape string) {
		s.config.TrialCredits = 50
		no, sub := "S-"+shape, "sub_"+shape
		_, err := orders.Create(t.Context(), s.env.DB, orders.CreateParams{
			OrderNo: no, UserUUID: s.user, ProductID: "month", Amount: 1000, Currency: "USD",
			PayType: orders.PayTypeStripe, Interval: orders.IntervalMonth, Credits: 1000,
		})
		require.NoError(t, err)
		end := time.Now().UTC().Truncate(time.Second).Add(days(3))
		first := whole("price_month", 1, s.now, end)
		first.amount = 0
		s.send(t, "checkout.session.completed", session(no, m{
			"mode": "subscription", "payment_intent": nil, "subscription": sub, "amount_total": 0, "amount_subtotal": 0,
			"payment_status": "no_payment_required",
		}))
		assert.EqualValues(t, 100, s.available(t))
		s.pay(t, bill{reason: "subscription_create", order: no, items: []item{first}})
		assert.EqualValues(t, 150, s.available(t))
		row := s.subscription(t, sub)
		assert.Equal(t, orders.SubTrialing, row.Status)
		assert.True(t, end.Equal(row.TrialEnd))

		// The customer pays before the trial is over.
		now := time.Now().UTC().Truncate(time.Second)
		paid := s.pay(t, bill{
			reason: "subscription_update", paid: 1000, items: []item{whole("price_month", 1, now, now.AddDate(0, 1, 0))},
		})
		assert.Equal(t, no, paid.Order.Order.OrderNo)
		assert.EqualValues(t, 1100, s.available(t), "the trial's credits do not add up")
		assert.Equal(t, orders.SubActive, s.subscription(t, sub).Status)
	})
}

// The credits of a trial end when it is cancelled; a coupon of all is no trial.
func TestCancelledTrialAndCoupon(t *testing.T) {
	t.Parallel()
	shapes(t, func(t *testing.T, s *shop, shape string) {
		s.config.TrialCredits = orders.TrialFull
		no, sub := "S-"+shape, "sub_"+shape
		for _, n := range []string{no, no + "-coupon"} {
			_, err := orders.Create(t.Context(), s.env.DB, orders.CreateParams{
				OrderNo: n, UserUUID: s.user, ProductID: "month", Amount: 1000, Currency: "USD",
				PayType: orders.PayTypeStripe, Interval: orders.IntervalMonth, Credits: 1000,
			})
			require.NoError(t, err)
		}
		end := time.Now().UTC().Truncate(time.Second).Add(days(3))
		first := whole("price_month", 1, s.now, end)
		first.amount = 0
		s.pay(t, bill{reason: "subscription_create", order: no, items: []item{first}})
		assert.EqualValues(t, 1100, s.available(t))
		s.send(t, "customer.subscription.deleted", m{
			"id": sub, "status": "canceled", "ended_at": time.Now().Unix(), "trial_end": end.Unix(),
		})
		assert.EqualValues(t, 100, s.available(t))

		free := whole("price_month", 1, s.now, s.now.AddDate(0, 1, 0))
		free.discount = free.amount
		coupon := bill{id: s.next("in"), sub: sub + "_2", reason: "subscription_create", order: no + "-coupon", items: []item{free}}
		s.send(t, "invoice.paid", coupon.json(shape))
		assert.EqualValues(t, 1100, s.available(t))
	})
}
