package credits_test

import (
	"context"
	"database/sql"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/credits/audit"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// dueAccount has a grant of 10 that expires after the given hour, and a hold of
// 4 on another of 6 that has timed out by then.
func dueAccount(t *testing.T, env *enginetest.Env, hours float64) *teller {
	t.Helper()
	tell := newTeller(t, env)
	tell.Grant("short", 10, hours)
	tell.Grant("long", 6)
	tell.Charge("most", 8, start)
	tell.Do(tell.HoldOp("hold", 4, start, hour(hours/2).Sub(start)))
	return tell
}

func (t *teller) exec(query string, args ...any) {
	t.Helper()
	_, err := t.DB.NewRaw(query, args...).Exec(t.Context())
	require.NoError(t, err)
}

// damages are what makes an account impossible to bring up to date.
var damages = map[string]string{
	"allocations that do not parse":     `UPDATE credits_holds SET allocations = '[{"lot"' WHERE user_uuid = ?`,
	"a hold of a grant that is missing": `UPDATE credits_holds SET allocations = '[{"lot":77,"amount":4}]' WHERE user_uuid = ?`,
	"a hold of more than it says":       `UPDATE credits_holds SET allocations = '[{"lot":1,"amount":9}]' WHERE user_uuid = ?`,
	"less held than holds hold":         `UPDATE credits SET held_credits = 0, active_holds = 0 WHERE user_uuid = ?`,
	"a grant with less than nothing":    `UPDATE credits_lots SET held = -5 WHERE user_uuid = ?`,
}

func TestExpireDueSetsBrokenAccountsAside(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		broken := map[string]string{}
		for name, damage := range damages {
			tell := dueAccount(t, env, 1)
			tell.exec(damage, tell.User)
			broken[tell.User] = name
		}
		whole := []*teller{dueAccount(t, env, 2), dueAccount(t, env, 3), dueAccount(t, env, 4)}
		for i := range whole { // the broken ones are first in line, and take nobody's turn
			got, err := credits.ExpireDue(t.Context(), env.DB, credits.ExpireDueParams{MaxAhead: credits.AnyTime, At: hour(9), Limit: 1})
			checkAside(t, got, err, broken)
			assert.Equal(t, 1, got.Accounts)
			assert.EqualValues(t, 1, got.HoldsTimedOut)
			assert.EqualValues(t, 2, got.Expired)
			assert.Equal(t, i < len(whole)-1, got.More)
		}
		for _, tell := range whole {
			assert.EqualValues(t, 6, tell.Check().Row.LeftCredits)
		}
		got, err := credits.ExpireDue(t.Context(), env.DB, credits.ExpireDueParams{MaxAhead: credits.AnyTime, At: hour(9)})
		checkAside(t, got, err, broken)
		assert.Zero(t, got.Accounts)
		assert.False(t, got.More)

		for user := range broken {
			_, err := audit.Rebuild(t.Context(), env.DB, audit.RebuildParams{UserUUID: user})
			require.NoError(t, err)
		}
		_, err = credits.ExpireDue(t.Context(), env.DB, credits.ExpireDueParams{MaxAhead: credits.AnyTime, At: hour(9)})
		require.NoError(t, err)
	})
}

// checkAside checks that exactly these accounts were set aside, each once.
func checkAside(t *testing.T, got *credits.ExpireDueResult, err error, broken map[string]string) {
	t.Helper()
	swept, ok := errors.AsType[*credits.SweepError](err)
	require.True(t, ok, "%v", err)
	assert.Equal(t, got.SetAside, swept.SetAside)
	require.ErrorIs(t, err, credits.ErrCorrupt)
	require.Len(t, swept.Unwrap(), len(broken))
	seen := map[string]bool{}
	for _, err := range swept.Unwrap() {
		aside, ok := errors.AsType[credits.AccountError](err)
		require.True(t, ok)
		corrupt, ok := errors.AsType[*credits.CorruptError](err)
		require.True(t, ok, "%v", err)
		assert.Equal(t, aside.UserUUID, corrupt.UserUUID)
		assert.NotEmpty(t, broken[aside.UserUUID])
		seen[aside.UserUUID] = true
	}
	assert.Len(t, seen, len(broken))
}

func TestExpireDueGoesRoundLockedAccounts(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		if !dialect.Of(env.DB).LocksRows() {
			return // a transaction locks the whole of SQLite's database
		}
		locked, free := dueAccount(t, env, 1), dueAccount(t, env, 2)
		holder, err := env.Open(t).BeginTx(t.Context(), nil)
		require.NoError(t, err)
		defer func() { _ = holder.Rollback() }()
		var seq int64
		require.NoError(t, holder.NewRaw("SELECT seq FROM credits WHERE user_uuid = ? FOR UPDATE", locked.User).Scan(t.Context(), &seq))

		got, err := credits.ExpireDue(t.Context(), env.DB, credits.ExpireDueParams{MaxAhead: credits.AnyTime, At: hour(9), Limit: 1})
		assert.Equal(t, 1, got.Accounts)
		require.NoError(t, err, "the limit was reached before it was the locked one's turn")
		assert.True(t, got.More)
		assert.EqualValues(t, 6, free.Check().Row.LeftCredits)

		got, err = credits.ExpireDue(t.Context(), env.DB, credits.ExpireDueParams{MaxAhead: credits.AnyTime, At: hour(9)})
		require.ErrorIs(t, err, credits.ErrLocked)
		require.Len(t, got.SetAside, 1)
		assert.Equal(t, locked.User, got.SetAside[0].UserUUID)
		assert.Zero(t, got.Accounts)

		require.NoError(t, holder.Rollback())
		got, err = credits.ExpireDue(t.Context(), env.DB, credits.ExpireDueParams{MaxAhead: credits.AnyTime, At: hour(9)})
		require.NoError(t, err)
		assert.Equal(t, 1, got.Accounts)
	})
}

