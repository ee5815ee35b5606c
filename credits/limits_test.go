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

// most is the largest amount.
const most = int64(1) << 53

// TestAmountsOf64Bits: on a fresh database every verb takes amounts up to 2^53,
// on its own and in a caller's transaction.
func TestAmountsOf64Bits(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		for _, amount := range []int64{math.MaxInt32 + 1, 1 << 40, most} {
			alone := newTeller(t, env)
			alone.everyVerb(amount)
			alone.check()
			nested := newTeller(t, env)
			require.NoError(t, nested.inTx(func(tx *teller) error {
				tx.everyVerb(amount)
				return nil
			}))
			nested.check()
			same(t, nested.stored(), alone.stored())
		}
	})
}

// same compares what two accounts stored.
func same(t *testing.T, want, got *stored) {
	t.Helper()
	want.row.ID, want.row.UserUUID, want.row.HeadHash, want.row.CallID = got.row.ID, got.row.UserUUID, got.row.HeadHash, got.row.CallID
	assert.Equal(t, want.row, got.row)
	require.Len(t, got.entries, len(want.entries))
	for i := range want.entries {
		w, g := want.entries[i], got.entries[i]
		assert.Equal(t, []int64{w.Credits, w.Held, w.Balance, w.Available}, []int64{g.Credits, g.Held, g.Balance, g.Available})
	}
}

// everyVerb leaves the account with what three grants of n put in, less what is
// taken on the way.
func (t *teller) everyVerb(n int64) {
	t.Helper()
	t.grant("g", n)
	assert.Equal(t, n, t.charge("c", n, start).Amount)
	assert.Equal(t, n-1, t.do(credits.RefundParams{UserUUID: t.user, ChargeKey: "c", Amount: n - 1, Key: "r", At: start}).Available)
	t.charge("small", 1, start) // in one round trip, beside sums that are large
	t.do(t.holdOp("h", n-2, start, time.Hour))
	t.do(t.captureOp("h", "p", n-3, start))
	assert.Equal(t, int64(1), t.balance(start).Available)
	second := t.grantOp("g2", n, 2)
	second.CarryOver = &credits.CarryOver{GrantKey: "g", Max: n}
	assert.Equal(t, n+1, t.do(second).Available)
	t.do(credits.AdjustParams{UserUUID: t.user, Amount: -n, Key: "down", At: start})
	t.do(credits.AdjustParams{UserUUID: t.user, Amount: n, Key: "up", At: start})
	debt := t.do(credits.ClawBackParams{UserUUID: t.user, GrantKey: "g", Total: n, Key: "cb", At: start})
	assert.Equal(t, n, debt.Amount+debt.Forgiven)
	t.do(credits.ClawBackParams{UserUUID: t.user, GrantKey: "g", Total: 1, Reinstate: true, Key: "won", At: start})
	t.do(t.holdOp("late", 1, start, time.Minute))
	t.charge("after", 1, hour(1))
	assert.True(t, t.charge("c", n, hour(1)).Replayed)
	assert.Equal(t, 3*n, t.stored().row.TotalCredits)
	t.refuse(t.chargeOp("too much", most, hour(1)), credits.ErrInsufficient)
}

