package stripe_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/credits/audit"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/orders"
)

// What happens within a year that is paid out monthly changes what its months grant:
// seats, a cancellation for credit, a change of plans that is undone, a refund that fails.
func TestWithinAYearThatIsPaidOutMonthly(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		for name, then := range map[string]func(y *monthlyYear, t *testing.T){
			"refund fails": (*monthlyYear).refundFails, "seat": (*monthlyYear).addSeat, "seat twice": (*monthlyYear).addSeatMidMonth,
			"cancelled": (*monthlyYear).cancelled, "change is undone": (*monthlyYear).changeUndone,
		} {
			y := beginYear(t, env, name)
			then(y, t)
			result, err := audit.Verify(t.Context(), env.DB, audit.VerifyParams{UserUUID: y.user})
			require.NoError(t, err)
			assert.Empty(t, result.Breaches, name)
		}
	})
}

// A change that is topped up counts what runs once, also the month that was paid out as an
// order of its own, and whichever month it is.
func TestTopUpOfAYearThatIsPaidOutMonthly(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		for i, months := range []int{0, 2, 5} {
			var sums []int64
			for _, paidOut := range []bool{false, true} {
				y := beginYear(t, env, fmt.Sprintf("%d%t", i, paidOut))
				y.config.Change = orders.ChangeTopUp
				y.now = y.start.AddDate(0, months, 10)
				if paidOut {
					y.paidOut(t, months, 1)
				}
				left := int64(12000 * y.end.Sub(y.now).Hours() / y.end.Sub(y.start).Hours())
				y.bill(t, "subscription_update", 36000-left,
					item{price: "price_1", quantity: 1, amount: -left, part: true, from: y.now, to: y.end},
					item{price: "price_3", quantity: 1, amount: 36000, from: y.now, to: y.now.AddDate(1, 0, 0)})
				sums = append(sums, y.paidOut(t, months, 11))
			}
			assert.Equal(t, sums[0], sums[1], "after %d months", months)
		}
	})
}

// monthlyYear is a customer who bought a year of 1,000 credits each month for 120.00,
// which began half a year ago.
type monthlyYear struct {
	*shop
	start, end time.Time
}

func beginYear(t *testing.T, env *enginetest.Env, name string) *monthlyYear {
	t.Helper()
	s := newShop(t, env, name[:2], name[len(name)-2:])
	s.config.Plan = func(price string) *orders.Plan {
		each := map[string]int64{"price_1": 1000, "price_3": 3000}[price]
		return &orders.Plan{ProductID: price, Credits: each, Interval: orders.IntervalYear, Monthly: true}
	}
	y := &monthlyYear{shop: s, start: s.now.AddDate(0, -6, -10)}
	if day := y.start.Day(); day > 28 { // which not every month has
		y.start = y.start.AddDate(0, 0, 28-day)
	}
	y.end, s.now = y.start.AddDate(1, 0, 0), y.start
	_, err := orders.Create(t.Context(), env.DB, orders.CreateParams{
		OrderNo: "Y-" + s.user, UserUUID: s.user, ProductID: "price_1", Amount: 12000, Currency: "USD",
		PayType: orders.PayTypeStripe, Interval: orders.IntervalYear, Credits: 1000, Monthly: true, At: y.start,
	})
	require.NoError(t, err)
	y.bill(t, "subscription_create", 12000, item{price: "price_1", quantity: 1, amount: 12000, from: y.start, to: y.end})
	return y
}

func (y *monthlyYear) bill(t *testing.T, reason string, paid int64, items ...item) (intent string) {
	t.Helper()
	id := y.next("in_" + y.user[24:])
	b := bill{id: id, reason: reason, sub: "sub_" + y.user, order: "Y-" + y.user, paid: paid, items: items}
	if paid > 0 {
		b.intent = "pi_" + id
	}
	y.send(t, "invoice.paid", b.json("current"))
	return b.intent
}

