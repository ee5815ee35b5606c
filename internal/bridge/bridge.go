// Package bridge makes a transaction that another library opened look like one
// of bun's, so that every verb of this module takes part in it.
//
// It is a database/sql driver with one connection, which is the transaction.
// BEGIN, COMMIT and ROLLBACK on it do nothing: whoever opened the transaction ends
// it.
package bridge

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"

	"github.com/chameleon-go/chameleon/dialect"
)

// Conn performs statements in a transaction. It has neither a Prepare nor a Begin
// of its own.
type Conn interface {
	driver.QueryerContext
	driver.ExecerContext
}

// Carry runs fn on a bun.Tx over conn, whose statements are d's. owner is the
// transaction that conn belongs to, a pointer. What fn returns is returned as it
// is.
func Carry(
	ctx context.Context, conn Conn, owner any, d schema.Dialect, capabilities dialect.Capabilities,
	fn func(ctx context.Context, tx bun.Tx) error,
) error {
	db := bun.NewDB(sql.OpenDB(connector{conn}), carried{Dialect: d, capabilities: capabilities, owner: owner})
	defer func() { _ = db.Close() }() // closes nothing of the caller's
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return dialect.Classify(err)
	}
	defer func() { _ = tx.Rollback() }() // gives the connection back, and does nothing
	return fn(ctx, tx)
}

// carried is a dialect that is shared by many short-lived handles, and initialized.
type carried struct {
	schema.Dialect

	capabilities dialect.Capabilities
	owner        any
}

// Init would ask the server for its version.
func (carried) Init(*sql.DB) {}

// Capabilities implements dialect.Described.
func (c carried) Capabilities() dialect.Capabilities { return c.capabilities }

// Transaction implements dialect.Carried.
func (c carried) Transaction() any { return c.owner }

type connector struct{ conn Conn }

func (c connector) Connect(context.Context) (driver.Conn, error) { return connection{c.conn}, nil }
func (c connector) Driver() driver.Driver                        { return nil }

// connection is the transaction as database/sql sees it.
type connection struct{ Conn }

var errUnused = errors.New("bridge: not used on a transaction that is carried")

func (connection) Prepare(string) (driver.Stmt, error) { return nil, errUnused }
func (connection) Begin() (driver.Tx, error)           { return ended{}, nil }
func (connection) Close() error                        { return nil }

// BeginTx begins nothing: the transaction is open.
func (connection) BeginTx(context.Context, driver.TxOptions) (driver.Tx, error) { return ended{}, nil }

// CheckNamedValue leaves arguments to the driver below.
func (connection) CheckNamedValue(*driver.NamedValue) error { return nil }

type ended struct{}

func (ended) Commit() error   { return nil }
func (ended) Rollback() error { return nil }

// Args are named values as a call of database/sql takes them.
func Args(named []driver.NamedValue) []any {
	args := make([]any, len(named))
	for i, v := range named {
		args[i] = v.Value
		if v.Name != "" {
			args[i] = sql.Named(v.Name, v.Value)
		}
	}
	return args
}
