package schema

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// site is where a push or an undo runs, under the lock of pushes.
type site struct {
	// q is the transaction that has the lock if the engine rolls DDL back, and otherwise the
	// connection that has it.
	q bun.IConn
	// apart runs fn on a connection outside that transaction. It is nil on engines that
	// need none, in a caller's transaction, and with a pool of one connection.
	apart func(ctx context.Context, fn func(ctx context.Context, conn *sql.Conn) error) error
}

type (
	// siteFunc runs under the lock.
	siteFunc func(ctx context.Context, s *site) error
	// doneFunc reports whether nothing is left to do.
	doneFunc func(ctx context.Context) (bool, error)
)

// waits limit how long a push waits for a table in use.
type waits struct {
	// lock is how long a statement waits for a table, with everybody else behind it.
	lock time.Duration
	// patience is how long it is retried.
	patience time.Duration
}

// again retries fn until it does not fail because of a conflict, or patience ends.
func (w waits) again(ctx context.Context, fn func() error) error {
	for started := time.Now(); ; {
		err := fn()
		if err == nil || !dialect.IsTransient(err) || time.Since(started) > w.patience || !rest(ctx) {
			return err
		}
	}
}

// rest lets others pass. It returns false if ctx has ended.
func rest(ctx context.Context) bool {
	timer := time.NewTimer(100*time.Millisecond + rand.N(200*time.Millisecond)) //nolint:mnd // long enough for a queue to drain
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
	return ctx.Err() == nil
}

// reader returns what to read with, bypassing bun, which would mistake placeholders of the
// engine for its own. done ends the reading.
func reader(ctx context.Context, db bun.IDB) (q bun.IConn, done func(), err error) {
	if tx, ok := dialect.TxOf(db); ok {
		return tx.Tx, func() {}, nil
	}
	switch db := db.(type) {
	case *bun.DB:
		conn, err := db.DB.Conn(ctx)
		if err != nil {
			return nil, nil, err
		}
		return conn, func() { _ = conn.Close() }, nil
	case bun.Conn:
		return db.Conn, func() {}, nil
	case *bun.Conn:
		return db.Conn, func() {}, nil
	}
	return nil, nil, valid.Failf("db", "a %T is not one of bun's handles, connections or transactions", db)
}

// within runs fn in a caller's transaction so that, if fn fails, the transaction stays usable
// and nothing of fn's remains.
func within(ctx context.Context, tx bun.Tx, fn siteFunc) error {
	const name = "chameleon_push"
	return dialect.InTx(ctx, tx, func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.Tx.ExecContext(ctx, "SAVEPOINT "+name); err != nil {
			return err
		}
		err := fn(ctx, &site{q: tx.Tx})
		if err == nil {
			_, err = tx.Tx.ExecContext(ctx, "RELEASE SAVEPOINT "+name)
			return err
		}
		limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), dialect.CleanupLimit)
		defer cancel()
		for _, undo := range []string{"ROLLBACK TO SAVEPOINT ", "RELEASE SAVEPOINT "} {
			if _, undoErr := tx.Tx.ExecContext(limited, undo+name); undoErr != nil {
				return errors.Join(err, fmt.Errorf("the savepoint: %w", undoErr))
			}
		}
		return err
	})
}
