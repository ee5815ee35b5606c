package credits_test

import (
	"context"
	"errors"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/credits/audit"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// TestAmountsOf64Bits: on a fresh database every verb takes amounts up to 2^53,
// on its own and in a caller's transaction.
func TestAmountsOf64Bits(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		for _, amount := range []int64{math.MaxInt32 + 1, 1 << 40, most} {
			alone := newTeller(t, env)
			alone.everyVerb(amount)
			alone.Check()
			nested := newTeller(t, env)
			require.NoError(t, nested.inTx(func(tx *teller) error {
				tx.everyVerb(amount)
				return nil
			}))
			nested.Check()
			same(t, nested.Stored(), alone.Stored())
		}
	})
}

// same compares what two accounts stored.
func same(t *testing.T, want, got *stored) {
	t.Helper()
	want.Row.ID, want.Row.UserUUID, want.Row.HeadHash, want.Row.CallID = got.Row.ID, got.Row.UserUUID, got.Row.HeadHash, got.Row.CallID
	assert.Equal(t, want.Row, got.Row)
	require.Len(t, got.Entries, len(want.Entries))
	for i := range want.Entries {
		w, g := want.Entries[i], got.Entries[i]
		assert.Equal(t, []int64{w.Credits, w.Held, w.Balance, w.Available}, []int64{g.Credits, g.Held, g.Balance, g.Available})
	}
}

// everyVerb leaves the account with what three grants of n put in, less what is
// taken on the way.
func (t *teller) everyVerb(n int64) {
	t.Helper()
	t.Grant("g", n)
	assert.Equal(t, n, t.Charge("c", n, start).Amount)
	assert.Equal(t, n-1, t.Do(credits.RefundParams{UserUUID: t.User, ChargeKey: "c", Amount: n - 1, Key: "r", At: start}).Available)
	t.Charge("small", 1, start) // in one round trip, beside sums that are large
	t.Do(t.HoldOp("h", n-2, start, time.Hour))
	t.Do(t.CaptureOp("h", "p", n-3, start))
	assert.Equal(t, int64(1), t.Balance(start).Available)
	second := t.GrantOp("g2", n, 2)
	second.CarryOver = &credits.CarryOver{GrantKey: "g", Max: n}
	assert.Equal(t, n+1, t.Do(second).Available)
	t.Do(credits.AdjustParams{UserUUID: t.User, Amount: -n, Key: "down", At: start})
	t.Do(credits.AdjustParams{UserUUID: t.User, Amount: n, Key: "up", At: start})
	debt := t.Do(credits.ClawBackParams{UserUUID: t.User, GrantKey: "g", Total: n, Key: "cb", At: start})
	assert.Equal(t, n, debt.Amount+debt.Forgiven)
	t.Do(credits.ClawBackParams{UserUUID: t.User, GrantKey: "g", Total: 1, Reinstate: true, Key: "won", At: start})
	t.Do(t.HoldOp("late", 1, start, time.Minute))
	t.Charge("after", 1, hour(1))
	assert.True(t, t.Charge("c", n, hour(1)).Replayed)
	assert.Equal(t, 3*n, t.Stored().Row.TotalCredits)
	t.Refuse(t.ChargeOp("too much", most, hour(1)), credits.ErrInsufficient)
}

// TestSumsOf64Bits: reads add up what passes 32 bits, and a lifetime's sum is
// never full.
func TestSumsOf64Bits(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx, tell := t.Context(), newTeller(t, env)
		var ops []credits.Op
		for _, key := range []string{"a", "b", "c", "d"} {
			ops = append(ops, tell.GrantOp(key, most), tell.ChargeOp(key+key, most, start))
		}
		out, err := credits.Post(ctx, env.DB, credits.PostParams{Ops: ops})
		require.NoError(t, err)
		for _, outcome := range out {
			require.NoError(t, outcome.Err)
		}
		assert.Equal(t, 4*most, tell.Check().Row.TotalCredits)
		past := tell.Balance(start)
		assert.Equal(t, 4*most, past.Total)
		stats, err := credits.Stats(ctx, env.DB, credits.StatsParams{From: start, To: hour(1), At: hour(1)})
		require.NoError(t, err)
		assert.Equal(t, credits.StatsSums{Positive: 4 * most, Negative: 4 * most, Granted: 4 * most, Consumed: 4 * most}, stats.StatsSums)

		tell.exec("UPDATE credits SET total_credits = ? WHERE user_uuid = ?", int64(math.MaxInt64-5), tell.User)
		tell.Grant("e", most)
		assert.Equal(t, int64(math.MaxInt64), tell.Stored().Row.TotalCredits)
		tell.exec("UPDATE credits SET left_credits = left_credits + 1 WHERE user_uuid = ?", tell.User)
		report, err := audit.Rebuild(ctx, env.DB, audit.RebuildParams{UserUUID: tell.User})
		require.NoError(t, err)
		assert.True(t, report.Written)
		assert.Equal(t, 5*most, tell.Check().Row.TotalCredits)

		tell.exec("UPDATE credits SET left_credits = ? WHERE user_uuid = ?", int64(1)<<62, tell.User)
		limit, ok := errors.AsType[*credits.LimitError](tell.Refuse(tell.GrantOp("f", 7), credits.ErrLimit))
		require.True(t, ok)
		assert.Equal(t, &credits.LimitError{UserUUID: tell.User, Sum: "left_credits", Have: 1 << 62, Add: 7, Max: 1 << 62}, limit)
		tell.exec("UPDATE credits SET left_credits = ? WHERE user_uuid = ?", most, tell.User)
		tell.Check()
	})
}

