package sqlite_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/dialect/handle"
)

// TestReadsWhileATransactionIsOpen: reads on the handle see what is committed
// and wait for nobody, even with one reader.
func TestReadsWhileATransactionIsOpen(t *testing.T) {
	each(t, func(t *testing.T, url string) {
		db := open(t, url, handle.Settings{PoolSize: 1})
		require.NoError(t, db.RunInTx(t.Context(), nil, func(_ context.Context, tx bun.Tx) error {
			exec(t, tx, "INSERT INTO t (n) VALUES (1)")
			exec(t, tx, "CREATE TABLE other (x)")
			assert.Equal(t, 1, count(t, tx))
			assert.Equal(t, 0, count(t, db), "not committed yet")
			return nil
		}))
		assert.Equal(t, 1, count(t, db))
	})
}

// TestWaitingWritersDoNotStarveReaders: writers that queue hold nothing that
// the transaction at their head could need.
func TestWaitingWritersDoNotStarveReaders(t *testing.T) {
	each(t, func(t *testing.T, url string) {
		db := open(t, url, handle.Settings{PoolSize: 2})
		tx, err := db.BeginTx(t.Context(), nil)
		require.NoError(t, err)
		const writers = 40
		var queue sync.WaitGroup
		for i := range writers {
			queue.Go(func() {
				if i%2 == 0 {
					_, err := db.ExecContext(t.Context(), "INSERT INTO t (n) VALUES (1)")
					assert.NoError(t, err)
					return
				}
				assert.NoError(t, db.RunInTx(t.Context(), nil, func(ctx context.Context, tx bun.Tx) error {
					_, err := tx.ExecContext(ctx, "INSERT INTO t (n) VALUES (1)")
					return err
				}))
			})
		}
		for db.DB.Stats().InUse < writers+1 {
			time.Sleep(time.Millisecond)
		}
		assert.Equal(t, 0, count(t, db))
		require.NoError(t, tx.Commit())
		queue.Wait()
		assert.Equal(t, writers, count(t, db))
	})
}

// TestReadThenWrite: concurrent transactions that read before they write lose
// no update and never fail as busy.
func TestReadThenWrite(t *testing.T) {
	each(t, func(t *testing.T, url string) {
		db := open(t, url, handle.Settings{})
		exec(t, db, "INSERT INTO t (id, n) VALUES (1, 0)")
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				for range 10 {
					assert.NoError(t, db.RunInTx(t.Context(), nil, func(ctx context.Context, tx bun.Tx) error {
						var n int
						if err := tx.QueryRowContext(ctx, "SELECT n FROM t WHERE id = 1").Scan(&n); err != nil {
							return err
						}
						_, err := tx.ExecContext(ctx, "UPDATE t SET n = ? WHERE id = 1", n+1)
						return err
					}))
				}
			})
		}
		all.Wait()
		var n int
		require.NoError(t, db.QueryRowContext(t.Context(), "SELECT n FROM t").Scan(&n))
		assert.Equal(t, 80, n)
	})
}

func TestQueueEndsWithTheContext(t *testing.T) {
	db := open(t, file(t), handle.Settings{})
	tx, err := db.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	failed := make(chan error, 3)
	go func() { _, err := db.BeginTx(ctx, nil); failed <- err }()
	go func() { _, err := db.ExecContext(ctx, "DELETE FROM t"); failed <- err }()
	go func() { failed <- db.QueryRowContext(ctx, "INSERT INTO t (n) VALUES (1) RETURNING n").Scan(new(int)) }()
	for db.DB.Stats().InUse < 4 {
		time.Sleep(time.Millisecond)
	}
	cancel()
	for range 3 {
		err := <-failed
		require.ErrorIs(t, err, context.Canceled)
		require.ErrorIs(t, dialect.Classify(err), dialect.ErrCanceled)
	}
	exec(t, tx, "INSERT INTO t (n) VALUES (1)")
	require.NoError(t, tx.Commit())
	assert.Equal(t, 1, count(t, db), "the queue is free again")
	exec(t, db, "DELETE FROM t")
}

// TestWritingFromWithinFails: a transaction that waits for itself fails
// instead of waiting for ever, with a remedy.
func TestWritingFromWithinFails(t *testing.T) {
	db := open(t, file(t), handle.Settings{LockTimeout: 20 * time.Millisecond})
	require.NoError(t, db.RunInTx(t.Context(), nil, func(ctx context.Context, tx bun.Tx) error {
		_, err := db.ExecContext(ctx, "INSERT INTO t (n) VALUES (1)")
		require.ErrorIs(t, err, dialect.ErrTimeout)
		require.ErrorContains(t, err, "write through its bun.Tx")
		exec(t, tx, "INSERT INTO t (n) VALUES (2)")
		return nil
	}))
	assert.Equal(t, 1, count(t, db))
}
