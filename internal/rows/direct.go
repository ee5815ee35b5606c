package rows

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/unwatched"
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
	return sending(db, &direct{on: on, text: text, args: args}).Scan(ctx, reader(read))
}

// direct is where bun sends the text; the statement goes on from there.
type direct struct {
	on   Conn
	text string
	args []any
	// plain, when set, are the arguments of the same statement unprepared, for where it
	// was prepared before a column's type changed.
	plain []any
	// lent is the connection that was taken for the statement, if on is a pool, which spares
	// a goroutine; until release.
	lent *sql.Conn
}

func (d *direct) QueryContext(ctx context.Context, _ string, _ ...any) (*sql.Rows, error) {
	found, err := d.send(ctx, d.args)
	if err != nil && d.plain != nil && isStale(err) {
		return d.send(ctx, d.plain)
	}
	return found, err
}

func (d *direct) send(ctx context.Context, args []any) (*sql.Rows, error) {
	switch on := d.on.(type) {
	case *sql.Conn:
		if implements[unwatched.Watcher](on) {
			return on.QueryContext(unwatched.Context(ctx), d.text, args...)
		}
	case *sql.DB:
		return d.lend(ctx, on, args)
	}
	return d.on.QueryContext(ctx, d.text, args...)
}

// mostLent is how many connections are tried that turn out to be lost. After that the
// pool itself tries, which ends with a new connection.
const mostLent = 2

func (d *direct) lend(ctx context.Context, pool *sql.DB, args []any) (*sql.Rows, error) {
	for range mostLent {
		d.release()
		var err error
		if d.lent, err = pool.Conn(ctx); err != nil {
			return nil, err
		}
		if !implements[unwatched.Watcher](d.lent) {
			break
		}
		found, err := d.lent.QueryContext(unwatched.Context(ctx), d.text, args...)
		if !errors.Is(err, driver.ErrBadConn) {
			return found, err
		}
	}
	d.release()
	return pool.QueryContext(ctx, d.text, args...)
}

// release returns the connection, after its rows are closed.
func (d *direct) release() {
	if d.lent != nil {
		_ = d.lent.Close() // what failed was reported by the query
		d.lent = nil
	}
}

// isStale reports whether PostgreSQL refuses a statement because what it returns is of
// another type than when it was prepared.
func isStale(err error) bool {
	failed, ok := errors.AsType[*dialect.Error](dialect.Classify(err))
	return ok && failed.Code == "0A000"
}

// ExecContext and QueryRowContext are never called: Direct reads rows.
func (*direct) ExecContext(context.Context, string, ...any) (sql.Result, error) {
	return nil, sql.ErrConnDone
}

func (*direct) QueryRowContext(context.Context, string, ...any) *sql.Row { return nil }

// reader is a function as what bun scans rows into.
type reader func(*sql.Rows) error

func (r reader) ScanRows(_ context.Context, rows *sql.Rows) (int, error) { return 0, r(rows) }

func (reader) Value() any { return nil }

// One is Direct for a statement that returns one row or none, which is read into dest.
// A connection of the drivers' packages that can reads the row itself.
func One(ctx context.Context, db bun.IDB, on Conn, text string, args, dest []any) (found bool, err error) {
	conn, ok := on.(*sql.Conn)
	if !ok || !implements[dialect.OneRow](conn) {
		err = Direct(ctx, db, on, text, args, func(answer *sql.Rows) error {
			for answer.Next() {
				if err := answer.Scan(dest...); err != nil {
					return fmt.Errorf("read the row: %w", err)
				}
				found = true
			}
			if err := answer.Err(); err != nil { // wrapped, as OneRow does
				return fmt.Errorf("read the row: %w", err)
			}
			return nil
		})
		return found, err
	}
	one := &single{conn: conn, text: text, args: args, dest: dest}
	_, err = db.NewRaw(text).Conn(one).Exec(ctx)
	return one.found, err
}

// implements reports whether the driver's connection is a T.
func implements[T any](conn *sql.Conn) (able bool) {
	_ = conn.Raw(func(driver any) error {
		_, able = driver.(T)
		return nil
	})
	return able
}

// single is where bun sends the text of One.
type single struct {
	conn       *sql.Conn
	text       string
	args, dest []any
	found      bool
}

func (s *single) ExecContext(ctx context.Context, _ string, _ ...any) (sql.Result, error) {
	err := s.conn.Raw(func(driver any) (err error) {
		s.found, err = driver.(dialect.OneRow).OneRow(ctx, s.text, s.args, s.dest) //nolint:forcetypeassert // One has asked
		return err
	})
	return nil, err
}

// QueryContext and QueryRowContext are never called: One has bun execute.
func (*single) QueryContext(context.Context, string, ...any) (*sql.Rows, error) {
	return nil, sql.ErrConnDone
}

func (*single) QueryRowContext(context.Context, string, ...any) *sql.Row { return nil }
