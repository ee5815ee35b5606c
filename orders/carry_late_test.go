package orders_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/orders"
)

// carrying is the life of a subscriber whose renewals keep at most so many credits of
// the period before. The payment of the first period first says grants[0], then, in
// later calls, the others.
type carrying struct {
	name     string
	grants   []int64
	carry    int64
	renewals int
	// spent is spent in each period, the first included.
	spent []int64
	// told is after how many periods each of the other grants is told.
	told []int
	// refunds are of the first payment of 1,000: running totals, of which the first is
	// reported before the first renewal, and 0 for none. The last is what stays.
	refunds []int64
	// disputed is that these are of a dispute, which is won if nothing stays.
	disputed bool
	// later is how long after the last period has begun that is told.
	later time.Duration
}

const period = 30 * 24 * time.Hour

// live lives it and returns what the customer has, less the debt, an hour after the last
// event and after all has expired.
func (c carrying) live(t *testing.T, db *bun.DB, id string) [2]int64 {
	t.Helper()
	user := signUp(t, db, id+"@example.com")
	p := pack(user)
	p.Interval, p.SubID, p.OrderNo, p.Amount, p.Credits = orders.IntervalMonth, "sub_"+id, "O"+id, 1000, c.grants[0]
	_, err := orders.Create(t.Context(), db, p)
	require.NoError(t, err)
	pay := func(n int, at time.Time) {
		for range 2 { // told twice
			_, err := orders.MarkPaid(t.Context(), db, orders.MarkPaidParams{
				OrderNo: p.OrderNo, PayRef: "pi_" + id, PeriodStart: noon, PeriodEnd: noon.Add(period), Grants: &c.grants[n], At: at,
				Paid: &orders.Money{Amount: 1000, Currency: "USD"},
			})
			require.NoError(t, err)
		}
	}
	refund := func(n int, at time.Time) {
		if n >= len(c.refunds) || n == 0 && c.refunds[0] == 0 {
			return
		}
		for range 2 {
			if c.disputed {
				_, err := orders.Dispute(t.Context(), db, orders.DisputeParams{
					Provider: orders.PayTypeStripe, PayRef: "pi_" + id, Ref: "dp_" + id, Amount: 1000, At: at,
					Outcome: map[bool]orders.DisputeOutcome{true: orders.DisputeOpen, false: orders.DisputeWon}[c.refunds[n] > 0],
				})
				require.NoError(t, err)
				continue
			}
			_, err := orders.Refund(t.Context(), db, orders.RefundParams{
				Provider: orders.PayTypeStripe, PayRef: "pi_" + id, Total: c.refunds[n], AsOf: at, At: at,
			})
			require.NoError(t, err)
		}
	}
	balance := func(at time.Time) int64 {
		b, err := credits.Balance(t.Context(), db, credits.BalanceParams{UserUUID: user, At: at})
		require.NoError(t, err)
		return b.Available - b.Debt - 100 // the welcome, which stays
	}
	pay(0, noon)
	start := noon
	for i := 0; ; i++ {
		if i < len(c.spent) && c.spent[i] > 0 {
			_, err := credits.Charge(t.Context(), db, credits.ChargeParams{
				UserUUID: user, Amount: c.spent[i], Key: fmt.Sprint("work-", i), Type: credits.TypeAIGeneration, At: start.Add(time.Hour),
			})
			require.NoError(t, err)
		}
		if i == 0 {
			refund(0, start.Add(2*time.Hour))
		}
		if i == 1 {
			for n := 1; n < len(c.refunds); n++ {
				refund(n, start.Add(c.later+2*time.Hour+time.Duration(n)*time.Minute))
			}
		}
		for n, after := range c.told {
			if after == i {
				pay(n+1, start.Add(c.later+3*time.Hour+time.Duration(n)*time.Minute))
			}
		}
		if i == c.renewals {
			break
		}
		start = start.Add(period)
		_, err := orders.Renew(t.Context(), db, orders.RenewParams{
			SubID: p.SubID, PeriodStart: start, PeriodEnd: start.Add(period), CarryOver: c.carry, PayRef: fmt.Sprintf("pi_%s_%d", id, i), At: start,
			Paid: &orders.Money{Amount: 1000, Currency: "USD"}, Plan: &orders.Plan{ProductID: "month", Credits: 1000},
		})
		require.NoError(t, err)
	}
	return [2]int64{balance(start.Add(c.later + 4*time.Hour)), balance(start.Add(c.later + 2*period))}
}