// TestSumsOf64Bits: reads add up what passes 32 bits, and a lifetime's sum is
// never full.
func TestSumsOf64Bits(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx, tell := t.Context(), newTeller(t, env)
		var ops []credits.Op
		for _, key := range []string{"a", "b", "c", "d"} {
			ops = append(ops, tell.grantOp(key, most), tell.chargeOp(key+key, most, start))
		}
		out, err := credits.Post(ctx, env.DB, credits.PostParams{Ops: ops})
		require.NoError(t, err)
		for _, outcome := range out {
			require.NoError(t, outcome.Err)
		}
		assert.Equal(t, 4*most, tell.check().row.TotalCredits)
		past := tell.balance(start)
		assert.Equal(t, 4*most, past.Total)
		stats, err := credits.Stats(ctx, env.DB, credits.StatsParams{From: start, To: hour(1), At: hour(1)})
		require.NoError(t, err)
		assert.Equal(t, credits.StatsSums{Positive: 4 * most, Negative: 4 * most, Granted: 4 * most, Consumed: 4 * most}, stats.StatsSums)

		tell.exec("UPDATE credits SET total_credits = ? WHERE user_uuid = ?", int64(math.MaxInt64-5), tell.user)
		tell.grant("e", most)
		assert.Equal(t, int64(math.MaxInt64), tell.stored().row.TotalCredits)
		tell.exec("UPDATE credits SET left_credits = left_credits + 1 WHERE user_uuid = ?", tell.user)
		report, err := audit.Rebuild(ctx, env.DB, audit.RebuildParams{UserUUID: tell.user})
		require.NoError(t, err)
		assert.True(t, report.Written)
		assert.Equal(t, 5*most, tell.check().row.TotalCredits)

		tell.exec("UPDATE credits SET left_credits = ? WHERE user_uuid = ?", int64(1)<<62, tell.user)
		limit, ok := errors.AsType[*credits.LimitError](tell.refuse(tell.grantOp("f", 7), credits.ErrLimit))
		require.True(t, ok)
		assert.Equal(t, &credits.LimitError{UserUUID: tell.user, Sum: "left_credits", Have: 1 << 62, Add: 7, Max: 1 << 62}, limit)
		tell.exec("UPDATE credits SET left_credits = ? WHERE user_uuid = ?", most, tell.user)
		tell.check()
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
		tell.grant("g", math.MaxInt32)
		spent := tell.charge("all", math.MaxInt32, start)
		assert.EqualValues(t, math.MaxInt32, spent.Amount)
		before := tell.stored()
		if wide {
			tell.grant("one more", 1)
			return
		}
		nobody := newTeller(t, env)
		nobody.refuse(nobody.grantOp("amount", 1<<40), credits.ErrLimit)

		limit := tell.narrow(tell.grantOp("one more", 1))
		assert.Equal(t, "total_credits", limit.Sum)
		assert.EqualValues(t, math.MaxInt32, limit.Max)
		require.NoError(t, tell.inTx(func(tx *teller) error {
			_ = tx.narrow(tx.grantOp("in a transaction", 1))
			tx.still()
			assert.EqualValues(t, math.MaxInt32, tx.do(credits.RefundParams{UserUUID: tx.user, ChargeKey: "all", Key: "r", At: start}).Available)
			_ = tx.narrow(tx.grantOp("again", 1<<40))
			tx.still()
			tx.charge("back", math.MaxInt32, start)
			return nil
		}))
		assert.Len(t, tell.stored().entries, len(before.entries)+2)
		assert.Equal(t, before.row.TotalCredits, tell.stored().row.TotalCredits)

		// What is refused in a batch leaves the rest of it to happen.
		other := newTeller(t, env)
		out, err := credits.Post(t.Context(), env.DB, credits.PostParams{Ops: []credits.Op{
			other.grantOp("a", math.MaxInt32-1), other.grantOp("b", 2), other.grantOp("c", 1),
			other.grantOp("d", 1<<40), other.chargeOp("e", 7, start),
		}})
		require.NoError(t, err)
		for i, refused := range []bool{false, true, false, true, false} {
			assert.Equal(t, refused, errors.Is(out[i].Err, credits.ErrLimit), "%d: %v", i, out[i].Err)
		}
		other.check()

		// Each statement widens one table, and says which.
		for range 3 {
			op, err := call(t.Context(), env.DB, tell.grantOp("large", 1<<40))
			if err == nil {
				assert.EqualValues(t, 1<<40, op.Available)
				break
			}
			column, ok := errors.AsType[*dialect.NarrowColumnError](err)
			require.True(t, ok, "%v", err)
			tell.exec(column.Statement)
		}
		tell.everyVerbOn(env, 1<<40)
		tell.check()
		other.check()
	})
}

// everyVerbOn works a new account.
func (t *teller) everyVerbOn(env *enginetest.Env, n int64) {
	t.Helper()
	fresh := newTeller(t.T, env)
	fresh.everyVerb(n)
	fresh.check()
}

