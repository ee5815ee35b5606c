package meter

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// newMeter returns a meter whose leases do not become old within a test.
func newMeter(t *testing.T, p Params) *Meter {
	t.Helper()
	if p.Every == 0 {
		p.Every = time.Hour
	}
	m, err := New(p)
	require.NoError(t, err)
	return m
}

func grant(t *testing.T, db *bun.DB, amount int64, expires ...time.Time) (user string) {
	t.Helper()
	user = uuid.NewString()
	more(t, db, user, amount, expires...)
	return user
}

func more(t *testing.T, db *bun.DB, user string, amount int64, expires ...time.Time) {
	t.Helper()
	p := credits.GrantParams{UserUUID: user, Amount: amount, Type: "gift"}
	if len(expires) > 0 {
		p.ExpiresAt = expires[0]
	}
	_, err := credits.Grant(t.Context(), db, p)
	require.NoError(t, err)
}

func balance(t *testing.T, db *bun.DB, user string) *credits.BalanceResult {
	t.Helper()
	b, err := credits.Balance(t.Context(), db, credits.BalanceParams{UserUUID: user})
	require.NoError(t, err)
	return b
}

// TestCountsWhatThereIs: Take refuses when lease and account are used up, not before,
// and what was counted is what is paid.
func TestCountsWhatThereIs(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		user := grant(t, env.DB, 100)
		m := newMeter(t, Params{DB: env.DB, UserUUID: user, Lease: 30, GenID: "g"})
		for range 14 {
			require.NoError(t, m.Take(t.Context(), 7))
		}
		var short *credits.InsufficientError
		require.ErrorAs(t, m.Take(t.Context(), 7), &short)
		assert.Equal(t, [2]int64{7, 2}, [2]int64{short.Need, short.Have})
		require.NoError(t, m.Take(t.Context(), 2))
		require.ErrorIs(t, m.Take(t.Context(), 1), credits.ErrInsufficient)
		require.ErrorIs(t, m.Take(t.Context(), 0), credits.ErrInvalid)

		more(t, env.DB, user, 90)
		require.NoError(t, m.Take(t.Context(), 80), "more than a lease")
		require.NoError(t, m.Close(t.Context()))
		require.NoError(t, m.Close(t.Context()))
		require.ErrorIs(t, m.Take(t.Context(), 1), ErrClosed)
		assert.Equal(t, Totals{Counted: 180, Settled: 180}, m.Totals())
		assert.EqualValues(t, 10, balance(t, env.DB, user).Available)
		assert.Zero(t, balance(t, env.DB, user).Held)
		env.Verified(t)
	})
}

// TestTwoProcesses: two meters of one account, and callers who pay otherwise, never
// spend more than there is, and together all of it.
func TestTwoProcesses(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		user := grant(t, env.DB, 1000)
		meters := []*Meter{
			newMeter(t, Params{DB: env.DB, UserUUID: user, Lease: 40}), newMeter(t, Params{DB: env.Open(t), UserUUID: user, Lease: 70}),
		}
		var counted atomic.Int64
		var all sync.WaitGroup
		for caller := range 6 {
			all.Go(func() {
				for {
					err := meters[caller%2].Take(t.Context(), 3)
					if err != nil {
						assert.ErrorIs(t, err, credits.ErrInsufficient)
						return
					}
					counted.Add(3)
				}
			})
		}
		all.Wait()
		var totals Totals
		for _, m := range meters {
			require.NoError(t, m.Close(t.Context()))
			totals.Counted += m.Totals().Counted
			totals.Settled += m.Totals().Settled
			assert.Zero(t, m.Totals().Lost)
		}
		assert.Equal(t, counted.Load(), totals.Counted)
		assert.Equal(t, counted.Load(), totals.Settled)
		assert.Equal(t, 1000-counted.Load(), balance(t, env.DB, user).Available)
		assert.GreaterOrEqual(t, counted.Load(), int64(1000-70-3))
		env.Verified(t)
	})
}

// TestSettlesByItself: what was counted is settled once its lease is old, though nobody
// counts on or closes.
func TestSettlesByItself(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		user := grant(t, env.DB, 100)
		m := newMeter(t, Params{DB: env.DB, UserUUID: user, Lease: 30, Every: 200 * time.Millisecond})
		for m.Take(t.Context(), 5) != nil { // a lease that was old before it came
		}
		for m.Totals().Settled < 5 {
			require.NoError(t, t.Context().Err())
			time.Sleep(time.Millisecond)
		}
		require.NoError(t, m.Close(t.Context()))
		b := balance(t, env.DB, user)
		assert.Equal(t, [2]int64{95, 0}, [2]int64{b.Available, b.Held})
	})
}

// TestLostLease: what was counted of a lease that somebody ended is charged to what
// the account has otherwise, and the rest is lost.
func TestLostLease(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		for spent, want := range map[int64]Totals{0: {Counted: 25, Settled: 25}, 90: {Counted: 25, Settled: 10, Lost: 15}, 100: {Counted: 25, Lost: 25}} {
			user := grant(t, env.DB, 100)
			m := newMeter(t, Params{DB: env.DB, UserUUID: user, Lease: 30})
			require.NoError(t, m.Take(t.Context(), 25))
			_, err := credits.Release(t.Context(), env.DB, credits.ReleaseParams{UserUUID: user, HoldKey: m.lease.key})
			require.NoError(t, err)
			if spent > 0 {
				_, err = credits.Charge(t.Context(), env.DB, credits.ChargeParams{UserUUID: user, Amount: spent})
				require.NoError(t, err)
			}
			require.NoError(t, m.Close(t.Context()))
			assert.Equal(t, want, m.Totals())
			assert.Equal(t, 100-spent-want.Settled, balance(t, env.DB, user).Available)
		}
		env.Verified(t)
	})
}

