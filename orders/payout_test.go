package orders_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/credits/audit"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/orders"
)

// A year that is paid out by the month: each month's credits once, for as long as
// the month is the customer's.
func TestPayOut(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		user := signUp(t, env.DB, "ada@example.com")
		start := time.Now().UTC().Truncate(time.Second).AddDate(0, -5, 0)
		p := pack(user)
		p.Interval, p.Amount, p.Credits, p.Monthly, p.At = orders.IntervalYear, 12000, 1000, true, start
		order(t, env.DB, "Y1", p)
		paid, err := orders.MarkPaid(t.Context(), env.DB, orders.MarkPaidParams{
			OrderNo: "Y1", SubID: "sub_1", PayRef: "pi_1", PeriodStart: start, PeriodEnd: start.AddDate(1, 0, 0), At: start,
		})
		require.NoError(t, err)
		assert.WithinDuration(t, start.AddDate(0, 1, 0), paid.Order.CreditsExpireAt, 4*24*time.Hour)
		sweep := func(at time.Time) int {
			r, err := orders.PayOut(t.Context(), env.DB, orders.PayOutParams{At: at})
			require.NoError(t, err)
			return len(r.Operations)
		}
		available := func(at time.Time) int64 {
			b, err := credits.Balance(t.Context(), env.DB, credits.BalanceParams{UserUUID: user, At: at})
			require.NoError(t, err)
			return b.Available
		}
		third := start.AddDate(0, 2, 3)
		before := available(start.AddDate(0, 1, 5))
		assert.Equal(t, 2, sweep(third))
		assert.Equal(t, 0, sweep(third), "each month once")
		assert.Equal(t, before+1000, available(third))

		refund := func(total int64) {
			_, err := orders.Refund(t.Context(), env.DB, orders.RefundParams{
				PayRef: "pi_1", Provider: p.PayType, Total: total, At: third.Add(time.Hour),
			})
			require.NoError(t, err)
		}
		refund(6000)
		assert.Equal(t, before+500, available(third.Add(2*time.Hour)), "half of the year was given back")
		assert.Equal(t, 1, sweep(start.AddDate(0, 3, 3)))
		assert.Equal(t, before+500, available(start.AddDate(0, 3, 4)), "and of the months to come")
		refund(12000)
		assert.Equal(t, 0, sweep(start.AddDate(0, 5, 0)))
		assert.Equal(t, before, available(time.Now()))
		result, err := audit.Verify(t.Context(), env.DB, audit.VerifyParams{UserUUID: user})
		require.NoError(t, err)
		assert.Empty(t, result.Breaches)
	})
}

// A renewal carries over what is left of the last month of a year, whether that was paid out
// before it or after.
func TestAMonthIsPaidOutAfterTheRenewal(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		for _, most := range []int64{300, 5000} {
			for _, late := range []bool{false, true} {
				user := signUp(t, env.DB, fmt.Sprintf("late-%d-%t@example.com", most, late))
				id, start, end := user, noon.AddDate(-1, 0, 0), noon
				p := pack(user)
				p.OrderNo, p.Interval, p.Amount, p.Credits, p.Monthly = "Y"+id, orders.IntervalYear, 12000, 1000, true
				p.At = start
				order(t, env.DB, p.OrderNo, p)
				_, err := orders.MarkPaid(t.Context(), env.DB, orders.MarkPaidParams{
					OrderNo: p.OrderNo, SubID: "sub_" + id, PayRef: "pi_1" + id, PeriodStart: start, PeriodEnd: end, At: start,
				})
				require.NoError(t, err)
				sweep := func(at time.Time) {
					_, err := orders.PayOut(t.Context(), env.DB, orders.PayOutParams{At: at})
					require.NoError(t, err)
				}
				sweep(start.AddDate(0, 10, 1))
				if !late {
					sweep(start.AddDate(0, 11, 1))
				}
				_, err = orders.Renew(t.Context(), env.DB, orders.RenewParams{
					SubID: "sub_" + id, PayRef: "pi_2" + id, PeriodStart: end, CarryOver: most, At: end,
				})
				require.NoError(t, err)
				sweep(end.Add(time.Hour))
				b, err := credits.Balance(t.Context(), env.DB, credits.BalanceParams{UserUUID: user, At: end.Add(2 * time.Hour)})
				require.NoError(t, err)
				assert.Equal(t, 100+1000+min(most, 1000), b.Available-b.Debt, "at most %d, late %t", most, late)
			}
		}
		verify(t, env.DB)
	})
}

