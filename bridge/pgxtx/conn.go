package pgxtx

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/chameleon-go/chameleon/internal/bridge"
)

// conn performs statements in a transaction.
type conn struct{ tx pgx.Tx }

// args are a statement's arguments for pgx. A statement without any holds its
// values in its text, as bun writes it: preparing each of these would fill the
// connection's cache with texts that do not come again. Results come as text, which
// every type has.
func args(named []driver.NamedValue) []any {
	if len(named) == 0 {
		return []any{pgx.QueryExecModeSimpleProtocol}
	}
	return append([]any{pgx.QueryResultFormats{pgx.TextFormatCode}}, bridge.Args(named)...)
}

// ExecContext implements bridge.Conn.
func (c conn) ExecContext(ctx context.Context, query string, named []driver.NamedValue) (driver.Result, error) {
	tag, err := c.tx.Exec(ctx, query, args(named)...)
	return result{tag}, err
}

// QueryContext implements bridge.Conn.
func (c conn) QueryContext(ctx context.Context, query string, named []driver.NamedValue) (driver.Rows, error) {
	found, err := c.tx.Query(ctx, query, args(named)...)
	if err != nil {
		return nil, err
	}
	r := &rows{found: found, types: c.tx.Conn().TypeMap()}
	// An error of the statement comes with the first row, and callers of
	// database/sql expect it at once.
	if r.ahead = found.Next(); !r.ahead && found.Err() != nil {
		return nil, found.Err()
	}
	r.looked = true
	return r, nil
}

var errNoID = errors.New("pgxtx: PostgreSQL has no LastInsertId")

// result is what a statement did.
type result struct{ tag pgconn.CommandTag }

// LastInsertId implements driver.Result. PostgreSQL has no such thing.
func (result) LastInsertId() (int64, error) { return 0, errNoID }

// RowsAffected implements driver.Result.
func (r result) RowsAffected() (int64, error) { return r.tag.RowsAffected(), nil }

// rows are pgx's, with the values that database/sql knows.
type rows struct {
	found         pgx.Rows
	types         *pgtype.Map
	ahead, looked bool
}

// Columns implements driver.Rows.
func (r *rows) Columns() []string {
	fields := r.found.FieldDescriptions()
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.Name
	}
	return names
}

// Close implements driver.Rows.
func (r *rows) Close() error {
	r.found.Close()
	return r.found.Err()
}

// Next implements driver.Rows.
func (r *rows) Next(dest []driver.Value) error {
	more := r.ahead
	if !r.looked {
		more = r.found.Next()
	}
	r.looked = false
	if !more {
		if err := r.found.Err(); err != nil {
			return err
		}
		return io.EOF
	}
	fields := r.found.FieldDescriptions()
	for i, raw := range r.found.RawValues() {
		value, err := r.value(fields[i], raw)
		if err != nil {
			return err
		}
		dest[i] = value
	}
	return nil
}
