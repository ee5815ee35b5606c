package dialect

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"

	"github.com/uptrace/bun"
)

// rewrap gives a foreign connection or transaction another dialect. Bun keeps the dialect
// in its handle, so rewrap creates a handle on a dummy database, and replaces the
// connection or transaction in what that returns. Hooks of the original handle do not see
// what runs on it.
func rewrap(ctx context.Context, d *utcDialect, conn *sql.Conn, tx *sql.Tx) (c bun.Conn, t bun.Tx, err error) {
	db := bun.NewDB(sql.OpenDB(nowhere{}), d)
	defer func() { _ = db.Close() }() // holds nothing
	if tx != nil {
		if t, err = db.BeginTx(ctx, nil); err != nil {
			return c, t, err
		}
		_ = t.Tx.Rollback()
		t.Tx = tx
		return c, t, nil
	}
	if c, err = db.Conn(ctx); err != nil {
		return c, t, err
	}
	_ = c.Close()
	c.Conn = conn
	return c, t, nil
}

// nowhere is a database that accepts no statement.
type nowhere struct{}

var errNowhere = errors.New("dialect: no statement is run here")

func (n nowhere) Connect(context.Context) (driver.Conn, error) { return n, nil }
func (n nowhere) Driver() driver.Driver                        { return n }
func (n nowhere) Open(string) (driver.Conn, error)             { return n, nil }
func (n nowhere) Prepare(string) (driver.Stmt, error)          { return nil, errNowhere }
func (n nowhere) Begin() (driver.Tx, error)                    { return n, nil }
func (n nowhere) Close() error                                 { return nil }
func (n nowhere) Commit() error                                { return nil }
func (n nowhere) Rollback() error                              { return nil }
