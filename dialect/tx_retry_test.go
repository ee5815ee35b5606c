package dialect_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// TestInTxRetriesDeadlocks has many transactions take two locks in opposite
// orders: every one of them gets through, once.
func TestInTxRetriesDeadlocks(t *testing.T) {
	const workers, rounds = 6, 5
	enginetest.RunEmpty(t, func(t *testing.T, env *enginetest.Env) {
		db := env.DB
		counters(t, db)
		if env.Engine == dialect.PostgreSQL { // which looks for deadlocks once a second
			execAll(t, db, `ALTER DATABASE `+databaseName(t, db, env)+` SET deadlock_timeout = '20ms'`)
			db = env.Open(t)
		}
		var wg sync.WaitGroup
		for worker := range workers {
			wg.Go(func() {
				for range rounds {
					assert.NoError(t, dialect.InTx(t.Context(), db, func(ctx context.Context, tx bun.Tx) error {
						for i := range 2 {
							id := (worker+i)%2 + 1
							if _, err := tx.ExecContext(ctx, `UPDATE counters SET n = n + 1 WHERE id = ?`, id); err != nil {
								return fmt.Errorf("counter %d: %w", id, err)
							}
						}
						return nil
					}))
				}
			})
		}
		wg.Wait()
		assert.Equal(t, workers*rounds, counted(t, db))
		assert.Equal(t, workers*rounds, number(t, db, `SELECT n FROM counters WHERE id = 2`))
	})
}

// TestInTxRetriesBusySnapshot meets SQLite's 517 on a handle without
// _txlock=immediate.
func TestInTxRetriesBusySnapshot(t *testing.T) {
	db := rawSQLite(t, t.TempDir()+"/busy.db", "_pragma=journal_mode(WAL)")
	counters(t, db)
	calls := 0
	require.NoError(t, dialect.InTx(t.Context(), db, func(ctx context.Context, tx bun.Tx) error {
		counted(t, tx)
		if calls++; calls == 1 {
			execAll(t, db, addOne) // another one writes after our read
		}
		return add(ctx, tx)
	}))
	assert.Equal(t, 2, calls)
	assert.Equal(t, 2, counted(t, db))
}

func TestInTxGivesUp(t *testing.T) {
	onServers(t, func(t *testing.T, env *enginetest.Env) {
		db := rawDB(t, env)
		counters(t, db)
		beginRaw(t, db, `UPDATE counters SET n = 7 WHERE id = 2`)
		calls := 0
		locked := func(ctx context.Context, tx bun.Tx) error {
			calls++
			if err := add(ctx, tx); err != nil {
				return err
			}
			return failure(ctx, t, tx, `SELECT n FROM counters WHERE id = 2 FOR UPDATE NOWAIT`)
		}
		err := dialect.InTx(t.Context(), db, locked)
		require.ErrorIs(t, err, dialect.ErrTransient)
		assert.Equal(t, 10, calls)
		assert.Equal(t, 0, counted(t, db), "MySQL leaves the transaction open after 1205: it has to be rolled back")

		calls = 0
		require.ErrorIs(t, db.RunInTx(t.Context(), nil, func(ctx context.Context, tx bun.Tx) error {
			return dialect.InTx(ctx, tx, locked)
		}), dialect.ErrTransient)
		assert.Equal(t, 1, calls, "a caller's transaction cannot be run again from here")
	})
}

// stubbornError is a domain's error around an engine's.
type stubbornError struct{ err error }

func (e *stubbornError) Error() string { return "stubborn" }
func (e *stubbornError) Unwrap() error { return e.err }

func TestInTxRetriesBelowDomainErrors(t *testing.T) {
	onServers(t, func(t *testing.T, env *enginetest.Env) {
		db := rawDB(t, env)
		counters(t, db)
		holder := beginRaw(t, db, `UPDATE counters SET n = 7 WHERE id = 2`)
		calls := 0
		require.NoError(t, dialect.InTx(t.Context(), db, func(ctx context.Context, tx bun.Tx) error {
			if calls++; calls == 3 {
				require.NoError(t, holder.Rollback())
			}
			if _, err := tx.ExecContext(ctx, `SELECT n FROM counters WHERE id = 2 FOR UPDATE NOWAIT`); err != nil {
				return &stubbornError{err}
			}
			return nil
		}))
		assert.Equal(t, 3, calls)
	})
}

func TestInTxStopsRetryingWhenCanceled(t *testing.T) {
	onServers(t, func(t *testing.T, env *enginetest.Env) {
		db := rawDB(t, env)
		counters(t, db)
		beginRaw(t, db, addOne)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		calls := 0
		err := dialect.InTx(ctx, db, func(ctx context.Context, tx bun.Tx) error {
			err := failure(ctx, t, tx, `SELECT n FROM counters WHERE id = 1 FOR UPDATE NOWAIT`)
			if calls++; calls == 3 {
				cancel()
			}
			return err
		})
		require.ErrorIs(t, err, dialect.ErrCanceled)
		require.ErrorIs(t, err, context.Canceled)
		assert.Equal(t, 3, calls)
	})
}

func TestInTxSurvivesKilledConnections(t *testing.T) {
	onServers(t, func(t *testing.T, env *enginetest.Env) {
		db := rawDB(t, env)
		db.SetMaxOpenConns(1)
		counters(t, db)

		kill(t, env, session(t, env, db)) // while idle
		require.NoError(t, dialect.InTx(t.Context(), db, add))
		assert.Equal(t, 1, counted(t, db))

		calls := 0
		require.NoError(t, dialect.InTx(t.Context(), db, func(ctx context.Context, tx bun.Tx) error {
			if err := add(ctx, tx); err != nil {
				return err
			}
			if calls++; calls == 1 { // with work under way
				kill(t, env, session(t, env, tx))
			}
			return add(ctx, tx)
		}))
		assert.Equal(t, 2, calls)
		assert.Equal(t, 3, counted(t, db))
	})
}

func TestInTxDoesNotRetryCallersLostConnection(t *testing.T) {
	onServers(t, func(t *testing.T, env *enginetest.Env) {
		db := rawDB(t, env)
		counters(t, db)
		conn, err := db.Conn(t.Context())
		require.NoError(t, err)
		defer func() { _ = conn.Close() }()
		calls := 0
		err = dialect.InTx(t.Context(), conn, func(ctx context.Context, tx bun.Tx) error {
			calls++
			kill(t, env, session(t, env, tx))
			return add(ctx, tx)
		})
		require.ErrorIs(t, err, dialect.ErrUnavailable)
		assert.Equal(t, 1, calls)
		assert.NotErrorIs(t, err, dialect.ErrOutcomeUnknown, "COMMIT was never sent")
	})
}
