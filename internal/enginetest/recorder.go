package enginetest

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"sync"
	"testing"

	"github.com/uptrace/bun"
)

// Recorder keeps what reaches the driver: bun's hooks see a prepared statement
// without its arguments, and BEGIN and COMMIT not at all.
type Recorder struct {
	env *Env

	mu   sync.Mutex
	seen []Statement
}

// Statement is one that the driver was given.
type Statement struct {
	Text string
	Args []any
}

// Record returns a handle that works as Env.DB does, on its connections, and the
// recorder of what it sends.
func (e *Env) Record(t testing.TB) (*bun.DB, *Recorder) {
	t.Helper()
	r := &Recorder{env: e}
	db := bun.NewDB(sql.OpenDB(recording{e.DB.DB, r}), e.DB.Dialect())
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("close a recorded handle on %s: %v", e.Engine, err)
		}
	})
	return db, r
}

// Take returns what was sent since the last call.
func (r *Recorder) Take() []Statement {
	r.mu.Lock()
	defer r.mu.Unlock()
	seen := r.seen
	r.seen = nil
	return seen
}

// Literals is Take as texts that can be explained.
func (r *Recorder) Literals() []string {
	var texts []string
	for _, s := range r.Take() {
		texts = append(texts, r.env.Literal(s))
	}
	return texts
}

func (r *Recorder) add(text string, args []driver.NamedValue) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := Statement{Text: text, Args: make([]any, len(args))}
	for i, arg := range args {
		s.Args[i] = arg.Value
	}
	r.seen = append(r.seen, s)
}

// recording borrows connections of another pool.
type recording struct {
	from *sql.DB
	to   *Recorder
}

func (r recording) Connect(ctx context.Context) (driver.Conn, error) {
	borrowed, err := r.from.Conn(ctx)
	if err != nil {
		return nil, err
	}
	c := &recorded{borrowed: borrowed, to: r.to}
	err = borrowed.Raw(func(conn any) error {
		var ok bool
		if c.wholeConn, ok = conn.(wholeConn); !ok {
			return errors.New("enginetest: a connection that lacks what database/sql asks for")
		}
		return nil
	})
	return c, err
}

func (r recording) Driver() driver.Driver { return r.from.Driver() }

// wholeConn is what the connections of all drivers can do.
type wholeConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.QueryerContext
	driver.ExecerContext
}

type recorded struct {
	wholeConn

	borrowed *sql.Conn
	to       *Recorder
}

func (c *recorded) QueryContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Rows, error) {
	c.to.add(text, args)
	return c.wholeConn.QueryContext(ctx, text, args)
}

func (c *recorded) ExecContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Result, error) {
	c.to.add(text, args)
	return c.wholeConn.ExecContext(ctx, text, args)
}

// BeginTx is a round trip of its own, and so is the end of what it begins.
func (c *recorded) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	c.to.add("BEGIN", nil)
	tx, err := c.wholeConn.BeginTx(ctx, opts)
	return recordedTx{tx, c.to}, err
}

// CheckNamedValue leaves arguments to the driver.
func (c *recorded) CheckNamedValue(v *driver.NamedValue) error {
	if checker, ok := c.wholeConn.(driver.NamedValueChecker); ok {
		return checker.CheckNamedValue(v)
	}
	return driver.ErrSkip
}

// ResetSession is called before the connection is used again.
func (c *recorded) ResetSession(ctx context.Context) error {
	if r, ok := c.wholeConn.(driver.SessionResetter); ok {
		return r.ResetSession(ctx)
	}
	return nil
}

// Close gives the connection back.
func (c *recorded) Close() error { return c.borrowed.Close() }

type recordedTx struct {
	driver.Tx
	to *Recorder
}

func (t recordedTx) Commit() error {
	t.to.add("COMMIT", nil)
	return t.Tx.Commit()
}

func (t recordedTx) Rollback() error {
	t.to.add("ROLLBACK", nil)
	return t.Tx.Rollback()
}