// narrow needs op to be refused by a column, and returns the refusal.
func (t *teller) narrow(op credits.Op) *credits.LimitError {
	t.Helper()
	err := t.refuse(op, credits.ErrLimit)
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
		tell.grant("g", 2_000_000_000)
		tell.do(tell.holdOp("h", 2_000_000_000, start, time.Hour))
		tell.grant("g2", 2_000_000_000)
		narrow := env.Narrow(t, "credits_trans")
		if narrow {
			change := "ALTER TABLE credits ALTER COLUMN left_credits TYPE integer"
			if dialect.Of(env.DB).IsMySQL() {
				change = "ALTER TABLE credits MODIFY left_credits int NOT NULL DEFAULT 0"
			}
			tell.exec(change)
			release := credits.ReleaseParams{UserUUID: tell.user, HoldKey: "h", Key: "rel", At: start}
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
		assert.EqualValues(t, 4_000_000_000, tell.check().row.LeftCredits)
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
		tell.grant("g", 100)
		tell.charge("c", 40, start)
		tell.do(tell.holdOp("h", 30, start, 100*time.Hour))
		before := tell.stored().entries
		tell.exec("UPDATE credits SET left_credits = 2147483640 WHERE user_uuid = ?", tell.user)
		for _, op := range []credits.Op{
			credits.RefundParams{UserUUID: tell.user, ChargeKey: "c", Key: "r", At: hour(1)},
			credits.ReleaseParams{UserUUID: tell.user, HoldKey: "h", Key: "l", At: hour(1)},
			credits.CaptureParams{UserUUID: tell.user, HoldKey: "h", Amount: 1, Key: "p", At: hour(1)},
			credits.GrantParams{UserUUID: tell.user, Amount: 10, Type: "gift", Key: "g2", At: hour(1)},
			tell.chargeOp("late", 1, hour(101)), // the hold has timed out
		} {
			assert.Equal(t, "left_credits", tell.narrow(op).Sum)
		}
		posted, err := credits.Post(t.Context(), env.DB, credits.PostParams{Ops: []credits.Op{
			credits.RefundParams{UserUUID: tell.user, ChargeKey: "c", Amount: 39, Key: "r", At: hour(1)},
			tell.chargeOp("room", 2, hour(1)),
			credits.RefundParams{UserUUID: tell.user, ChargeKey: "c", Amount: 9, Key: "r9", At: hour(1)},
		}})
		require.NoError(t, err)
		require.ErrorIs(t, posted[0].Err, credits.ErrLimit)
		require.NoError(t, posted[1].Err)
		require.NoError(t, posted[2].Err, "the refused one left nothing behind")
		assert.Len(t, tell.stored().entries, len(before)+2)
		tell.exec("UPDATE credits SET left_credits = 37 WHERE user_uuid = ?", tell.user)
		tell.check()

		low := newTeller(t, env)
		low.grant("g", 2_000_000_000)
		low.raiseLeft(-4_000_000_000)
		require.NoError(t, low.inTx(func(tx *teller) error {
			assert.EqualValues(t, math.MinInt32, tx.narrow(tx.chargeOp("c", 1_000_000_000, start)).Max)
			assert.EqualValues(t, 2_000_000_000-7, tx.charge("small", 7, start).Available)
			return nil
		}))
		low.raiseLeft(4_000_000_000)
		low.check()
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
		limit.grant("g", 10, 1)
		limit.exec("UPDATE credits SET left_credits = -2147483648 WHERE user_uuid = ?", limit.user)
		var swept error
		require.NoError(t, env.DB.RunInTx(t.Context(), nil, func(ctx context.Context, tx bun.Tx) error {
			_, swept = credits.ExpireDue(ctx, tx, credits.ExpireDueParams{MaxAhead: credits.AnyTime, At: hour(9)})
			var one int
			return tx.NewRaw("SELECT 1").Scan(ctx, &one)
		}), "the caller's transaction goes on")
		require.ErrorIs(t, swept, credits.ErrLimit)
		assert.EqualValues(t, 6, good.check().row.LeftCredits)
	})
}