// A period whose credits were carried on, and of which is told later that it granted
// fewer or more, or whose money is given back or comes back, leaves the customer with
// what they would have had, had it been known in time.
func TestAPeriodIsCorrectedAfterItWasCarriedOn(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		for i, c := range []carrying{
			{name: "fewer, all of which was kept", grants: []int64{1000, 400}, carry: 5000, renewals: 1, told: []int{1}},
			{name: "fewer, some was spent", grants: []int64{1000, 400}, carry: 500, renewals: 1, told: []int{1}, spent: []int64{200, 100}},
			{name: "fewer, what is lost had not been kept", grants: []int64{1000, 700}, carry: 200, renewals: 1, told: []int{1}, spent: []int64{100, 250}},
			{name: "fewer, spent from what was kept", grants: []int64{1000, 300}, carry: 500, renewals: 1, told: []int{1}, spent: []int64{200, 300}},
			{name: "more, all is kept", grants: []int64{400, 1000}, carry: 5000, renewals: 1, told: []int{1}},
			{name: "more, up to the maximum", grants: []int64{400, 1000}, carry: 500, renewals: 1, told: []int{1}, spent: []int64{200, 100}},
			{name: "more, and the maximum was kept before", grants: []int64{1000, 3000}, carry: 500, renewals: 1, told: []int{1}, spent: []int64{200, 700}},
			{name: "more, of nothing", grants: []int64{0, 1000}, carry: 500, renewals: 1, told: []int{1}},
			{name: "nothing", grants: []int64{1000, 0}, carry: 500, renewals: 1, told: []int{1}},
			{name: "fewer and more again", grants: []int64{1000, 400, 1000}, carry: 500, renewals: 1, told: []int{1, 1}, spent: []int64{100, 100}},
			{name: "more and fewer again", grants: []int64{400, 1000, 300}, carry: 500, renewals: 1, told: []int{1, 1}, spent: []int64{100, 100}},
			{name: "nothing and then more", grants: []int64{400, 0, 1000}, carry: 500, renewals: 1, told: []int{1, 1}},
			{name: "more twice", grants: []int64{100, 300, 900}, carry: 700, renewals: 1, told: []int{1, 1}, spent: []int64{100, 50}},
			{name: "fewer, two periods later", grants: []int64{1000, 400}, carry: 5000, renewals: 2, told: []int{2}, spent: []int64{200, 100, 50}},
			{name: "fewer, three periods later", grants: []int64{1000, 900}, carry: 5000, renewals: 3, told: []int{3}},
			{name: "more, two periods later", grants: []int64{400, 1000}, carry: 5000, renewals: 2, told: []int{2}, spent: []int64{200, 100, 50}},
			{name: "more, with a maximum later", grants: []int64{400, 1000}, carry: 1500, renewals: 2, told: []int{2}, spent: []int64{200, 100, 50}},
			{name: "more, and kept once more", grants: []int64{400, 1000}, carry: 5000, renewals: 2, told: []int{1}, spent: []int64{200, 100, 50}},
			{name: "fewer, and kept once more", grants: []int64{1000, 400}, carry: 5000, renewals: 2, told: []int{1}, spent: []int64{200, 100, 50}},
			{name: "more, and more once it was kept again", grants: []int64{100, 400, 1000}, carry: 1500, renewals: 2, told: []int{1, 2}, spent: []int64{100, 100, 50}},
			{name: "refunded after", grants: []int64{1000}, carry: 500, renewals: 1, refunds: []int64{0, 500}, spent: []int64{100, 100}},
			{name: "refunded after, of which nothing was kept", grants: []int64{1000}, carry: 500, renewals: 1, refunds: []int64{0, 300}, spent: []int64{100, 700}},
			{name: "refunded before, and the refund fails", grants: []int64{1000}, carry: 500, renewals: 1, refunds: []int64{1000, 0}, spent: []int64{0, 100}},
			{name: "refunded before, of which some fails", grants: []int64{1000}, carry: 500, renewals: 1, refunds: []int64{900, 700}, spent: []int64{0, 100}},
			{name: "refunded before and after", grants: []int64{1000}, carry: 500, renewals: 1, refunds: []int64{600, 900, 100}, spent: []int64{0, 100}},
			{name: "refunded and more", grants: []int64{400, 1000}, carry: 500, renewals: 1, told: []int{1}, refunds: []int64{0, 500}, spent: []int64{100, 100}},
			{name: "refunded before and more", grants: []int64{400, 1000}, carry: 500, renewals: 1, told: []int{1}, refunds: []int64{500}, spent: []int64{100, 100}},
			{name: "refunded and fewer", grants: []int64{1000, 400}, carry: 500, renewals: 1, told: []int{1}, refunds: []int64{0, 500}, spent: []int64{50, 50}},
			{name: "disputed before, and won", grants: []int64{1000}, carry: 500, renewals: 1, disputed: true, refunds: []int64{1000, 0}, spent: []int64{0, 100}},
			{name: "disputed after, and won", grants: []int64{1000}, carry: 500, renewals: 2, disputed: true, refunds: []int64{0, 1000, 0}, spent: []int64{100, 300, 200}},
			{name: "disputed after", grants: []int64{1000}, carry: 500, renewals: 1, disputed: true, refunds: []int64{0, 1000}, spent: []int64{0, 100}},
			{name: "fewer, once all is over", grants: []int64{1000, 400}, carry: 500, renewals: 1, told: []int{1}, spent: []int64{200, 100}, later: 2 * period},
			{name: "more, once all is over", grants: []int64{400, 1000}, carry: 500, renewals: 1, told: []int{1}, spent: []int64{200, 100}, later: 2 * period},
			{name: "told after it is over, and nothing was kept", grants: []int64{1000, 400}, renewals: 1, told: []int{1}, spent: []int64{200, 100}},
			{name: "more, after it is over", grants: []int64{400, 1000}, renewals: 1, told: []int{1}, spent: []int64{200, 100}},
		} {
			in := c // told in order
			in.grants, in.told = c.grants[len(c.grants)-1:], nil
			if len(c.refunds) > 0 {
				in.refunds = c.refunds[len(c.refunds)-1:]
			}
			want := in.live(t, env.DB, fmt.Sprint("in", i))
			got := c.live(t, env.DB, fmt.Sprint("late", i))
			assert.Equal(t, want, got, c.name)
		}
		verify(t, env.DB)
	})
}
