package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/dialect/handle"
)

// defaultLockTimeout is how long a writer queues, and a reader waits for a
// connection, when the settings do not say.
const defaultLockTimeout = 30 * time.Second

// pool holds the real connections of a handle: one that writes, made when it
// is first needed, and up to a number that read.
type pool struct {
	roles [2]roleset
	wait  time.Duration
	done  func() // after the last connection is closed

	mu     sync.Mutex
	closed bool
	open   int
}

// roleset is the connections of one role.
type roleset struct {
	connector driver.Connector
	// tokens limits how many are lent; a channel serves its receivers in order of
	// arrival.
	tokens chan struct{}
	idle   []driver.Conn
}

// lease is a real connection that is lent out.
type lease struct {
	pool *pool
	role role
	conn driver.Conn
}

func newPool(writer, reader driver.Connector, readers int, wait time.Duration, done func()) *pool {
	p := &pool{wait: wait, done: done}
	p.roles[writing] = newRoleset(writer, 1)
	p.roles[reading] = newRoleset(reader, readers)
	return p
}

func newRoleset(connector driver.Connector, size int) roleset {
	tokens := make(chan struct{}, size)
	for range size {
		tokens <- struct{}{}
	}
	return roleset{connector: connector, tokens: tokens}
}

// borrow waits for a connection of role r, until ctx ends or the lock timeout
// passes.
func (p *pool) borrow(ctx context.Context, r role) (*lease, error) {
	set := &p.roles[r]
	select {
	case <-set.tokens:
	default:
		if err := p.queue(ctx, r); err != nil {
			return nil, err
		}
	}
	conn, err := p.take(ctx, set)
	if err != nil {
		set.tokens <- struct{}{}
		return nil, err
	}
	return &lease{pool: p, role: r, conn: conn}, nil
}

func (p *pool) queue(ctx context.Context, r role) error {
	timer := time.NewTimer(p.wait)
	defer timer.Stop()
	select {
	case <-p.roles[r].tokens:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
	}
	if r == reading {
		return handle.NewError(dialect.KindTimeout, dialect.SQLite,
			"no connection for reading was free for "+p.wait.String(), "close rows that are read, or make the pool larger")
	}
	return handle.NewError(dialect.KindTimeout, dialect.SQLite,
		"another transaction of this handle held the write lock for "+p.wait.String(),
		"keep transactions short, and inside one write through its bun.Tx, not through the *bun.DB")
}

// take returns an idle connection or opens one.
func (p *pool) take(ctx context.Context, set *roleset) (driver.Conn, error) {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil, driver.ErrBadConn
	}
	if n := len(set.idle); n > 0 {
		conn := set.idle[n-1]
		set.idle = set.idle[:n-1]
		p.mu.Unlock()
		return conn, nil
	}
	p.open++
	p.mu.Unlock()
	conn, err := set.connector.Connect(ctx)
	if err != nil {
		p.forget()
		return nil, err
	}
	return keeping(conn), nil
}

// release takes a connection back and closes it if it is unusable.
func (l *lease) release(fit bool) {
	p := l.pool
	if v, ok := l.conn.(driver.Validator); ok && !v.IsValid() {
		fit = false
	}
	p.mu.Lock()
	keep := fit && !p.closed
	if keep {
		p.roles[l.role].idle = append(p.roles[l.role].idle, l.conn)
	}
	p.mu.Unlock()
	if !keep {
		_ = l.conn.Close()
		p.forget()
	}
	p.roles[l.role].tokens <- struct{}{}
}

// forget counts a connection that is closed.
func (p *pool) forget() {
	p.mu.Lock()
	p.open--
	last := p.closed && p.open == 0
	p.mu.Unlock()
	if last {
		p.done()
	}
}

// close closes the idle connections, readers first, so that the writer checkpoints the
// log. Those that are lent are closed when they are returned.
func (p *pool) close() error {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil
	}
	p.closed = true
	idle := slices.Concat(p.roles[reading].idle, p.roles[writing].idle)
	p.roles[reading].idle, p.roles[writing].idle = nil, nil
	p.open -= len(idle)
	last := p.open == 0
	p.mu.Unlock()
	var errs []error
	for _, conn := range idle {
		errs = append(errs, conn.Close())
	}
	if last {
		p.done()
	}
	return errors.Join(errs...)
}
