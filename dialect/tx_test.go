package dialect_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

const addOne = `UPDATE counters SET n = n + 1 WHERE id = 1`

// add is the work of a transaction in these tests.
func add(ctx context.Context, tx bun.Tx) error {
	_, err := tx.ExecContext(ctx, addOne)
	return err
}

func counted(t *testing.T, db bun.IDB) int {
	t.Helper()
	return number(t, db, `SELECT n FROM counters WHERE id = 1`)
}

// onHandles runs fn with the handle that the engine's package opens and with one
// that a team opened by itself.
func onHandles(t *testing.T, fn func(t *testing.T, env *enginetest.Env, db *bun.DB)) {
	t.Helper()
	enginetest.RunEmpty(t, func(t *testing.T, env *enginetest.Env) {
		counters(t, env.DB)
		t.Run("ours", func(t *testing.T) { fn(t, env, env.DB) })
		t.Run("theirs", func(t *testing.T) {
			execAll(t, env.DB, `UPDATE counters SET n = 0`)
			db := rawDB(t, env)
			db.SetMaxOpenConns(1) // what is not given back is missed at once
			fn(t, env, db)
		})
	})
}

func TestInTxCommits(t *testing.T) {
	onHandles(t, func(t *testing.T, _ *enginetest.Env, db *bun.DB) {
		require.NoError(t, dialect.InTx(t.Context(), db, add))
		assert.Equal(t, 1, counted(t, db))

		conn, err := db.Conn(t.Context())
		require.NoError(t, err)
		require.NoError(t, dialect.InTx(t.Context(), conn, add))
		require.NoError(t, dialect.InTx(t.Context(), &conn, add))
		assert.Equal(t, 3, counted(t, conn), "the connection is still the caller's")
		require.NoError(t, conn.Close())
	})
}

func TestInTxRollsBackOnError(t *testing.T) {
	errMine := errors.New("mine")
	onHandles(t, func(t *testing.T, _ *enginetest.Env, db *bun.DB) {
		calls := 0
		err := dialect.InTx(t.Context(), db, func(ctx context.Context, tx bun.Tx) error {
			calls++
			require.NoError(t, add(ctx, tx))
			return errMine
		})
		assert.Equal(t, errMine, err, "unchanged")
		assert.Equal(t, 1, calls)
		assert.Equal(t, 0, counted(t, db))
	})
}

func TestInTxRollsBackOnPanic(t *testing.T) {
	onHandles(t, func(t *testing.T, _ *enginetest.Env, db *bun.DB) {
		assert.PanicsWithValue(t, "mine", func() {
			_ = dialect.InTx(t.Context(), db, func(ctx context.Context, tx bun.Tx) error {
				require.NoError(t, add(ctx, tx))
				panic("mine")
			})
		})
		assert.Equal(t, 0, counted(t, db))
		require.NoError(t, dialect.InTx(t.Context(), db, add))
	})
}

func TestInTxRollsBackWhenCanceled(t *testing.T) {
	onHandles(t, func(t *testing.T, env *enginetest.Env, db *bun.DB) {
		for name, work := range map[string]func(ctx context.Context, tx bun.Tx, cancel func()) error{
			"between statements": func(ctx context.Context, tx bun.Tx, cancel func()) error {
				cancel()
				return add(ctx, tx)
			},
			"within a statement": func(ctx context.Context, tx bun.Tx, cancel func()) error {
				time.AfterFunc(50*time.Millisecond, cancel)
				statement := slow(env.Engine)
				if isMySQL(env) { // the server does not see at once that its client went away
					statement = `SELECT sleep(0.5)`
				}
				return failure(ctx, t, tx, statement)
			},
			"before COMMIT": func(_ context.Context, _ bun.Tx, cancel func()) error {
				cancel()
				return nil
			},
		} {
			t.Run(name, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				err := dialect.InTx(ctx, db, func(ctx context.Context, tx bun.Tx) error {
					require.NoError(t, add(ctx, tx))
					return work(ctx, tx, cancel)
				})
				require.ErrorIs(t, err, context.Canceled)
				require.ErrorIs(t, err, dialect.ErrCanceled)
				require.NotErrorIs(t, err, dialect.ErrOutcomeUnknown)
				assert.Equal(t, 0, counted(t, db))
				require.NoError(t, dialect.InTx(t.Context(), db, add), "no lock and no connection is left behind")
				execAll(t, db, `UPDATE counters SET n = 0`)
			})
		}
	})
}

func TestInTxTakesPartInCallersTransaction(t *testing.T) {
	errMine := errors.New("mine")
	type key struct{}
	onHandles(t, func(t *testing.T, _ *enginetest.Env, db *bun.DB) {
		inner, cancel := context.WithCancel(context.WithValue(t.Context(), key{}, "inner"))
		defer cancel()
		err := dialect.InTx(t.Context(), db, func(_ context.Context, tx bun.Tx) error {
			require.NoError(t, dialect.InTx(inner, tx, func(ctx context.Context, tx bun.Tx) error {
				assert.Equal(t, "inner", ctx.Value(key{}), "the inner context, not the transaction's")
				return add(ctx, tx)
			}))
			assert.Equal(t, errMine, dialect.InTx(inner, &tx, func(ctx context.Context, tx bun.Tx) error {
				require.NoError(t, add(ctx, tx))
				return errMine
			}))
			assert.Equal(t, 2, counted(t, tx), "neither committed nor rolled back")
			return errMine
		})
		require.ErrorIs(t, err, errMine)
		assert.Equal(t, 0, counted(t, db))
	})
}

func TestInTxNamesTheEngine(t *testing.T) {
	enginetest.RunEmpty(t, func(t *testing.T, env *enginetest.Env) {
		missing := func(ctx context.Context, tx bun.Tx) error {
			_, err := tx.ExecContext(ctx, `UPDATE nowhere SET n = 1`)
			return err
		}
		err := dialect.InTx(t.Context(), env.DB, missing)
		require.ErrorIs(t, err, dialect.ErrSchemaMissing)
		e, ok := errors.AsType[*dialect.Error](err)
		require.True(t, ok)
		assert.Equal(t, env.Engine, e.Engine)
	})
}

func TestInTxWhoseFunctionEndsIt(t *testing.T) {
	onHandles(t, func(t *testing.T, _ *enginetest.Env, db *bun.DB) {
		err := dialect.InTx(t.Context(), db, func(ctx context.Context, tx bun.Tx) error {
			require.NoError(t, add(ctx, tx))
			return tx.Rollback()
		})
		require.ErrorIs(t, err, dialect.ErrClosed)
		require.NotErrorIs(t, err, dialect.ErrOutcomeUnknown)
		assert.Equal(t, 0, counted(t, db))
	})
}

// TestInTxReadsWhatOthersCommitted shows the isolation level: under the
// servers' stricter defaults the second read would repeat the first.
func TestInTxReadsWhatOthersCommitted(t *testing.T) {
	onServers(t, func(t *testing.T, env *enginetest.Env) {
		db := rawDB(t, env)
		counters(t, db)
		require.NoError(t, dialect.InTx(t.Context(), db, func(_ context.Context, tx bun.Tx) error {
			assert.Equal(t, 0, counted(t, tx))
			execAll(t, db, addOne)
			assert.Equal(t, 1, counted(t, tx))
			return nil
		}))
	})
}
