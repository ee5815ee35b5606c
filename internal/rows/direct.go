package rows

import (
	"context"
	"database/sql"

	"github.com/uptrace/bun"
)

// Conn is the database/sql side of a bun handle.
type Conn interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// Direct sends a statement to the driver with its arguments beside it, and has
// read take the rows. bun would write the arguments into the text, which no driver
// could prepare. Query hooks of db see the statement as any other, without its
// arguments. on is db's connection or transaction.
func Direct(ctx context.Context, db bun.IDB, on Conn, text string, args []any, read func(*sql.Rows) error) error {
	_, err := db.NewRaw(text).Conn(direct{on: on, text: text, args: args}).Exec(ctx, reader(read))
	return err
}

// direct is where bun sends the text; the statement goes on from there.
type direct struct {
	on   Conn
	text string
	args []any
}

func (d direct) QueryContext(ctx context.Context, _ string, _ ...any) (*sql.Rows, error) {
	return d.on.QueryContext(ctx, d.text, d.args...)
}

// ExecContext and QueryRowContext are never called: Direct reads rows.
func (direct) ExecContext(context.Context, string, ...any) (sql.Result, error) {
	return nil, sql.ErrConnDone
}

func (direct) QueryRowContext(context.Context, string, ...any) *sql.Row { return nil }

// reader is a function as what bun scans rows into.
type reader func(*sql.Rows) error

func (r reader) ScanRows(_ context.Context, rows *sql.Rows) (int, error) { return 0, r(rows) }

func (reader) Value() any { return nil }