// A month that was paid out before a change was told which had replaced its year by then is no
// period: the renewal of what the year was changed to carries that over, and not the month.
func TestAMonthThatAChangeReplacedIsNotCarriedOver(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		user := signUp(t, env.DB, "ada@example.com")
		start, over := noon, noon.AddDate(1, 0, 0)
		changed, end := start.AddDate(0, 0, 20), start.AddDate(0, 0, 50)
		p := pack(user)
		p.OrderNo, p.Interval, p.Amount, p.Credits, p.Monthly, p.At = "Y"+user, orders.IntervalYear, 36500, 1000, true, start
		order(t, env.DB, p.OrderNo, p)
		_, err := orders.MarkPaid(t.Context(), env.DB, orders.MarkPaidParams{
			OrderNo: p.OrderNo, SubID: "sub_" + user, PayRef: "pi_1" + user, PeriodStart: start, PeriodEnd: over, At: start,
		})
		require.NoError(t, err)
		_, err = orders.PayOut(t.Context(), env.DB, orders.PayOutParams{At: start.AddDate(0, 1, 1)})
		require.NoError(t, err)
		renew := func(ref string, from, to time.Time, at time.Time, back ...orders.Line) {
			month := orders.Line{PriceID: "month", Quantity: 1, Amount: 3000, Start: from, End: to, Plan: &orders.Plan{
				ProductID: "month", Credits: 600, Interval: orders.IntervalMonth,
			}}
			_, err := orders.Renew(t.Context(), env.DB, orders.RenewParams{
				SubID: "sub_" + user, PayRef: ref + user, PeriodStart: from, PeriodEnd: to, At: at,
				Lines: append(back, month), Paid: &orders.Money{Amount: 3000, Currency: "USD"}, CarryOver: 5000, CarryOverWithin: 24 * time.Hour,
			})
			require.NoError(t, err)
		}
		renew("pi_2", changed, end, start.AddDate(0, 1, 2), orders.Line{PriceID: "year", Quantity: 1, Amount: -34500, Proration: true, Start: changed, End: over})
		renew("pi_3", end, end.AddDate(0, 1, 0), end)
		b, err := credits.Balance(t.Context(), env.DB, credits.BalanceParams{UserUUID: user, At: end.Add(time.Hour)})
		require.NoError(t, err)
		assert.Equal(t, int64(100+600+600), b.Available-b.Debt)
	})
}

// A year that ends early, or whose end is moved, is paid out until its end, and does not stop
// what is due to others.
func TestAShortYearIsPaidOutUntilItsEnd(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		start := time.Date(2025, 1, 10, 12, 0, 0, 0, time.UTC)
		year := func(id string, end time.Time) string {
			user := signUp(t, env.DB, id+"@example.com")
			p := pack(user)
			p.Interval, p.Amount, p.Credits, p.Monthly, p.At = orders.IntervalYear, 12000, 1000, true, start
			order(t, env.DB, "Y"+id, p)
			_, err := orders.MarkPaid(t.Context(), env.DB, orders.MarkPaidParams{
				OrderNo: "Y" + id, SubID: "sub_" + id, PayRef: "pi_" + id, PeriodStart: start, PeriodEnd: end, At: start,
			})
			require.NoError(t, err)
			return user
		}
		sweep := func(at time.Time) int {
			r, err := orders.PayOut(t.Context(), env.DB, orders.PayOutParams{At: at})
			require.NoError(t, err)
			return len(r.Operations)
		}
		end := start.AddDate(0, 2, 15)
		year("short", end)
		assert.Equal(t, 2, sweep(start.AddDate(0, 2, 20)))
		assert.Equal(t, 0, sweep(start.AddDate(1, 0, 1)), "months after its end are nobody's")
		year("other", start.AddDate(1, 0, 0))
		assert.Equal(t, 11, sweep(start.AddDate(1, 0, 2)))
		_, err := orders.SyncSubscription(t.Context(), env.DB, orders.SyncSubscriptionParams{
			Provider: orders.PayTypeStripe, SubID: "sub_short", Status: orders.SubActive,
			PeriodStart: start, PeriodEnd: start.AddDate(0, 4, 0), At: start.AddDate(1, 0, 3),
		})
		require.NoError(t, err)
		assert.Equal(t, 1, sweep(start.AddDate(1, 0, 4)), "the end was moved")
		verify(t, env.DB)
	})
}

// Time of a year that is given back cuts off its months, those that are paid out later
// included.
func TestMonthsAreCutOff(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := t.Context()
		user := signUp(t, env.DB, "ada@example.com")
		start := time.Now().UTC().Truncate(time.Second).AddDate(0, 0, -80)
		end := start.AddDate(1, 0, 0)
		p := pack(user)
		p.Interval, p.Amount, p.Credits, p.Monthly, p.At = orders.IntervalYear, 12000, 1000, true, start
		order(t, env.DB, "Y1", p)
		_, err := orders.MarkPaid(ctx, env.DB, orders.MarkPaidParams{
			OrderNo: "Y1", SubID: "sub_1", PayRef: "pi_1", PeriodStart: start, PeriodEnd: end, At: start,
		})
		require.NoError(t, err)
		plan := &orders.Plan{ProductID: "year", Credits: 1000, Interval: orders.IntervalYear, Monthly: true}
		_, err = orders.Prorate(ctx, env.DB, orders.ProrateParams{
			SubID: "sub_1", Ref: "in_2", At: start.AddDate(0, 0, 5), Lines: []orders.Line{
				{Amount: -11800, Proration: true, Start: start.AddDate(0, 0, 5), End: end, Plan: plan},
			},
		})
		require.NoError(t, err)
		_, err = orders.PayOut(ctx, env.DB, orders.PayOutParams{At: start.AddDate(0, 0, 70)})
		require.NoError(t, err)
		b, err := credits.Balance(ctx, env.DB, credits.BalanceParams{UserUUID: user})
		require.NoError(t, err)
		assert.EqualValues(t, 100, b.Available, "the months after are nobody's")
	})
}
