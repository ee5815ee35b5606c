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

// lentRows gives the connection back when the rows are closed.
type lentRows struct {
	nativeRows
	give func()
}

// plainRows is lentRows for a driver without information about columns.
type plainRows struct {
	driver.Rows
	give func()
}

func newRows(rows driver.Rows, give func()) driver.Rows {
	give = sync.OnceFunc(give)
	if full, ok := rows.(nativeRows); ok {
		return &lentRows{nativeRows: full, give: give}
	}
	return &plainRows{Rows: rows, give: give}
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