// paidOut runs the sweep until so many months and days after the start, and returns what
// all months together granted and kept.
func (y *monthlyYear) paidOut(t *testing.T, months, days int) (sum int64) {
	t.Helper()
	_, err := orders.PayOut(t.Context(), y.env.DB, orders.PayOutParams{At: y.start.AddDate(0, months, days)})
	require.NoError(t, err)
	page, err := orders.List(t.Context(), y.env.DB, orders.ListParams{UserUUID: y.user, Limit: 100})
	require.NoError(t, err)
	for _, o := range page.Items {
		sum += o.Credits - o.RefundedCredits
	}
	return sum
}

func (y *monthlyYear) refund(t *testing.T, intent, kind string, amount int64) {
	t.Helper()
	y.send(t, "refund."+kind, m{
		"id": "re_" + intent, "payment_intent": intent, "amount": amount, "currency": "usd", "created": y.now.Unix(),
		"status": map[string]string{"created": "succeeded", "failed": "failed"}[kind],
	})
}

func (y *monthlyYear) refundFails(t *testing.T) {
	intent := "pi_in_" + y.user[24:] + "_1"
	y.now = y.start.AddDate(0, 2, 2)
	assert.EqualValues(t, 3000, y.paidOut(t, 2, 1))
	y.refund(t, intent, "created", 12000)
	assert.Zero(t, y.paidOut(t, 3, 1))
	y.refund(t, intent, "failed", 12000)
	assert.EqualValues(t, 6000, y.paidOut(t, 5, 1), "no month is lost")
}

func (y *monthlyYear) addSeat(t *testing.T) {
	y.now = y.start.AddDate(0, 5, 0)
	y.bill(t, "subscription_update", 7000, item{price: "price_1", quantity: 1, amount: 7000, part: true, from: y.now, to: y.end})
	assert.EqualValues(t, 7000+2000, y.paidOut(t, 6, 1))
}

func (y *monthlyYear) addSeatMidMonth(t *testing.T) {
	y.now = y.start.AddDate(0, 5, 15)
	y.bill(t, "subscription_update", 6500,
		item{price: "price_1", quantity: 1, amount: -6500, part: true, from: y.now, to: y.end},
		item{price: "price_1", quantity: 2, amount: 13000, part: true, from: y.now, to: y.end})
	y.now = y.start.AddDate(0, 6, 0)
	y.bill(t, "subscription_update", 0,
		item{price: "price_1", quantity: 2, amount: -12000, part: true, from: y.now, to: y.end},
		item{price: "price_1", quantity: 1, amount: 6000, part: true, from: y.now, to: y.end})
	sum := y.paidOut(t, 6, 1)
	assert.InDelta(t, 7000+500, sum, 60, "half a month of the seat")
}

func (y *monthlyYear) cancelled(t *testing.T) {
	assert.EqualValues(t, 6000, y.paidOut(t, 5, 0))
	y.now = y.start.AddDate(0, 5, 0)
	y.bill(t, "subscription_update", 0, item{price: "price_1", quantity: 1, amount: -7000, part: true, from: y.now, to: y.end})
	assert.EqualValues(t, 5000, y.paidOut(t, 6, 1), "what the kept money bought")
}

func (y *monthlyYear) changeUndone(t *testing.T) {
	y.now = y.start.AddDate(0, 3, 0)
	assert.EqualValues(t, 3000, y.paidOut(t, 3, -1))
	intent := y.bill(t, "subscription_update", 27000,
		item{price: "price_1", quantity: 1, amount: -9000, part: true, from: y.now, to: y.end},
		item{price: "price_3", quantity: 1, amount: 36000, from: y.now, to: y.now.AddDate(1, 0, 0)})
	assert.EqualValues(t, 3000+2*3000, y.paidOut(t, 4, 1))
	y.now = y.start.AddDate(0, 4, 2)
	y.refund(t, intent, "created", 27000)
	assert.EqualValues(t, 7000, y.paidOut(t, 6, 1), "the year goes on as it was")
}
