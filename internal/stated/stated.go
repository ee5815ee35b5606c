// Package stated gives bun's MySQL dialect the server's version without asking
// the server: bun's own question has no limit of time, and prints what goes wrong
// on standard error.
package stated

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
)

// DB returns a database that answers every query with version. It holds nothing,
// but has to be closed.
func DB(version string) *sql.DB { return sql.OpenDB(stated(version)) }

type stated string

var errStated = errors.New("stated: only queries are answered here")

func (s stated) Connect(context.Context) (driver.Conn, error) { return s, nil }
func (s stated) Driver() driver.Driver                        { return s }
func (s stated) Open(string) (driver.Conn, error)             { return s, nil }
func (s stated) Prepare(string) (driver.Stmt, error)          { return nil, errStated }
func (s stated) Begin() (driver.Tx, error)                    { return nil, errStated }
func (s stated) Close() error                                 { return nil }

func (s stated) QueryContext(context.Context, string, []driver.NamedValue) (driver.Rows, error) {
	return &rows{text: string(s)}, nil
}

type rows struct {
	text string
	done bool
}

func (r *rows) Columns() []string { return []string{"version()"} }
func (r *rows) Close() error      { return nil }

func (r *rows) Next(dest []driver.Value) error {
	if r.done {
		return io.EOF
	}
	dest[0], r.done = r.text, true
	return nil
}
