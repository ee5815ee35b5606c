package sqltx_test

import (
	"context"
	"database/sql"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/mysqldialect"
	"github.com/uptrace/bun/dialect/pgdialect"
	"github.com/uptrace/bun/dialect/sqlitedialect"
	"github.com/uptrace/bun/schema"

	"github.com/chameleon-go/chameleon/bridge/sqltx"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/credits/audit"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// stock is bun's own dialect of an engine.
func stock(engine dialect.Engine) schema.Dialect {
	switch engine {
	case dialect.PostgreSQL:
		return pgdialect.New()
	case dialect.SQLite:
		return sqlitedialect.New()
	}
	return mysqldialect.New()
}

// team is somebody with a table of their own and database/sql.
type team struct {
	*testing.T

	env    *enginetest.Env
	db     *sql.DB
	bridge *sqltx.Bridge
	user   string
}

func newTeam(t *testing.T, env *enginetest.Env) *team {
	t.Helper()
	_, err := env.DB.ExecContext(t.Context(), "CREATE TABLE jobs (id integer NOT NULL PRIMARY KEY)")
	require.NoError(t, err)
	m := &team{t, env, env.DB.DB, sqltx.New(stock(env.Engine)), uuid.NewString()}
	_, err = credits.Grant(t.Context(), env.DB, credits.GrantParams{UserUUID: m.user, Amount: 100, Type: credits.TypeSystemAdd, Key: "gift"})
	require.NoError(t, err)
	return m
}

func (m *team) begin(o *sql.TxOptions) *sql.Tx {
	m.Helper()
	tx, err := m.db.BeginTx(m.Context(), o)
	require.NoError(m, err)
	m.Cleanup(func() { _ = tx.Rollback() })
	return tx
}

func (m *team) charge(tx *sql.Tx, amount int64, key string) (op *credits.Operation, err error) {
	err = m.bridge.In(m.Context(), tx, func(ctx context.Context, tx bun.Tx) error {
		op, err = credits.Charge(ctx, tx, credits.ChargeParams{UserUUID: m.user, Amount: amount, Key: key})
		return err
	})
	return op, err
}

// is compares what is stored with what should be.
func (m *team) is(available int64, jobs int) {
	m.Helper()
	balance, err := credits.Balance(m.Context(), m.env.DB, credits.BalanceParams{UserUUID: m.user})
	require.NoError(m, err)
	require.Equal(m, available, balance.Available)
	var n int
	require.NoError(m, m.env.DB.NewRaw("SELECT COUNT(*) FROM jobs").Scan(m.Context(), &n))
	require.Equal(m, jobs, n)
	report, err := audit.Verify(m.Context(), m.env.DB, audit.VerifyParams{UserUUID: m.user})
	require.NoError(m, err)
	require.True(m, report.OK(), "%+v", report)
}

func (m *team) job(tx *sql.Tx, id string) {
	m.Helper()
	_, err := tx.ExecContext(m.Context(), "INSERT INTO jobs (id) VALUES ("+id+")")
	require.NoError(m, err)
}

// TestOneCommit: a team's row and a charge are there together, or neither is.
func TestOneCommit(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		m := newTeam(t, env)
		tx := m.begin(nil)
		m.job(tx, "1")
		op, err := m.charge(tx, 30, "job-1")
		require.NoError(t, err)
		require.Equal(t, int64(70), op.Available)
		require.False(t, op.Replayed)
		m.job(tx, "2")
		again, err := m.charge(tx, 30, "job-1")
		require.NoError(t, err)
		require.True(t, again.Replayed)
		require.Equal(t, op.Entries[0].Seq, again.Entries[0].Seq)
		require.NoError(t, tx.Commit())
		m.is(70, 2)

		tx = m.begin(nil)
		m.job(tx, "3")
		_, err = m.charge(tx, 5, "job-3")
		require.NoError(t, err)
		require.NoError(t, tx.Rollback())
		m.is(70, 2)

		tx = m.begin(nil)
		_, err = m.charge(tx, 5, "job-3")
		require.NoError(t, err)
		require.NoError(t, tx.Commit())
		m.is(65, 2)
	})
}

