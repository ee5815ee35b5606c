package credits_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/sqlitedialect"
	"modernc.org/sqlite"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/internal/wire"
)

// cut says at which exchange with the database to fail, counted from arming:
// before the database hears of it, or after it has done it.
type cut struct {
	n     int
	after bool
}

// faulty is a handle whose exchanges with the database can be cut off.
type faulty interface {
	db() *bun.DB
	// arm sets a cut, which happens once.
	arm(c cut)
	// disarm reports whether the cut has happened, and returns when the database
	// has dealt with what was cut off.
	disarm() bool
}

func newFaulty(t *testing.T, env *enginetest.Env) faulty {
	t.Helper()
	if env.Engine == dialect.SQLite {
		return newFaultySQLite(t, env)
	}
	proxy, through := wire.Before(t, env.URL)
	db, err := chameleon.Open(t.Context(), through, chameleon.WithPoolSize(1))
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, db.Close()) })
	return &faultyWire{proxy, db}
}

// faultyWire cuts the connection to a server.
type faultyWire struct {
	proxy  *wire.Proxy
	handle *bun.DB
}

func (f *faultyWire) db() *bun.DB  { return f.handle }
func (f *faultyWire) arm(c cut)    { f.proxy.Arm(wire.Cut{At: c.n, After: c.after}) }
func (f *faultyWire) disarm() bool { return f.proxy.Disarm() }

// faultySQLite fails statements between database/sql and the driver: there is
// no wire to cut.
type faultySQLite struct {
	handle *bun.DB
	mu     sync.Mutex
	count  int
	armed  *cut
}

func newFaultySQLite(t *testing.T, env *enginetest.Env) *faultySQLite {
	t.Helper()
	f := &faultySQLite{}
	path := strings.TrimPrefix(env.URL, "sqlite://")
	pool := sql.OpenDB(&faultyConnector{f, "file:" + path +
		"?_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_txlock=immediate"})
	pool.SetMaxOpenConns(1)
	f.handle = bun.NewDB(pool, sqlitedialect.New())
	t.Cleanup(func() { assert.NoError(t, f.handle.Close()) })
	return f
}

func (f *faultySQLite) db() *bun.DB { return f.handle }

func (f *faultySQLite) arm(c cut) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.count, f.armed = 0, &c
}

func (f *faultySQLite) disarm() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	happened := f.armed == nil
	f.armed = nil
	return happened
}

var errInjected = errors.New("injected: the disk is gone")

// do does something to the database, unless it is cut.
func (f *faultySQLite) do(fn func() error) error {
	f.mu.Lock()
	f.count++
	now := f.armed != nil && f.count == f.armed.n
	after := now && f.armed.after
	if now {
		f.armed = nil
	}
	f.mu.Unlock()
	if now && !after {
		return errInjected
	}
	if err := fn(); err != nil {
		return err
	}
	if after {
		return errInjected
	}
	return nil
}

type faultyConnector struct {
	f   *faultySQLite
	dsn string
}

func (c *faultyConnector) Driver() driver.Driver { return &sqlite.Driver{} }

func (c *faultyConnector) Connect(context.Context) (driver.Conn, error) {
	conn, err := c.Driver().Open(c.dsn)
	if err != nil {
		return nil, err
	}
	return &faultyConn{conn, c.f}, nil
}

type faultyConn struct {
	driver.Conn
	f *faultySQLite
}

func (c *faultyConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (result driver.Result, err error) {
	err = c.f.do(func() (err error) {
		result, err = c.Conn.(driver.ExecerContext).ExecContext(ctx, query, args)
		return err
	})
	return result, err
}

func (c *faultyConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (rows driver.Rows, err error) {
	err = c.f.do(func() (err error) {
		rows, err = c.Conn.(driver.QueryerContext).QueryContext(ctx, query, args)
		return err
	})
	if err != nil && rows != nil {
		return nil, errors.Join(err, rows.Close())
	}
	return rows, err
}

func (c *faultyConn) BeginTx(ctx context.Context, opts driver.TxOptions) (tx driver.Tx, err error) {
	err = c.f.do(func() (err error) {
		tx, err = c.Conn.(driver.ConnBeginTx).BeginTx(ctx, opts)
		return err
	})
	if err != nil && tx != nil {
		return nil, errors.Join(err, tx.Rollback())
	}
	return &faultyTx{tx, c.f}, err
}

type faultyTx struct {
	driver.Tx
	f *faultySQLite
}

// Commit may fail before or after; before, the transaction ends undone.
func (tx *faultyTx) Commit() error {
	committed := false
	err := tx.f.do(func() error {
		committed = true
		return tx.Tx.Commit()
	})
	if !committed {
		return errors.Join(err, tx.Rollback())
	}
	return err
}
