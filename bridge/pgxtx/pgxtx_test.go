package pgxtx_test

import (
	"context"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/bridge/pgxtx"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/credits/audit"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/users"
)

// modes are the ways in which pgx sends statements.
var modes = map[string]pgx.QueryExecMode{
	"cached": pgx.QueryExecModeCacheStatement, "described": pgx.QueryExecModeCacheDescribe,
	"each": pgx.QueryExecModeDescribeExec, "exec": pgx.QueryExecModeExec, "simple": pgx.QueryExecModeSimpleProtocol,
}

func connect(t *testing.T, env *enginetest.Env, mode pgx.QueryExecMode) *pgx.Conn {
	t.Helper()
	config, err := pgx.ParseConfig(env.URL)
	require.NoError(t, err)
	config.DefaultQueryExecMode = mode
	conn, err := pgx.ConnectConfig(t.Context(), config)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, conn.Close(context.Background())) })
	return conn
}

// TestOneCommit: rows of pgx, charges and refusals in one transaction, in every
// mode that a team may have configured.
func TestOneCommit(t *testing.T) {
	t.Parallel()
	env := enginetest.New(t, dialect.PostgreSQL)
	bridge := pgxtx.New()
	_, err := env.DB.ExecContext(t.Context(), "CREATE TABLE jobs (name text PRIMARY KEY)")
	require.NoError(t, err)
	for name, mode := range modes {
		conn := connect(t, env, mode)
		user := uuid.NewString()
		charge := func(tx pgx.Tx, amount int64, key string) (op *credits.Operation, err error) {
			err = bridge.In(t.Context(), tx, func(ctx context.Context, tx bun.Tx) error {
				op, err = credits.Charge(ctx, tx, credits.ChargeParams{
					UserUUID: user, Amount: amount, Key: key, Metadata: map[string]any{"name": `it's a \ "job"`},
				})
				return err
			})
			return op, err
		}
		_, err := credits.Grant(t.Context(), env.DB, credits.GrantParams{UserUUID: user, Amount: 100, Type: credits.TypeSystemAdd})
		require.NoError(t, err)

		tx, err := conn.Begin(t.Context())
		require.NoError(t, err)
		_, err = tx.Exec(t.Context(), "INSERT INTO jobs VALUES ($1)", name)
		require.NoError(t, err)
		op, err := charge(tx, 30, "one")
		require.NoError(t, err, name)
		require.Equal(t, int64(70), op.Available)
		op, err = charge(tx, 30, "one")
		require.NoError(t, err)
		require.True(t, op.Replayed)
		_, err = charge(tx, 500, "two")
		require.ErrorIs(t, err, credits.ErrInsufficient)
		_, err = charge(tx, 31, "one")
		require.ErrorIs(t, err, credits.ErrKeyReused)

		nested, err := tx.Begin(t.Context())
		require.NoError(t, err)
		_, err = charge(nested, 20, "undone")
		require.NoError(t, err)
		require.NoError(t, nested.Rollback(t.Context()))
		_, err = charge(tx, 10, "three")
		require.NoError(t, err)
		require.NoError(t, tx.Commit(t.Context()))

		tx, err = conn.Begin(t.Context())
		require.NoError(t, err)
		_, err = charge(tx, 5, "four")
		require.NoError(t, err)
		require.NoError(t, tx.Rollback(t.Context()))

		balance, err := credits.Balance(t.Context(), env.DB, credits.BalanceParams{UserUUID: user})
		require.NoError(t, err)
		require.Equal(t, int64(60), balance.Available, name)
		report, err := audit.Verify(t.Context(), env.DB, audit.VerifyParams{UserUUID: user})
		require.NoError(t, err)
		require.True(t, report.OK(), "%s: %+v", name, report)
	}
	var jobs int
	require.NoError(t, env.DB.NewRaw("SELECT COUNT(*) FROM jobs").Scan(t.Context(), &jobs))
	require.Len(t, modes, jobs)
}

// TestOtherVerbs: sums, times, booleans and errors read as through database/sql.
func TestOtherVerbs(t *testing.T) {
	t.Parallel()
	env := enginetest.New(t, dialect.PostgreSQL)
	conn := connect(t, env, pgx.QueryExecModeCacheStatement)
	bridge := pgxtx.New()
	tx, err := conn.Begin(t.Context())
	require.NoError(t, err)
	err = bridge.In(t.Context(), tx, func(ctx context.Context, tx bun.Tx) error {
		ada, err := users.Create(ctx, tx, users.CreateParams{Email: "ada@example.com"})
		require.NoError(t, err)
		_, err = users.Create(ctx, tx, users.CreateParams{Email: "Ada@Example.com"})
		require.ErrorIs(t, err, users.ErrEmailTaken)
		_, err = credits.Hold(ctx, tx, credits.HoldParams{UserUUID: ada.User.UUID, Amount: 7, Key: "video"})
		require.NoError(t, err)
		_, err = credits.Stats(ctx, tx, credits.StatsParams{UserUUID: ada.User.UUID})
		require.NoError(t, err)
		got, err := users.Get(ctx, tx, users.GetParams{UserUUID: ada.User.UUID})
		require.NoError(t, err)
		require.Equal(t, ada.User.CreatedAt.UTC(), got.CreatedAt.UTC())
		return nil
	})
	require.NoError(t, err)
	require.NoError(t, tx.Commit(t.Context()))
}

// TestSessionsThatReadValuesInAnotherWay are refused before anything is sent.
func TestSessionsThatReadValuesInAnotherWay(t *testing.T) {
	t.Parallel()
	env := enginetest.New(t, dialect.PostgreSQL)
	accepted := connect(t, env, pgx.QueryExecModeCacheStatement)
	_, err := accepted.Exec(t.Context(), "SET client_encoding = 'UNICODE'") // UTF8's other name
	require.NoError(t, err)
	tx, err := accepted.Begin(t.Context())
	require.NoError(t, err)
	require.NoError(t, pgxtx.New().In(t.Context(), tx, func(context.Context, bun.Tx) error { return nil }))
	require.NoError(t, tx.Rollback(t.Context()))
	for setting, value := range map[string]string{
		"standard_conforming_strings": "off", "client_encoding": "LATIN1", "DateStyle": "'SQL, DMY'",
	} {
		conn := connect(t, env, pgx.QueryExecModeCacheStatement)
		tx, err := conn.Begin(t.Context())
		require.NoError(t, err)
		_, err = tx.Exec(t.Context(), "SET LOCAL "+setting+" = "+value)
		require.NoError(t, err)
		err = pgxtx.New().In(t.Context(), tx, func(context.Context, bun.Tx) error {
			t.Error("it was carried")
			return nil
		})
		var invalid *dialect.InvalidError
		require.ErrorAs(t, err, &invalid)
		require.Equal(t, setting, invalid.Field)
		require.NoError(t, tx.Rollback(t.Context()))
	}
}
