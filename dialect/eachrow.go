package dialect

import (
	"context"
	"errors"
	"time"
)

// EachRow is implemented by connections of the drivers' packages that can read rows without
// database/sql in between, which copies each value twice, and without a scan of its own for
// every value. sql.Conn.Raw leads to them.
type EachRow interface {
	// EachRow runs a query, with arguments as database/sql would pass them, and hands its
	// rows over. Its errors are those of the connection's QueryContext, and ErrUnread if a
	// value did not fit where it was to go, or is none that is read this way: the query is
	// then to be sent in another.
	EachRow(ctx context.Context, text string, args []any, to RowTarget) error
}

// ErrUnread is returned by EachRow for values that it does not read.
var ErrUnread = errors.New("the row is to be read by database/sql")

// RowTarget is where rows go.
type RowTarget interface {
	// Columns is told the columns' names, and returns where their values go in every row;
	// nil if it has no place for one of them.
	Columns(names []string) []Cell
	// Next makes place for a row, and is called before each.
	Next()
}

// Cell takes a value. Its methods report whether it fits.
type Cell interface {
	Null() bool
	Text(v string) bool
	Int(v int64) bool
	Bool(v bool) bool
	Time(v time.Time) bool
}
