package sqltx

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"io"

	"github.com/chameleon-go/chameleon/internal/bridge"
)

// conn performs statements in a transaction.
type conn struct{ tx *sql.Tx }

// ExecContext implements bridge.Conn.
func (c conn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	return c.tx.ExecContext(ctx, query, bridge.Args(args)...)
}

// QueryContext implements bridge.Conn.
func (c conn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	found, err := c.tx.QueryContext(ctx, query, bridge.Args(args)...) //nolint:rowserrcheck // handed on with its errors
	if err != nil {
		return nil, err
	}
	columns, err := found.Columns()
	if err != nil {
		_ = found.Close() //nolint:sqlclosecheck // of this path alone
		return nil, err
	}
	return &rows{found, columns}, nil
}

// rows hands on what database/sql has read, as a driver does.
type rows struct {
	*sql.Rows

	columns []string
}

// Columns implements driver.Rows.
func (r *rows) Columns() []string { return r.columns }

// Next implements driver.Rows.
func (r *rows) Next(dest []driver.Value) error {
	if !r.Rows.Next() {
		if err := r.Err(); err != nil {
			return err
		}
		return io.EOF
	}
	into := make([]any, len(dest))
	for i := range dest {
		into[i] = (*any)(&dest[i])
	}
	return r.Scan(into...)
}

// HasNextResultSet implements driver.RowsNextResultSet. Whether there is one is
// known once it is asked for.
func (r *rows) HasNextResultSet() bool { return true }

// NextResultSet implements driver.RowsNextResultSet.
func (r *rows) NextResultSet() error {
	if !r.Rows.NextResultSet() {
		if err := r.Err(); err != nil {
			return err
		}
		return io.EOF
	}
	columns, err := r.Rows.Columns()
	r.columns = columns
	return err
}