// TestExpiredGrant: of a lease that drew on a grant which expired, what it still has is
// captured, and the rest is charged to other grants.
func TestExpiredGrant(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		for other, want := range map[int64]Totals{20: {Counted: 25, Settled: 20, Lost: 5}, 50: {Counted: 25, Settled: 25}} {
			user := grant(t, env.DB, 12, time.Now().Add(time.Hour))
			more(t, env.DB, user, other)
			m := newMeter(t, Params{DB: env.DB, UserUUID: user, Lease: 30, Grace: 24 * time.Hour})
			require.NoError(t, m.Take(t.Context(), 25))
			_, err := credits.Adjust(t.Context(), env.DB, credits.AdjustParams{ // moves the account's time past the expiry
				UserUUID: user, Amount: 1, At: time.Now().Add(2 * time.Hour), MaxAhead: credits.AnyTime,
			})
			require.NoError(t, err)
			_, err = credits.Adjust(t.Context(), env.DB, credits.AdjustParams{UserUUID: user, Amount: -1})
			require.NoError(t, err)
			require.NoError(t, m.Close(t.Context()))
			assert.Equal(t, want, m.Totals())
			assert.Equal(t, other-want.Settled, balance(t, env.DB, user).Available)
		}
		env.Verified(t)
	})
}

// TestCallersWhoLeave: one who does not wait for a lease has counted nothing.
func TestCallersWhoLeave(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		user := grant(t, env.DB, 100)
		m := newMeter(t, Params{DB: env.DB, UserUUID: user})
		ctx, leave := context.WithCancel(t.Context())
		leave()
		err := m.Take(ctx, 5)
		if err == nil { // the lease was there first
			require.NoError(t, m.Close(t.Context()))
			assert.EqualValues(t, 95, balance(t, env.DB, user).Available)
			return
		}
		require.ErrorIs(t, err, context.Canceled)
		require.NoError(t, m.Take(t.Context(), 1))
		require.NoError(t, m.Close(t.Context()))
		assert.EqualValues(t, 99, balance(t, env.DB, user).Available)
	})
}

// TestParams: what makes no sense is refused by name, before anything is counted.
func TestParams(t *testing.T) {
	t.Parallel()
	db := &bun.DB{}
	for field, p := range map[string]Params{
		"DB": {UserUUID: "u"}, "Every": {DB: db, UserUUID: "u", Every: -1}, "Grace": {DB: db, UserUUID: "u", Grace: -1},
		"Lease": {DB: db, UserUUID: "u", Lease: -1}, "UserUUID": {DB: db}, "GenID": {DB: db, UserUUID: "u", GenID: fmt.Sprintf("%300d", 1)},
	} {
		_, err := New(p)
		var invalid *credits.InvalidError
		require.ErrorAs(t, err, &invalid, field)
		assert.Equal(t, field, invalid.Field)
	}
}

// TestMeterBudgets: a meter counts no more than its budgets have left, and what others
// spend of them meanwhile is lost to it, not charged beyond the cap.
func TestMeterBudgets(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx, user := t.Context(), grant(t, env.DB, 100)
		set := func(name string, inAll, perDay int64) {
			_, err := credits.SetBudget(ctx, env.DB, credits.SetBudgetParams{UserUUID: user, Name: name, InAll: inAll, PerDay: perDay})
			require.NoError(t, err)
		}
		set("key", 20, 0)
		set("member", 0, 40)
		spent := func(name string) int64 {
			b, err := credits.GetBudget(ctx, env.DB, credits.GetBudgetParams{UserUUID: user, Name: name})
			require.NoError(t, err)
			return b.SpentInAll
		}
		m := newMeter(t, Params{DB: env.DB, UserUUID: user, Lease: 30, Budgets: []string{"key", "member"}})
		require.NoError(t, m.Take(ctx, 12))
		assert.EqualValues(t, 20, balance(t, env.DB, user).Held, "no more than the budget has")
		over := &credits.BudgetError{UserUUID: user, Budget: "key", Period: credits.BudgetInAll, Need: 9, Left: 8}
		require.Equal(t, over, m.Take(ctx, 9))
		require.NoError(t, m.Take(ctx, 5), "who needs less")
		_, err := credits.Charge(ctx, env.DB, credits.ChargeParams{UserUUID: user, Amount: 6, Budgets: []string{"key"}})
		require.NoError(t, err)
		require.NoError(t, m.Close(ctx))
		assert.Equal(t, Totals{Counted: 17, Settled: 14, Lost: 3}, m.Totals())
		assert.EqualValues(t, 20, spent("key"))
		assert.EqualValues(t, 14, spent("member"))
		assert.EqualValues(t, 80, balance(t, env.DB, user).Available)
		assert.Zero(t, balance(t, env.DB, user).Held)

		none := newMeter(t, Params{DB: env.DB, UserUUID: user, Budgets: []string{"none"}})
		require.ErrorIs(t, none.Take(ctx, 1), credits.ErrNotFound)
		_, err = New(Params{DB: env.DB, UserUUID: user, Budgets: []string{"a", "a"}})
		require.ErrorIs(t, err, credits.ErrInvalid)
		env.Verified(t)
	})
}
