package postgres

import (
	"context"
	"database/sql/driver"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/chameleon-go/chameleon/dialect"
)

// EachRow implements dialect.EachRow.
func (c *conn) EachRow(ctx context.Context, text string, args []any, to dialect.RowTarget) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if c.Conn().IsClosed() {
		return driver.ErrBadConn
	}
	return afterSend(c.eachRow(ctx, text, args, to), false)
}

func (c *conn) eachRow(ctx context.Context, text string, args []any, to dialect.RowTarget) error {
	rows, err := c.Conn().Query(ctx, text, args...)
	if err != nil {
		if pgconn.SafeToRetry(err) { // as pgx's own QueryContext
			err = driver.ErrBadConn
		}
		return err
	}
	defer rows.Close()
	var dest []any
	for rows.Next() {
		if dest == nil {
			if dest = cellsOf(rows.FieldDescriptions(), to); dest == nil {
				return dialect.ErrUnread
			}
		}
		to.Next()
		if err := rows.Scan(dest...); err != nil { // the row was received: a value does not fit
			return dialect.ErrUnread
		}
	}
	if err := rows.Err(); err != nil {
		// Wrapped: a bare error of the context would say that nothing was sent.
		return fmt.Errorf("read the rows: %w", err)
	}
	return nil
}

// cellsOf are the targets of columns as pgx scans into them, nil where one has none.
func cellsOf(columns []pgconn.FieldDescription, to dialect.RowTarget) []any {
	names := make([]string, len(columns))
	for i := range columns {
		names[i] = columns[i].Name
	}
	targets := to.Columns(names)
	if targets == nil {
		return nil
	}
	cells, dest := make([]cell, len(targets)), make([]any, len(targets))
	for i, target := range targets {
		cells[i].to = target
		dest[i] = &cells[i]
	}
	return dest
}

// cell is a target that pgx scans values of the common types into.
type cell struct{ to dialect.Cell }

// took turns what the target says into what pgx expects.
func took(fits bool) error {
	if !fits {
		return dialect.ErrUnread
	}
	return nil
}

// ScanText implements pgtype.TextScanner.
func (c *cell) ScanText(v pgtype.Text) error {
	if !v.Valid {
		return took(c.to.Null())
	}
	return took(c.to.Text(v.String))
}

// ScanInt64 implements pgtype.Int64Scanner.
func (c *cell) ScanInt64(v pgtype.Int8) error {
	if !v.Valid {
		return took(c.to.Null())
	}
	return took(c.to.Int(v.Int64))
}

// ScanBool implements pgtype.BoolScanner.
func (c *cell) ScanBool(v pgtype.Bool) error {
	if !v.Valid {
		return took(c.to.Null())
	}
	return took(c.to.Bool(v.Bool))
}

// ScanTimestamptz implements pgtype.TimestamptzScanner.
func (c *cell) ScanTimestamptz(v pgtype.Timestamptz) error {
	if !v.Valid {
		return took(c.to.Null())
	}
	return took(v.InfinityModifier == pgtype.Finite && c.to.Time(v.Time))
}

// ScanTimestamp implements pgtype.TimestampScanner.
func (c *cell) ScanTimestamp(v pgtype.Timestamp) error {
	if !v.Valid {
		return took(c.to.Null())
	}
	return took(v.InfinityModifier == pgtype.Finite && c.to.Time(v.Time))
}

// UnmarshalJSON refuses what pgx would decode into a struct: a cell has no fields for it.
func (*cell) UnmarshalJSON([]byte) error { return dialect.ErrUnread }
