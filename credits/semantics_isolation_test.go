package credits_test

import (
	"database/sql"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
)

// staleCall is what others do to the account after the caller's snapshot was
// taken, and what the caller does then.
type staleCall struct {
	name string
	// before is what the account starts with.
	before func(t *teller)
	// beside runs on other connections after the snapshot was taken.
	beside func(t *teller)
	// op is the caller's, and want what becomes of it where it is let through.
	op   func(t *teller) credits.Op
	want func(t *teller, got *credits.Operation, err error)
	// after checks what is stored in the end.
	after func(t *teller)
	// sweeps: the call wants a database of its own.
	sweeps bool
}

// refusedAs wants an error and nothing written.
func refusedAs(target error) func(*teller, *credits.Operation, error) {
	return func(t *teller, got *credits.Operation, err error) {
		require.ErrorIs(t, err, target)
		require.Nil(t, got)
	}
}

// replayed wants the operation that was there before.
func replayed(t *teller, got *credits.Operation, err error) {
	require.NoError(t, err)
	assert.True(t, got.Replayed)
}

// drawn wants a new operation that draws on these lots.
func drawn(lots ...lotAmount) func(*teller, *credits.Operation, error) {
	return func(t *teller, got *credits.Operation, err error) {
		require.NoError(t, err)
		assert.False(t, got.Replayed)
		assert.Equal(t, lots, lotAmounts(got))
	}
}

var staleCalls = []staleCall{
	{
		name:   "a charge of what others have spent",
		before: func(t *teller) { t.grant("g", 10) },
		beside: func(t *teller) { t.charge("other", 8, start) },
		op:     func(t *teller) credits.Op { return t.chargeOp("c", 5, start) },
		want:   refusedAs(credits.ErrInsufficient),
	},
	{
		name:   "a charge of what others have spent of the second grant",
		before: func(t *teller) { t.grant("a", 10, 5); t.grant("b", 10) },
		beside: func(t *teller) { t.charge("other", 18, start) },
		op:     func(t *teller) credits.Op { return t.chargeOp("c", 5, start) },
		want:   refusedAs(credits.ErrInsufficient),
	},
	{
		name:   "a charge that still fits",
		before: func(t *teller) { t.grant("a", 10, 5); t.grant("b", 10) },
		beside: func(t *teller) { t.charge("other", 12, start) },
		op:     func(t *teller) credits.Op { return t.chargeOp("c", 8, start) },
		want:   drawn(lotAmount{2, -8}),
	},
	{
		name:   "a key that others have used",
		before: func(t *teller) { t.grant("g", 10) },
		beside: func(t *teller) { t.charge("c", 5, start) },
		op:     func(t *teller) credits.Op { return t.chargeOp("c", 5, start) },
		want:   replayed,
	},
	{
		name:   "a key that others have used for an operation of two entries",
		before: func(t *teller) { t.grant("a", 10, 5); t.grant("b", 10) },
		beside: func(t *teller) { t.charge("c", 15, start) },
		op:     func(t *teller) credits.Op { return t.chargeOp("c", 15, start) },
		want:   replayed,
	},
	{
		name:   "a key that others have used with another payload",
		before: func(t *teller) { t.grant("g", 10) },
		beside: func(t *teller) { t.charge("c", 5, start) },
		op:     func(t *teller) credits.Op { return t.chargeOp("c", 4, start) },
		want:   refusedAs(credits.ErrKeyReused),
	},
	{
		name:   "an account that others have founded",
		before: func(*teller) {},
		beside: func(t *teller) { t.grant("g", 10); t.charge("other", 3, start) },
		op:     func(t *teller) credits.Op { return t.grantOp("g2", 5) },
		want: func(t *teller, got *credits.Operation, err error) {
			require.NoError(t, err)
			assert.EqualValues(t, 12, got.Available)
		},
	},
	{
		name:   "a grant that others have swept",
		sweeps: true,
		before: func(t *teller) { t.grant("a", 10, 1); t.grant("b", 20, 2); t.grant("c", 5) },
		beside: func(t *teller) {
			_, err := credits.ExpireDue(t.Context(), t.db, credits.ExpireDueParams{MaxAhead: credits.AnyTime, At: hour(3)})
			require.NoError(t, err)
		},
		op:   func(t *teller) credits.Op { return t.chargeOp("x", 6, hour(3)) },
		want: refusedAs(credits.ErrInsufficient),
	},
	{
		name:   "what others hold",
		before: func(t *teller) { t.grant("g", 10) },
		beside: func(t *teller) { t.do(t.holdOp("h", 4, start, time.Hour)) },
		op:     func(t *teller) credits.Op { return t.chargeOp("c", 5, start) },
		want:   drawn(lotAmount{1, -5}),
		after: func(t *teller) {
			assert.EqualValues(t, 4, t.balance(start).Held)
			assert.EqualValues(t, 5, t.balance(hour(1)).Available, "the other's hold still times out")
		},
	},
	{
		name:   "a hold that others have captured",
		before: func(t *teller) { t.grant("g", 10); t.do(t.holdOp("h", 4, start, 0)) },
		beside: func(t *teller) { t.do(credits.CaptureParams{UserUUID: t.user, HoldKey: "h", Key: "other", At: start}) },
		op: func(t *teller) credits.Op {
			return credits.ReleaseParams{UserUUID: t.user, HoldKey: "h", Key: "r", At: start}
		},
		want: refusedAs(credits.ErrHoldEnded),
	},
	{
		name:   "a charge that others have refunded",
		before: func(t *teller) { t.grant("g", 10); t.charge("c", 6, start) },
		beside: func(t *teller) {
			t.do(credits.RefundParams{UserUUID: t.user, ChargeKey: "c", Amount: 5, Key: "other", At: start})
		},
		op: func(t *teller) credits.Op {
			return credits.RefundParams{UserUUID: t.user, ChargeKey: "c", Amount: 2, Key: "r", At: start}
		},
		want: refusedAs(credits.ErrExceeds),
	},
	{
		name:   "a grant that others have clawed back",
		before: func(t *teller) { t.grant("g", 10) },
		beside: func(t *teller) {
			t.do(credits.ClawBackParams{UserUUID: t.user, GrantKey: "g", Total: 10, Key: "other", At: start})
		},
		op: func(t *teller) credits.Op {
			return credits.ClawBackParams{UserUUID: t.user, GrantKey: "g", Total: 10, Source: "dispute", Key: "d", At: start}
		},
		want: func(t *teller, got *credits.Operation, err error) {
			require.NoError(t, err)
			assert.Zero(t, got.Amount)
		},
	},
}