// TestRefusalsLeaveTheTransaction: what a verb refuses has written nothing, and
// the transaction goes on and commits.
func TestRefusalsLeaveTheTransaction(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		m := newTeam(t, env)
		tx := m.begin(nil)
		_, err := m.charge(tx, 40, "job-1")
		require.NoError(t, err)
		_, err = m.charge(tx, 500, "job-2")
		var few *credits.InsufficientError
		require.ErrorAs(t, err, &few)
		require.Equal(t, int64(60), few.Have)
		_, err = m.charge(tx, 41, "job-1")
		require.ErrorIs(t, err, credits.ErrKeyReused)
		_, err = m.charge(tx, -1, "job-3")
		require.ErrorIs(t, err, dialect.ErrInvalid)
		m.job(tx, "1")
		require.NoError(t, tx.Commit())
		m.is(60, 1)
	})
}

// TestVerbsOfOtherKinds: grants, holds, captures, reads and times pass the bridge.
func TestVerbsOfOtherKinds(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		m := newTeam(t, env)
		at := time.Now().UTC().Truncate(time.Microsecond)
		tx := m.begin(nil)
		err := m.bridge.In(t.Context(), tx, func(ctx context.Context, tx bun.Tx) error {
			_, err := credits.Grant(ctx, tx, credits.GrantParams{
				UserUUID: m.user, Amount: 10, Type: credits.TypeSystemAdd, Key: "more", At: at, ExpiresAt: at.Add(time.Hour),
			})
			require.NoError(t, err)
			_, err = credits.Hold(ctx, tx, credits.HoldParams{UserUUID: m.user, Amount: 20, Key: "video"})
			require.NoError(t, err)
			_, err = credits.Capture(ctx, tx, credits.CaptureParams{UserUUID: m.user, HoldKey: "video", Amount: 15, Key: "made"})
			require.NoError(t, err)
			balance, err := credits.Balance(ctx, tx, credits.BalanceParams{UserUUID: m.user})
			require.NoError(t, err)
			require.Equal(t, int64(95), balance.Available)
			op, err := credits.GetOperation(ctx, tx, credits.GetOperationParams{UserUUID: m.user, Key: "more"})
			require.NoError(t, err)
			require.Equal(t, at, op.Entries[0].CreatedAt.UTC())
			return nil
		})
		require.NoError(t, err)
		require.NoError(t, tx.Commit())
		m.is(95, 0)
	})
}

// TestNeighboursBehindTheSnapshot: others grant to the account after the
// transaction's first read. What each call of the bridge wrote counts as the
// transaction's own in the next one.
func TestNeighboursBehindTheSnapshot(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		if !dialect.Of(env.DB).IsMySQL() {
			return // elsewhere a later statement sees what was committed, or a conflict
		}
		m := newTeam(t, env)
		tx := m.begin(&sql.TxOptions{Isolation: sql.LevelRepeatableRead})
		var n int
		require.NoError(t, tx.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM credits_trans").Scan(&n))
		_, err := credits.Grant(t.Context(), env.DB, credits.GrantParams{
			UserUUID: m.user, Amount: 50, Type: credits.TypeSystemAdd, Key: "theirs",
		})
		require.NoError(t, err)
		for _, key := range []string{"ours-1", "ours-2"} {
			_, err := m.charge(tx, 10, key)
			require.NoError(t, err)
		}
		_, err = m.charge(tx, 110, "of both grants")
		require.NoError(t, err)
		_, err = m.charge(tx, 21, "too much")
		require.ErrorIs(t, err, credits.ErrInsufficient)
		require.NoError(t, tx.Commit())
		m.is(20, 0)
	})
}

// TestEndsAreTheCallers: an error of fn comes back as it is, and a panic passes;
// neither ends the transaction.
func TestEndsAreTheCallers(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		m := newTeam(t, env)
		tx := m.begin(nil)
		own := errors.New("the team's own")
		require.Equal(t, own, m.bridge.In(t.Context(), tx, func(context.Context, bun.Tx) error { return own }))
		require.Panics(t, func() {
			_ = m.bridge.In(t.Context(), tx, func(context.Context, bun.Tx) error { panic("the team's") })
		})
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		err := m.bridge.In(ctx, tx, func(ctx context.Context, tx bun.Tx) error {
			_, err := credits.Charge(ctx, tx, credits.ChargeParams{UserUUID: m.user, Amount: 1})
			return err
		})
		require.ErrorIs(t, err, context.Canceled)
		m.job(tx, "1")
		require.NoError(t, tx.Commit())
		m.is(100, 1)
		err = m.bridge.In(t.Context(), tx, func(ctx context.Context, tx bun.Tx) error {
			_, err := credits.Charge(ctx, tx, credits.ChargeParams{UserUUID: m.user, Amount: 1})
			return err
		})
		require.ErrorIs(t, err, dialect.ErrClosed)
	})
}