// TestNarrowColumns: where an adopted column has 32 bits, that is the limit. The
// error names the column and has the statement that widens it, nothing is
// written, and a caller's transaction goes on.
func TestNarrowColumns(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		wide := !env.Narrow(t, "credits", "credits_trans")
		tell := newTeller(t, env)
		tell.Grant("g", math.MaxInt32)
		spent := tell.Charge("all", math.MaxInt32, start)
		assert.EqualValues(t, math.MaxInt32, spent.Amount)
		before := tell.Stored()
		if wide {
			tell.Grant("one more", 1)
			return
		}
		nobody := newTeller(t, env)
		nobody.Refuse(nobody.GrantOp("amount", 1<<40), credits.ErrLimit)

		limit := tell.narrow(tell.GrantOp("one more", 1))
		assert.Equal(t, "total_credits", limit.Sum)
		assert.EqualValues(t, math.MaxInt32, limit.Max)
		require.NoError(t, tell.inTx(func(tx *teller) error {
			_ = tx.narrow(tx.GrantOp("in a transaction", 1))
			tx.Still()
			assert.EqualValues(t, math.MaxInt32, tx.Do(credits.RefundParams{UserUUID: tx.User, ChargeKey: "all", Key: "r", At: start}).Available)
			_ = tx.narrow(tx.GrantOp("again", 1<<40))
			tx.Still()
			tx.Charge("back", math.MaxInt32, start)
			return nil
		}))
		assert.Len(t, tell.Stored().Entries, len(before.Entries)+2)
		assert.Equal(t, before.Row.TotalCredits, tell.Stored().Row.TotalCredits)

		// What is refused in a batch leaves the rest of it to happen.
		other := newTeller(t, env)
		out, err := credits.Post(t.Context(), env.DB, credits.PostParams{Ops: []credits.Op{
			other.GrantOp("a", math.MaxInt32-1), other.GrantOp("b", 2), other.GrantOp("c", 1),
			other.GrantOp("d", 1<<40), other.ChargeOp("e", 7, start),
		}})
		require.NoError(t, err)
		for i, refused := range []bool{false, true, false, true, false} {
			assert.Equal(t, refused, errors.Is(out[i].Err, credits.ErrLimit), "%d: %v", i, out[i].Err)
		}
		other.Check()

		// Each statement widens one table, and says which.
		for range 3 {
			op, err := call(t.Context(), env.DB, tell.GrantOp("large", 1<<40))
			if err == nil {
				assert.EqualValues(t, 1<<40, op.Available)
				break
			}
			column, ok := errors.AsType[*dialect.NarrowColumnError](err)
			require.True(t, ok, "%v", err)
			tell.exec(column.Statement)
		}
		tell.everyVerbOn(env, 1<<40)
		tell.Check()
		other.Check()
	})
}

// everyVerbOn works a new account.
func (t *teller) everyVerbOn(env *enginetest.Env, n int64) {
	t.Helper()
	fresh := newTeller(t.T, env)
	fresh.everyVerb(n)
	fresh.Check()
}

// narrow needs op to be refused by a column, and returns the refusal.
func (t *teller) narrow(op credits.Op) *credits.LimitError {
	t.Helper()
	err := t.Refuse(op, credits.ErrLimit)
	require.ErrorIs(t, err, dialect.ErrNarrowColumn)
	limit, _ := errors.AsType[*credits.LimitError](err)
	column, _ := errors.AsType[*dialect.NarrowColumnError](err)
	require.NotNil(t, column)
	assert.Equal(t, column.Column, limit.Sum)
	assert.Contains(t, err.Error(), column.Statement)
	assert.Contains(t, column.Statement, "ALTER TABLE "+column.Table)
	return limit
}

