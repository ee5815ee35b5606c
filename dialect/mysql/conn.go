package mysql

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"

	mysqldriver "github.com/go-sql-driver/mysql"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/unwatched"
)

// connector makes connections that keep to contexts at COMMIT and ROLLBACK.
type connector struct{ driver.Connector }

func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	opened, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	plain, ok := opened.(driverConn)
	if !ok {
		return nil, fmt.Errorf("go-sql-driver/mysql opened a %T", opened)
	}
	return &conn{driverConn: plain}, nil
}

// driverConn is what go-sql-driver's connection implements.
type driverConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
	driver.NamedValueChecker
}

// conn is the driver's connection, but for two things. Its transactions end
// when their context does, where the driver would wait for the answer to COMMIT
// or ROLLBACK for as long as the line is silent. And a bare error of the context
// says that nothing was sent; the driver returns the same for a statement that
// was cut short.
type conn struct {
	driverConn
	gone bool // given up: not to go back to the pool
}

func (c *conn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	result, err := c.driverConn.ExecContext(ctx, query, args)
	return result, cutShort(err)
}

// WatchesOrigin implements unwatched.Watcher: the driver watches until the rows are
// closed.
func (c *conn) WatchesOrigin() {}

func (c *conn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	ctx = unwatched.Origin(ctx)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	rows, err := c.driverConn.QueryContext(ctx, query, args)
	return rows, cutShort(err)
}

// cutShort wraps the driver's bare error of the context.
func cutShort(err error) error {
	if err == context.Canceled || err == context.DeadlineExceeded { //nolint:errorlint // bare only
		return fmt.Errorf("no answer yet: %w", err)
	}
	return err
}

func (c *conn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	if _, err := c.driverConn.BeginTx(ctx, opts); err != nil {
		return nil, err
	}
	return &tx{conn: c, ctx: ctx}, nil
}

// IsValid keeps a connection that was given up out of the pool.
func (c *conn) IsValid() bool { return !c.gone && c.driverConn.IsValid() }

func (c *conn) giveUp() {
	c.gone = true
	_ = c.Close()
}

// tx ends the transaction by statements, which take a context: that of BeginTx,
// because Commit and Rollback are given none.
type tx struct {
	conn *conn
	ctx  context.Context //nolint:containedctx // see above
}

// Commit leaves no transaction open on a connection that goes back to the pool:
// the server may refuse a COMMIT and keep the transaction, which the next
// START TRANSACTION would commit.
func (t *tx) Commit() error {
	_, err := t.conn.ExecContext(t.ctx, "COMMIT", nil)
	if err == nil {
		return nil
	}
	_, refused := errors.AsType[*mysqldriver.MySQLError](err)
	if !refused || t.Rollback() != nil {
		t.conn.giveUp()
	}
	return dialect.Unanswered(t.ctx, dialect.MySQL, err)
}

// Rollback has its own time, because it is what follows a context's end.
func (t *tx) Rollback() error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.ctx), dialect.CleanupLimit)
	defer cancel()
	_, err := t.conn.ExecContext(ctx, "ROLLBACK", nil)
	if err != nil {
		t.conn.giveUp()
	}
	return err
}