// isolationScenarios run every stale call at the two levels that keep a
// snapshot. PostgreSQL says that the snapshot is old; on MySQL and MariaDB the
// verbs lock what is there now, and decide by that.
var isolationScenarios = func() []scenario {
	var out []scenario
	for _, level := range []sql.IsolationLevel{sql.LevelRepeatableRead, sql.LevelSerializable} {
		for _, call := range staleCalls {
			out = append(out, scenario{level.String() + ": " + call.name, func(t *teller) { call.run(t, level) }})
		}
	}
	return out
}()

func (s *staleCall) run(t *teller, level sql.IsolationLevel) {
	if s.sweeps {
		alone(func(t *teller) { s.runAt(t, level) })(t)
		return
	}
	s.runAt(t, level)
}

func (s *staleCall) runAt(t *teller, level sql.IsolationLevel) {
	switch {
	case t.env.Engine == dialect.SQLite:
		s.runSQLite(t)
		return
	case level == sql.LevelSerializable && !dialect.Of(t.db).Serializable():
		s.before(t)
		_, err := t.db.BeginTx(t.Context(), &sql.TxOptions{Isolation: level})
		require.ErrorContains(t, err, "8048", "TiDB has no such level")
		return
	case dialect.Of(t.db).IsMySQL() && level == sql.LevelSerializable:
		// A plain read locks there, which would keep the others waiting: the
		// snapshot is taken by reading something else.
		s.runStale(t, level, "SELECT COUNT(*) FROM users WHERE id < 0")
	default:
		s.runStale(t, level, "SELECT COUNT(*) FROM credits WHERE user_uuid = '"+t.user+"'")
	}
}

func (s *staleCall) runStale(t *teller, level sql.IsolationLevel, snapshot string) {
	s.before(t)
	tx, err := t.db.BeginTx(t.Context(), &sql.TxOptions{Isolation: level})
	require.NoError(t, err)
	defer func() { _ = tx.Rollback() }()
	var count int
	require.NoError(t, tx.NewRaw(snapshot).Scan(t.Context(), &count))
	s.beside(t)
	beside := t.stored()

	got, err := call(t.Context(), tx, s.op(t))
	if t.env.Engine == dialect.PostgreSQL {
		require.ErrorIs(t, err, dialect.ErrTransient)
		require.NoError(t, tx.Rollback())
		assert.Equal(t, beside, t.stored(), "nothing was written")
		return
	}
	s.want(t, got, err)
	inner := *t
	inner.handle = tx
	inner.still()
	require.NoError(t, tx.Commit())
	if err != nil {
		assert.Equal(t, beside.entries, t.stored().entries, "nothing was written")
	}
	if s.after != nil {
		s.after(t)
	}
}

// runSQLite: transactions that write are alone there, so that nobody can come
// in between.
func (s *staleCall) runSQLite(t *teller) {
	s.before(t)
	s.beside(t)
	require.NoError(t, t.inTx(func(tx *teller) error {
		got, err := call(t.Context(), tx.handle, s.op(t))
		s.want(t, got, err)
		tx.still()
		return nil
	}))
	if s.after != nil {
		s.after(t)
	}
}
