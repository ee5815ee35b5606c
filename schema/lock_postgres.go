package schema

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"hash/fnv"
	"strconv"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
)

// locked runs fn in one transaction, which includes DDL. The advisory lock belongs to the
// transaction, so that it works behind a transaction pooler and ends with the connection.
//
// The lock is polled rather than waited for: a session that waits in a statement has a
// snapshot, and CREATE INDEX CONCURRENTLY in the push that holds the lock would wait for
// that snapshot to end, a deadlock that the server does not detect.
func (eng postgresEngine) locked(ctx context.Context, db bun.IDB, w waits, done doneFunc, fn siteFunc) error {
	if tx, ok := dialect.TxOf(db); ok {
		return within(ctx, tx, func(ctx context.Context, s *site) error { return eng.lockWithin(ctx, s, w, fn) })
	}
	apart := aside(db)
	attempt := func(ctx context.Context, tx bun.Tx) error {
		if err := eng.prepare(ctx, tx.Tx, w); err != nil {
			return err
		}
		return fn(ctx, &site{q: tx.Tx, apart: apart})
	}
	for {
		err := w.again(ctx, func() error { return dialect.InTx(ctx, db, attempt) })
		if !errors.Is(err, errLocked) {
			return err
		}
		if enough, err := done(ctx); enough || err != nil {
			return err
		}
		if !rest(ctx) {
			return ctx.Err()
		}
	}
}

// errLocked says that another push has the lock.
var errLocked = errors.New("push: another push or undo is running")

// lockWithin is for a caller's transaction, which may have a snapshot that the running push
// waits for: patience ends that.
func (eng postgresEngine) lockWithin(ctx context.Context, s *site, w waits, fn siteFunc) error {
	before, err := settings(ctx, s.q)
	if err != nil {
		return err
	}
	for started := time.Now(); ; {
		err = eng.prepare(ctx, s.q, w)
		if !errors.Is(err, errLocked) || time.Since(started) > w.patience || !rest(ctx) {
			break
		}
	}
	if errors.Is(err, errLocked) {
		return &dialect.Error{Kind: dialect.KindTimeout, Engine: dialect.PostgreSQL, Err: err}
	}
	if err == nil {
		err = fn(ctx, s)
	}
	if err != nil {
		return err // the savepoint restores the settings
	}
	return set(ctx, s.q, before)
}

// prepare takes the lock or returns errLocked.
func (postgresEngine) prepare(ctx context.Context, q bun.IConn, w waits) error {
	var schema string
	if err := q.QueryRowContext(ctx, "SELECT COALESCE(current_schema(), '')").Scan(&schema); err != nil {
		return err
	}
	if schema == "" {
		return errNoSchema
	}
	if err := bounds(ctx, q, w); err != nil {
		return err
	}
	var got bool
	err := q.QueryRowContext(ctx, "SELECT pg_try_advisory_xact_lock($1)", lockKey(schema)).Scan(&got)
	if err == nil && !got {
		err = errLocked
	}
	return err
}

// bounds lets the transaction's statements run until ctx ends, because building an index on
// a large table takes longer than a timeout that suits queries, and limits how long they
// wait for a table.
func bounds(ctx context.Context, q bun.IConn, w waits) error {
	is, err := settings(ctx, q)
	if err != nil {
		return err
	}
	for name := range is {
		is[name] = "0"
	}
	is["lock_timeout"] = strconv.FormatInt(max(w.lock.Milliseconds(), 1), 10)
	return set(ctx, q, is)
}

// settings reads the timeouts that would end a push, as far as the server's version has
// them.
func settings(ctx context.Context, q bun.IConn) (map[string]string, error) {
	is := make(map[string]string)
	err := each(ctx, q, "SELECT name, setting FROM pg_catalog.pg_settings WHERE name IN"+
		" ('statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout', 'transaction_timeout')", nil,
		func(rows *sql.Rows) error {
			var name, value string
			err := rows.Scan(&name, &value)
			is[name] = value
			return err
		})
	return is, err
}

// set sets them for the transaction. Their unit is the millisecond.
func set(ctx context.Context, q bun.IConn, to map[string]string) error {
	for name, value := range to {
		if _, err := q.ExecContext(ctx, "SET LOCAL "+name+" = '"+value+"'"); err != nil {
			return err
		}
	}
	return nil
}

// aside runs a function on another connection of a pool that has more than one. If sessions
// are the handle's own, their timeouts are lifted, and the connection is closed afterwards
// instead of being pooled.
func aside(db bun.IDB) func(context.Context, func(context.Context, *sql.Conn) error) error {
	handle, ok := db.(*bun.DB)
	if !ok || handle.DB.Stats().MaxOpenConnections == 1 {
		return nil
	}
	caps := dialect.Of(db)
	return func(ctx context.Context, fn func(context.Context, *sql.Conn) error) error {
		conn, err := handle.DB.Conn(ctx)
		if err != nil {
			return err
		}
		if caps.Pooled || caps.Foreign {
			defer func() { _ = conn.Close() }()
			return fn(ctx, conn)
		}
		defer func() { _ = conn.Raw(func(any) error { return driver.ErrBadConn }) }()
		for _, set := range []string{"SET statement_timeout = 0", "SET lock_timeout = 0"} {
			if _, err := conn.ExecContext(ctx, set); err != nil {
				return err
			}
		}
		return fn(ctx, conn)
	}
}

// errNoSchema is a search_path of schemas none of which exists.
var errNoSchema = errors.New("push: the connection has no current schema:" +
	" create the one that its search_path names, or correct the search_path")

// lockKey is the key of the lock for pushes to one schema. PostgreSQL's locks are per
// database.
func lockKey(schema string) int64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte("chameleon push\x00" + schema))
	return int64(h.Sum64()) //nolint:gosec // any 64 bits will do
}