// TestNarrowLeftCreditsBehindHolds: a hold that times out, or is released, may
// bring left_credits past a column that was left narrow.
func TestNarrowLeftCreditsBehindHolds(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		tell := newTeller(t, env)
		tell.Grant("g", 2_000_000_000)
		tell.Do(tell.HoldOp("h", 2_000_000_000, start, time.Hour))
		tell.Grant("g2", 2_000_000_000)
		narrow := env.Narrow(t, "credits_trans")
		if narrow {
			change := "ALTER TABLE credits ALTER COLUMN left_credits TYPE integer"
			if dialect.Of(env.DB).IsMySQL() {
				change = "ALTER TABLE credits MODIFY left_credits int NOT NULL DEFAULT 0"
			}
			tell.exec(change)
			release := credits.ReleaseParams{UserUUID: tell.User, HoldKey: "h", Key: "rel", At: start}
			_ = tell.narrow(release)
			swept, err := credits.ExpireDue(t.Context(), env.DB, credits.ExpireDueParams{MaxAhead: credits.AnyTime, At: hour(2)})
			require.ErrorIs(t, err, dialect.ErrNarrowColumn)
			require.Len(t, swept.SetAside, 1)
			column, _ := errors.AsType[*dialect.NarrowColumnError](err)
			tell.exec(column.Statement)
		}
		swept, err := credits.ExpireDue(t.Context(), env.DB, credits.ExpireDueParams{MaxAhead: credits.AnyTime, At: hour(2)})
		require.NoError(t, err)
		assert.EqualValues(t, 1, swept.HoldsTimedOut)
		assert.EqualValues(t, 4_000_000_000, tell.Check().Row.LeftCredits)
	})
}

// TestNarrowLeftCreditsOfAnotherProgram: what gives credits back is refused by
// name where another program has left no room for them in a narrow column.
func TestNarrowLeftCreditsOfAnotherProgram(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		if !env.Narrow(t, "credits", "credits_trans") {
			return
		}
		tell := newTeller(t, env)
		tell.Grant("g", 100)
		tell.Charge("c", 40, start)
		tell.Do(tell.HoldOp("h", 30, start, 100*time.Hour))
		before := tell.Stored().Entries
		tell.exec("UPDATE credits SET left_credits = 2147483640 WHERE user_uuid = ?", tell.User)
		for _, op := range []credits.Op{
			credits.RefundParams{UserUUID: tell.User, ChargeKey: "c", Key: "r", At: hour(1)},
			credits.ReleaseParams{UserUUID: tell.User, HoldKey: "h", Key: "l", At: hour(1)},
			credits.CaptureParams{UserUUID: tell.User, HoldKey: "h", Amount: 1, Key: "p", At: hour(1)},
			credits.GrantParams{UserUUID: tell.User, Amount: 10, Type: "gift", Key: "g2", At: hour(1)},
			tell.ChargeOp("late", 1, hour(101)), // the hold has timed out
		} {
			assert.Equal(t, "left_credits", tell.narrow(op).Sum)
		}
		posted, err := credits.Post(t.Context(), env.DB, credits.PostParams{Ops: []credits.Op{
			credits.RefundParams{UserUUID: tell.User, ChargeKey: "c", Amount: 39, Key: "r", At: hour(1)},
			tell.ChargeOp("room", 2, hour(1)),
			credits.RefundParams{UserUUID: tell.User, ChargeKey: "c", Amount: 9, Key: "r9", At: hour(1)},
		}})
		require.NoError(t, err)
		require.ErrorIs(t, posted[0].Err, credits.ErrLimit)
		require.NoError(t, posted[1].Err)
		require.NoError(t, posted[2].Err, "the refused one left nothing behind")
		assert.Len(t, tell.Stored().Entries, len(before)+2)
		tell.exec("UPDATE credits SET left_credits = 37 WHERE user_uuid = ?", tell.User)
		tell.Check()

		low := newTeller(t, env)
		low.Grant("g", 2_000_000_000)
		low.RaiseLeft(-4_000_000_000)
		require.NoError(t, low.inTx(func(tx *teller) error {
			assert.EqualValues(t, math.MinInt32, tx.narrow(tx.ChargeOp("c", 1_000_000_000, start)).Max)
			assert.EqualValues(t, 2_000_000_000-7, tx.Charge("small", 7, start).Available)
			return nil
		}))
		low.RaiseLeft(4_000_000_000)
		low.Check()
	})
}

// TestExpireDueBesideANarrowColumn: a sweep sets aside what the column cannot hold.
func TestExpireDueBesideANarrowColumn(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		if !env.Narrow(t, "credits", "credits_trans") {
			return
		}
		limit, good := newTeller(t, env), dueAccount(t, env, 2)
		limit.Grant("g", 10, 1)
		limit.exec("UPDATE credits SET left_credits = -2147483648 WHERE user_uuid = ?", limit.User)
		var swept error
		require.NoError(t, env.DB.RunInTx(t.Context(), nil, func(ctx context.Context, tx bun.Tx) error {
			_, swept = credits.ExpireDue(ctx, tx, credits.ExpireDueParams{MaxAhead: credits.AnyTime, At: hour(9)})
			var one int
			return tx.NewRaw("SELECT 1").Scan(ctx, &one)
		}), "the caller's transaction goes on")
		require.ErrorIs(t, swept, credits.ErrLimit)
		assert.EqualValues(t, 6, good.Check().Row.LeftCredits)
	})
}
