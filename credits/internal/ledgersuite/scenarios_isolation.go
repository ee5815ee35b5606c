package ledgersuite

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
	before func(t *Teller)
	// beside runs on other connections after the snapshot was taken.
	beside func(t *Teller)
	// op is the caller's, and want what becomes of it where it is let through.
	op   func(t *Teller) credits.Op
	want func(t *Teller, got *credits.Operation, err error)
	// after checks what is stored in the end.
	after func(t *Teller)
	// sweeps: the call wants a database of its own.
	sweeps bool
}

// refusedAs wants an error and nothing written.
func refusedAs(target error) func(*Teller, *credits.Operation, error) {
	return func(t *Teller, got *credits.Operation, err error) {
		require.ErrorIs(t, err, target)
		require.Nil(t, got)
	}
}

// replayed wants the operation that was there before.
func replayed(t *Teller, got *credits.Operation, err error) {
	require.NoError(t, err)
	assert.True(t, got.Replayed)
}

// drawn wants a new operation that draws on these lots.
func drawn(lots ...lotAmount) func(*Teller, *credits.Operation, error) {
	return func(t *Teller, got *credits.Operation, err error) {
		require.NoError(t, err)
		assert.False(t, got.Replayed)
		assert.Equal(t, lots, lotAmounts(got))
	}
}

var staleCalls = []staleCall{
	{
		name:   "a charge of what others have spent",
		before: func(t *Teller) { t.Grant("g", 10) },
		beside: func(t *Teller) { t.Charge("other", 8, Start) },
		op:     func(t *Teller) credits.Op { return t.ChargeOp("c", 5, Start) },
		want:   refusedAs(credits.ErrInsufficient),
	},
	{
		name:   "a charge of what others have spent of the second grant",
		before: func(t *Teller) { t.Grant("a", 10, 5); t.Grant("b", 10) },
		beside: func(t *Teller) { t.Charge("other", 18, Start) },
		op:     func(t *Teller) credits.Op { return t.ChargeOp("c", 5, Start) },
		want:   refusedAs(credits.ErrInsufficient),
	},
	{
		name:   "a charge that still fits",
		before: func(t *Teller) { t.Grant("a", 10, 5); t.Grant("b", 10) },
		beside: func(t *Teller) { t.Charge("other", 12, Start) },
		op:     func(t *Teller) credits.Op { return t.ChargeOp("c", 8, Start) },
		want:   drawn(lotAmount{2, -8}),
	},
	{
		name:   "a key that others have used",
		before: func(t *Teller) { t.Grant("g", 10) },
		beside: func(t *Teller) { t.Charge("c", 5, Start) },
		op:     func(t *Teller) credits.Op { return t.ChargeOp("c", 5, Start) },
		want:   replayed,
	},
	{
		name:   "a key that others have used for an operation of two entries",
		before: func(t *Teller) { t.Grant("a", 10, 5); t.Grant("b", 10) },
		beside: func(t *Teller) { t.Charge("c", 15, Start) },
		op:     func(t *Teller) credits.Op { return t.ChargeOp("c", 15, Start) },
		want:   replayed,
	},
	{
		name:   "a key that others have used with another payload",
		before: func(t *Teller) { t.Grant("g", 10) },
		beside: func(t *Teller) { t.Charge("c", 5, Start) },
		op:     func(t *Teller) credits.Op { return t.ChargeOp("c", 4, Start) },
		want:   refusedAs(credits.ErrKeyReused),
	},
	{
		name:   "an account that others have founded",
		before: func(*Teller) {},
		beside: func(t *Teller) { t.Grant("g", 10); t.Charge("other", 3, Start) },
		op:     func(t *Teller) credits.Op { return t.GrantOp("g2", 5) },
		want: func(t *Teller, got *credits.Operation, err error) {
			require.NoError(t, err)
			assert.EqualValues(t, 12, got.Available)
		},
	},
	{
		name:   "a grant that others have swept",
		sweeps: true,
		before: func(t *Teller) { t.Grant("a", 10, 1); t.Grant("b", 20, 2); t.Grant("c", 5) },
		beside: func(t *Teller) {
			_, err := credits.ExpireDue(t.Context(), t.DB, credits.ExpireDueParams{MaxAhead: credits.AnyTime, At: Hour(3)})
			require.NoError(t, err)
		},
		op:   func(t *Teller) credits.Op { return t.ChargeOp("x", 6, Hour(3)) },
		want: refusedAs(credits.ErrInsufficient),
	},
	{
		name:   "what others hold",
		before: func(t *Teller) { t.Grant("g", 10) },
		beside: func(t *Teller) { t.Do(t.HoldOp("h", 4, Start, time.Hour)) },
		op:     func(t *Teller) credits.Op { return t.ChargeOp("c", 5, Start) },
		want:   drawn(lotAmount{1, -5}),
		after: func(t *Teller) {
			assert.EqualValues(t, 4, t.Balance(Start).Held)
			assert.EqualValues(t, 5, t.Balance(Hour(1)).Available, "the other's hold still times out")
		},
	},
	{
		name:   "a hold that others have captured",
		before: func(t *Teller) { t.Grant("g", 10); t.Do(t.HoldOp("h", 4, Start, 0)) },
		beside: func(t *Teller) { t.Do(credits.CaptureParams{UserUUID: t.User, HoldKey: "h", Key: "other", At: Start}) },
		op: func(t *Teller) credits.Op {
			return credits.ReleaseParams{UserUUID: t.User, HoldKey: "h", Key: "r", At: Start}
		},
		want: refusedAs(credits.ErrHoldEnded),
	},
	{
		name:   "a charge that others have refunded",
		before: func(t *Teller) { t.Grant("g", 10); t.Charge("c", 6, Start) },
		beside: func(t *Teller) {
			t.Do(credits.RefundParams{UserUUID: t.User, ChargeKey: "c", Amount: 5, Key: "other", At: Start})
		},
		op: func(t *Teller) credits.Op {
			return credits.RefundParams{UserUUID: t.User, ChargeKey: "c", Amount: 2, Key: "r", At: Start}
		},
		want: refusedAs(credits.ErrExceeds),
	},
	{
		name:   "a grant that others have clawed back",
		before: func(t *Teller) { t.Grant("g", 10) },
		beside: func(t *Teller) {
			t.Do(credits.ClawBackParams{UserUUID: t.User, GrantKey: "g", Total: 10, Key: "other", At: Start})
		},
		op: func(t *Teller) credits.Op {
			return credits.ClawBackParams{UserUUID: t.User, GrantKey: "g", Total: 10, Source: "dispute", Key: "d", At: Start}
		},
		want: func(t *Teller, got *credits.Operation, err error) {
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
			out = append(out, scenario{level.String() + ": " + call.name, func(t *Teller) { call.run(t, level) }})
		}
	}
	return out
}()

