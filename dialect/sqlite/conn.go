package sqlite

import (
	"context"
	"database/sql/driver"
	"strings"

	"github.com/chameleon-go/chameleon/internal/unwatched"
)

// conn is a connection to database/sql. It holds a real one only while a statement
// runs, its rows are read, or a transaction is open.
type conn struct {
	pool *pool
	// pinned is the connection of the open transaction.
	pinned *lease
	// byHand means that a BEGIN statement opened it, not BeginTx; savepoint
	// is the name when SAVEPOINT did.
	byHand    bool
	savepoint string
	// verbs are those of statements that came with arguments, which tend to be repeated.
	verbs map[string]verb
}

// native are the driver interfaces that a real connection implements.
type native interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
}

// lend returns the pinned connection, or borrows one of role r; give returns
// it.
func (c *conn) lend(ctx context.Context, r role) (on native, give func(), err error) {
	l := c.pinned
	give = func() {}
	if l == nil {
		if l, err = c.pool.borrow(ctx, r); err != nil {
			return nil, nil, err
		}
		give = func() { l.release(true) }
	}
	return l.conn.(native), give, nil
}

// verbOf is classify, which takes as long as a row of a short query, once for each text that
// tends to be repeated.
func (c *conn) verbOf(query string, args int) verb {
	if args == 0 {
		return classify(query)
	}
	v, known := c.verbs[query]
	if known {
		return v
	}
	if v = classify(query); c.verbs == nil || len(c.verbs) >= mostKept {
		c.verbs = make(map[string]verb)
	}
	c.verbs[query] = v
	return v
}

// roleOf chooses the connection for a statement outside a transaction.
func roleOf(v verb) role {
	if v == reads {
		return reading
	}
	return writing
}

// BeginTx implements driver.ConnBeginTx. SQLite has one isolation level, which
// satisfies any that may be asked for.
func (c *conn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	if c.pinned != nil {
		return c.pinned.conn.(native).BeginTx(ctx, opts) // SQLite's own error: already within one
	}
	r := writing
	if opts.ReadOnly {
		r = reading
	}
	l, err := c.pool.borrow(ctx, r)
	if err != nil {
		return nil, err
	}
	tx, err := l.conn.(native).BeginTx(ctx, opts)
	if err != nil {
		l.release(true)
		return nil, err
	}
	c.pinned = l
	return &transaction{conn: c, tx: tx}, nil
}

// Begin implements driver.Conn.
func (c *conn) Begin() (driver.Tx, error) {
	return c.BeginTx(context.Background(), driver.TxOptions{})
}

// unpin gives the transaction's connection back.
func (c *conn) unpin(fit bool) {
	l := c.pinned
	c.pinned, c.byHand, c.savepoint = nil, false, ""
	if l != nil {
		l.release(fit)
	}
}

// ExecContext implements driver.ExecerContext.
func (c *conn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	v := c.verbOf(query, len(args))
	if c.pinned == nil && v == begins {
		return c.beginByHand(ctx, query, args)
	}
	on, give, err := c.lend(ctx, roleOf(v))
	if err != nil {
		return nil, err
	}
	result, err := on.ExecContext(ctx, query, args)
	switch {
	case c.pinned == nil:
		if v == writes && several(query) {
			closeTransaction(on)
		}
		give()
	case c.byHand && c.endedByHand(v, query):
		c.unpin(err == nil || closeTransaction(on))
	}
	return result, err
}

// closeTransaction ends a transaction that a text of several statements left open.
// Usually there is none, and SQLite returns an error.
func closeTransaction(on native) bool {
	_, err := on.ExecContext(context.Background(), "ROLLBACK", nil)
	return err == nil
}

// beginByHand runs BEGIN or SAVEPOINT and keeps the connection until COMMIT,
// ROLLBACK or RELEASE.
func (c *conn) beginByHand(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	l, err := c.pool.borrow(ctx, writing)
	if err != nil {
		return nil, err
	}
	on := l.conn.(native)
	result, err := on.ExecContext(ctx, query, args)
	if err != nil {
		closeTransaction(on) // the driver may report one that began as canceled
		l.release(true)
		return nil, err
	}
	c.pinned, c.byHand, c.savepoint = l, true, savepointName(query)
	return result, nil
}

// endedByHand reports whether query ends the transaction that a statement began.
func (c *conn) endedByHand(v verb, query string) bool {
	if v == ends {
		return true
	}
	t := tokens{in: query}
	return c.savepoint != "" && t.next() == "RELEASE" && savepointName(query) == c.savepoint
}

// savepointName is the name in SAVEPOINT name and RELEASE [SAVEPOINT] name, ""
// for other statements.
func savepointName(query string) string {
	fields := strings.Fields(strings.ToLower(strings.TrimRight(strings.TrimSpace(query), "; \n\t")))
	if len(fields) < 2 || (fields[0] != "savepoint" && fields[0] != "release") {
		return ""
	}
	return strings.Trim(fields[len(fields)-1], "\"`[]'")
}

// WatchesOrigin implements unwatched.Watcher.
func (c *conn) WatchesOrigin() {}

// QueryContext implements driver.QueryerContext.
func (c *conn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	ctx = unwatched.Origin(ctx)
	on, give, err := c.lend(ctx, roleOf(c.verbOf(query, len(args))))
	if err != nil {
		return nil, err
	}
	rows, err := on.QueryContext(ctx, query, args)
	if err != nil {
		give()
		return nil, err
	}
	if c.pinned != nil {
		return rows, nil
	}
	return newRows(ctx, rows, give), nil
}

// PrepareContext implements driver.ConnPrepareContext. The statement is
// checked now and prepared again, on whichever connection, when it runs.
func (c *conn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	on, give, err := c.lend(ctx, reading)
	if err != nil {
		return nil, err
	}
	defer give()
	checked, err := on.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	return &statement{conn: c, query: query}, checked.Close()
}

// Prepare implements driver.Conn.
func (c *conn) Prepare(query string) (driver.Stmt, error) {
	return c.PrepareContext(context.Background(), query)
}

// Ping implements driver.Pinger.
func (c *conn) Ping(ctx context.Context) error {
	on, give, err := c.lend(ctx, reading)
	if err != nil {
		return err
	}
	defer give()
	return on.Ping(ctx)
}

// IsValid implements driver.Validator. A connection that is returned while a transaction
// begun by a statement is still open is closed, which rolls it back.
func (c *conn) IsValid() bool { return c.pinned == nil }

// Close implements driver.Conn.
func (c *conn) Close() error {
	if c.pinned != nil {
		c.unpin(closeTransaction(c.pinned.conn.(native)))
	}
	return nil
}
