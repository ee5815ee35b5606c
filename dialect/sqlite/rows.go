package sqlite

import (
	"context"
	"database/sql/driver"
	"reflect"
	"sync"
)

// nativeRows are the driver's rows with their information about columns.
type nativeRows interface {
	driver.Rows
	driver.RowsColumnTypeDatabaseTypeName
	driver.RowsColumnTypeLength
	driver.RowsColumnTypeNullable
	driver.RowsColumnTypePrecisionScale
	driver.RowsColumnTypeScanType
}

// lentRows ends with the context of the query, and gives the connection back when the
// rows are closed.
type lentRows struct {
	nativeRows
	ctx  context.Context //nolint:containedctx // Next is given none
	give func()
}

// plainRows is lentRows for a driver without information about columns.
type plainRows struct {
	driver.Rows
	ctx  context.Context //nolint:containedctx // Next is given none
	give func()
}

func newRows(ctx context.Context, rows driver.Rows, give func()) driver.Rows {
	give = sync.OnceFunc(give)
	if full, ok := rows.(nativeRows); ok {
		return &lentRows{nativeRows: full, ctx: ctx, give: give}
	}
	return &plainRows{Rows: rows, ctx: ctx, give: give}
}

func (r *lentRows) Next(dest []driver.Value) error {
	if err := r.ctx.Err(); err != nil {
		return err
	}
	return r.nativeRows.Next(dest)
}

func (r *plainRows) Next(dest []driver.Value) error {
	if err := r.ctx.Err(); err != nil {
		return err
	}
	return r.Rows.Next(dest)
}

func (r *lentRows) Close() error {
	defer r.give()
	return r.nativeRows.Close()
}

func (r *plainRows) Close() error {
	defer r.give()
	return r.Rows.Close()
}

var _ interface{ ColumnTypeScanType(int) reflect.Type } = (*lentRows)(nil)

// transaction gives the connection back when it ends.
type transaction struct {
	conn *conn
	tx   driver.Tx
}

// Commit implements driver.Tx. The driver rolls back when it fails.
func (t *transaction) Commit() error {
	err := t.tx.Commit()
	t.conn.unpin(true)
	return err
}

// Rollback implements driver.Tx. SQLite may already have rolled back by itself, for
// example on a full disk, and then returns an error; the connection is not used again.
func (t *transaction) Rollback() error {
	err := t.tx.Rollback()
	t.conn.unpin(err == nil)
	return err
}

// statement is a prepared statement: its text, which runs on whichever connection suits
// it.
type statement struct {
	conn  *conn
	query string
}

func (s *statement) Close() error { return nil }

// NumInput returns -1, so that SQLite checks the number of arguments.
func (s *statement) NumInput() int { return -1 }

func (s *statement) Exec(args []driver.Value) (driver.Result, error) {
	return s.conn.ExecContext(context.Background(), s.query, named(args))
}

func (s *statement) Query(args []driver.Value) (driver.Rows, error) {
	return s.conn.QueryContext(context.Background(), s.query, named(args))
}

func (s *statement) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	return s.conn.ExecContext(ctx, s.query, args)
}

func (s *statement) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	return s.conn.QueryContext(ctx, s.query, args)
}

func named(args []driver.Value) []driver.NamedValue {
	out := make([]driver.NamedValue, len(args))
	for i, v := range args {
		out[i] = driver.NamedValue{Ordinal: i + 1, Value: v}
	}
	return out
}
