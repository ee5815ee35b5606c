package orders_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/orders"
)

// carried makes a subscriber whose first period of 1,000 credits, of which none was spent,
// is followed by one of 1,000 that keeps 500, and returns the user and a call that says how
// many credits the first one granted.
func carried(t *testing.T, db *bun.DB, id string) (user string, tell func(grants int64, at time.Time) error) {
	t.Helper()
	user = signUp(t, db, id+"@example.com")
	p := pack(user)
	p.Interval, p.SubID, p.OrderNo, p.Amount, p.Credits = orders.IntervalMonth, "sub_"+id, "O"+id, 1000, 1000
	_, err := orders.Create(t.Context(), db, p)
	require.NoError(t, err)
	paid := orders.MarkPaidParams{OrderNo: p.OrderNo, PayRef: "pi_" + id, PeriodStart: noon, PeriodEnd: noon.Add(period), At: noon}
	_, err = orders.MarkPaid(t.Context(), db, paid)
	require.NoError(t, err)
	_, err = orders.Renew(t.Context(), db, orders.RenewParams{
		SubID: p.SubID, PeriodStart: noon.Add(period), PeriodEnd: noon.Add(2 * period), CarryOver: 500, At: noon.Add(period),
	})
	require.NoError(t, err)
	return user, func(grants int64, at time.Time) error {
		again := paid
		again.Grants, again.At = &grants, at
		_, err := orders.MarkPaid(t.Context(), db, again)
		return err
	}
}

// What was spent of what a period turns out not to have granted is owed: more than the
// customer could have spent, had it been known.
func TestWhatWasSpentOfCarriedCreditsIsOwed(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		user, tell := carried(t, env.DB, "ada")
		at := noon.Add(period + time.Hour)
		_, err := credits.Charge(t.Context(), env.DB, credits.ChargeParams{UserUUID: user, Amount: 1300, Key: "work", At: at})
		require.NoError(t, err)
		for _, c := range []struct{ grants, available, debt int64 }{
			{600, 300, 0},   // 500 were kept all the same
			{300, 100, 0},   // 300
			{100, 100, 200}, // 100, and the welcome stays
			{0, 100, 300},   // nothing
			{1000, 300, 0},  // all of it
			{2000, 300, 0},  // no more than that is kept
		} {
			for range 2 {
				require.NoError(t, tell(c.grants, at))
				b, err := credits.Balance(t.Context(), env.DB, credits.BalanceParams{UserUUID: user, At: at})
				require.NoError(t, err)
				assert.Equal(t, []int64{c.available, c.debt}, []int64{b.Available, b.Debt}, "%d were granted", c.grants)
			}
		}
		verify(t, env.DB)
	})
}

// Corrections, and the refund of the period, wait for charges, and charges for them.
func TestCarriedCreditsAreCorrectedWhileTheyAreSpent(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		user, tell := carried(t, env.DB, "ada")
		at := noon.Add(period + time.Hour)
		var all sync.WaitGroup
		for i := range 4 {
			all.Go(func() {
				for n := range 5 {
					_, err := credits.Charge(t.Context(), env.DB, credits.ChargeParams{
						UserUUID: user, Amount: 10, Key: fmt.Sprint("work-", i, n), At: at,
					})
					assert.NoError(t, err)
				}
			})
			all.Go(func() {
				for _, grants := range []int64{700, 200, 450} {
					assert.NoError(t, tell(grants+int64(i), at))
				}
			})
		}
		all.Go(func() {
			_, err := orders.Refund(t.Context(), env.DB, orders.RefundParams{OrderNo: "Oada", Total: 500, AsOf: at, At: at})
			assert.NoError(t, err)
		})
		all.Wait()
		require.NoError(t, tell(600, at))
		b, err := credits.Balance(t.Context(), env.DB, credits.BalanceParams{UserUUID: user, At: at})
		require.NoError(t, err)
		assert.EqualValues(t, 100+300+1000-200, b.Available-b.Debt)
		verify(t, env.DB)
	})
}
