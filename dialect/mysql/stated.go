package mysql

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
)

// Init is called by bun.NewDB. bun's own asks the server for its version,
// without a limit of time, and prints what goes wrong on standard error. Open
// has asked before: what it was told is the answer.
func (d *Dialect) Init(db *sql.DB) {
	if d.capabilities.Version != "" {
		db = sql.OpenDB(stated(d.capabilities.Version))
		defer func() { _ = db.Close() }() // holds nothing
	}
	d.Dialect.Init(db)
}

// stated is a database that answers every query with one text.
type stated string

var errStated = errors.New("mysql: only queries are answered here")

func (s stated) Connect(context.Context) (driver.Conn, error) { return s, nil }
func (s stated) Driver() driver.Driver                        { return s }
func (s stated) Open(string) (driver.Conn, error)             { return s, nil }
func (s stated) Prepare(string) (driver.Stmt, error)          { return nil, errStated }
func (s stated) Begin() (driver.Tx, error)                    { return nil, errStated }
func (s stated) Close() error                                 { return nil }

func (s stated) QueryContext(context.Context, string, []driver.NamedValue) (driver.Rows, error) {
	return &statedRows{text: string(s)}, nil
}

type statedRows struct {
	text string
	done bool
}

func (r *statedRows) Columns() []string { return []string{"version()"} }
func (r *statedRows) Close() error      { return nil }

func (r *statedRows) Next(dest []driver.Value) error {
	if r.done {
		return io.EOF
	}
	dest[0], r.done = r.text, true
	return nil
}