func (s *staleCall) run(t *Teller, level sql.IsolationLevel) {
	if s.sweeps {
		alone(func(t *Teller) { s.runAt(t, level) })(t)
		return
	}
	s.runAt(t, level)
}

func (s *staleCall) runAt(t *Teller, level sql.IsolationLevel) {
	switch {
	case dialect.Of(t.DB).Engine == dialect.SQLite:
		s.runSQLite(t)
		return
	case level == sql.LevelSerializable && !dialect.Of(t.DB).Serializable():
		s.before(t)
		_, err := t.DB.BeginTx(t.Context(), &sql.TxOptions{Isolation: level})
		require.ErrorContains(t, err, "8048", "TiDB has no such level")
		return
	case dialect.Of(t.DB).IsMySQL() && level == sql.LevelSerializable:
		// A plain read locks there, which would keep the others waiting: the
		// snapshot is taken by reading something else.
		s.runStale(t, level, "SELECT COUNT(*) FROM credits_budgets WHERE user_uuid = ''")
	default:
		s.runStale(t, level, "SELECT COUNT(*) FROM credits WHERE user_uuid = '"+t.User+"'")
	}
}

func (s *staleCall) runStale(t *Teller, level sql.IsolationLevel, snapshot string) {
	s.before(t)
	tx, err := t.DB.BeginTx(t.Context(), &sql.TxOptions{Isolation: level})
	require.NoError(t, err)
	defer func() { _ = tx.Rollback() }()
	var count int
	require.NoError(t, tx.NewRaw(snapshot).Scan(t.Context(), &count))
	s.beside(t)
	beside := t.Stored()

	got, err := Call(t.Context(), tx, s.op(t))
	if dialect.Of(t.DB).Engine == dialect.PostgreSQL {
		require.ErrorIs(t, err, dialect.ErrTransient)
		require.NoError(t, tx.Rollback())
		assert.Equal(t, beside, t.Stored(), "nothing was written")
		return
	}
	s.want(t, got, err)
	inner := *t
	inner.Handle = tx
	inner.Still()
	require.NoError(t, tx.Commit())
	if err != nil {
		assert.Equal(t, beside.Entries, t.Stored().Entries, "nothing was written")
	}
	if s.after != nil {
		s.after(t)
	}
}

// runSQLite: transactions that write are alone there, so that nobody can come
// in between.
func (s *staleCall) runSQLite(t *Teller) {
	s.before(t)
	s.beside(t)
	require.NoError(t, t.InTx(func(tx *Teller) error {
		got, err := Call(t.Context(), tx.Handle, s.op(t))
		s.want(t, got, err)
		tx.Still()
		return nil
	}))
	if s.after != nil {
		s.after(t)
	}
}