// TestExpireDueGoesRoundLockedGrants: what other programs lock may be another
// row than the account's.
func TestExpireDueGoesRoundLockedGrants(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		if !dialect.Of(env.DB).LocksRows() {
			return
		}
		locked, free := dueAccount(t, env, 1), dueAccount(t, env, 2)
		// At a stricter level MySQL would lock the gap beside the rows, too.
		holder, err := env.Open(t).BeginTx(t.Context(), &sql.TxOptions{Isolation: sql.LevelReadCommitted})
		require.NoError(t, err)
		defer func() { _ = holder.Rollback() }()
		var lots []int64
		require.NoError(t, holder.NewRaw("SELECT lot FROM credits_lots WHERE user_uuid = ? FOR UPDATE", locked.User).Scan(t.Context(), &lots))

		patient := env.Open(t, chameleon.WithLockTimeout(time.Second))
		got, err := credits.ExpireDue(t.Context(), patient, credits.ExpireDueParams{MaxAhead: credits.AnyTime, At: hour(9)})
		require.ErrorIs(t, err, credits.ErrLocked)
		require.Len(t, got.SetAside, 1)
		assert.Equal(t, locked.User, got.SetAside[0].UserUUID)
		assert.Equal(t, 1, got.Accounts)
		assert.EqualValues(t, 6, free.Check().Row.LeftCredits)
		require.NoError(t, holder.Rollback())
		locked.Check()
	})
}

func TestExpireDueInACallersTransaction(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		bad, good := dueAccount(t, env, 1), dueAccount(t, env, 2)
		bad.exec(damages["allocations that do not parse"], bad.User)
		var got *credits.ExpireDueResult
		var swept error
		require.NoError(t, env.DB.RunInTx(t.Context(), nil, func(ctx context.Context, tx bun.Tx) error {
			got, swept = credits.ExpireDue(ctx, tx, credits.ExpireDueParams{MaxAhead: credits.AnyTime, At: hour(9)})
			var one int
			return tx.NewRaw("SELECT 1").Scan(ctx, &one)
		}), "the caller's transaction goes on")
		require.ErrorIs(t, swept, credits.ErrCorrupt)
		require.Len(t, got.SetAside, 1)
		assert.Equal(t, 1, got.Accounts)
		assert.EqualValues(t, 6, good.Check().Row.LeftCredits)
		assert.Len(t, bad.Stored().Entries, 5, "nothing was written of it")
	})
}

// TestExpireDueFindsNegativeTimes: no part of the ledger writes such a row, and
// none may be forgotten.
func TestExpireDueFindsNegativeTimes(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		due, later := dueAccount(t, env, 1), dueAccount(t, env, 100)
		for _, tell := range []*teller{due, later} {
			tell.exec("UPDATE credits SET next_event_us = -7 WHERE user_uuid = ?", tell.User)
		}
		got, err := credits.ExpireDue(t.Context(), env.DB, credits.ExpireDueParams{MaxAhead: credits.AnyTime, At: hour(9)})
		require.NoError(t, err)
		assert.Equal(t, 1, got.Accounts, "of one of them nothing is due yet")
		assert.False(t, got.More)
		assert.EqualValues(t, 6, due.Check().Row.LeftCredits)
		assert.Equal(t, hour(50).UnixMicro(), later.Check().Row.NextEventUs)
	})
}

// TestExpireDueCountsTheSameOnEveryEngine: a charge of all that was left of a
// grant leaves nothing to expire, however it was written.
func TestExpireDueCountsTheSameOnEveryEngine(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		for range 3 {
			tell := newTeller(t, env)
			tell.Grant("used up", 10, 1)
			tell.Grant("stays", 5)
			tell.Charge("all of it", 10, start)
		}
		dueAccount(t, env, 0.5)
		dueAccount(t, env, 2)
		got, err := credits.ExpireDue(t.Context(), env.DB, credits.ExpireDueParams{MaxAhead: credits.AnyTime, At: hour(9), Limit: 2})
		require.NoError(t, err)
		assert.Equal(t, &credits.ExpireDueResult{Accounts: 2, Expired: 4, HoldsTimedOut: 2}, got)
		got, err = credits.ExpireDue(t.Context(), env.DB, credits.ExpireDueParams{MaxAhead: credits.AnyTime, At: hour(9)})
		require.NoError(t, err)
		assert.Equal(t, &credits.ExpireDueResult{}, got)
	})
}

func TestExpireDueSideBySide(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		const accounts = 20
		for range accounts {
			dueAccount(t, env, 1)
		}
		results, errs := make([]*credits.ExpireDueResult, 4), make([]error, 4)
		together(4, func(i int) {
			results[i], errs[i] = credits.ExpireDue(t.Context(), env.DB, credits.ExpireDueParams{MaxAhead: credits.AnyTime, At: hour(9)})
		})
		sum := 0
		for i, got := range results {
			require.NoError(t, errs[i])
			sum += got.Accounts
		}
		assert.Equal(t, accounts, sum, "each counts in one of them")
	})
}
