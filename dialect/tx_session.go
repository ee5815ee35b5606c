package dialect

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"
)

// session is a transaction and the connection that it runs on. The connection is taken
// explicitly, because a failed COMMIT ends the transaction for database/sql but not always
// for the server.
type session struct {
	engine  Engine
	foreign bool
	conn    *sql.Conn // nil when db is neither a *bun.DB nor a bun.Conn
	pooled  bool      // InTx took conn from the pool: another attempt gets another one
	tx      bun.Tx
	// drop ends the transaction if nothing else did, such as when a hook panicked after
	// the server had answered BEGIN.
	drop  context.CancelFunc
	begun bool
	ended bool
	zone  string       // the session's time_zone, to be restored
	stuck <-chan error // a call on a foreign handle that does not end
}

// begin opens a transaction. The session is never nil, and it is closed if there is an
// error.
func begin(ctx context.Context, db bun.IDB, engine Engine) (*session, error) {
	s := &session{engine: engine, foreign: Of(db).Foreign}
	from, err := s.connect(ctx, db)
	if err != nil {
		s.end(ctx)
		return s, err
	}
	tx, err := s.beginOn(ctx, from)
	if err != nil {
		s.end(ctx)
		return s, err
	}
	s.tx, s.begun = tx, true
	if s.conn == nil {
		_, s.tx, err = keepZoneWithin(ctx, tx)
	}
	if err != nil {
		s.end(ctx)
	}
	return s, err
}

// beginOn sends BEGIN. If a hook of the handle panics, nothing is left open.
func (s *session) beginOn(ctx context.Context, from bun.IDB) (bun.Tx, error) {
	returned := false
	defer func() {
		if !returned {
			s.end(ctx)
		}
	}()
	ctx, s.drop = context.WithCancel(ctx)
	tx, err := from.BeginTx(ctx, options(s.engine))
	returned = true
	return tx, err
}

// connect takes the connection, which keeps times in UTC until end.
func (s *session) connect(ctx context.Context, db bun.IDB) (from bun.IDB, err error) {
	from = db
	switch d := db.(type) {
	case *bun.DB:
		s.pooled = true
		conn, err := d.Conn(ctx)
		if err != nil {
			return nil, err
		}
		s.conn, from = conn.Conn, conn
	case bun.Conn:
		s.conn = d.Conn
	case *bun.Conn:
		s.conn = d.Conn
	}
	if s.conn == nil {
		return from, checkForeign(ctx, db, db)
	}
	if err := checkForeign(ctx, s.conn, db); err != nil {
		return nil, err
	}
	if !zoneMatters(db) || zoneKept(ctx, s.conn) {
		return from, nil
	}
	return s.keepZone(ctx, from)
}

// options requests READ COMMITTED if it is not the default or the default may have been
// changed. SQLite has one level and takes no options.
func options(engine Engine) *sql.TxOptions {
	switch engine {
	case PostgreSQL, MySQL, MariaDB:
		return &sql.TxOptions{Isolation: sql.LevelReadCommitted}
	}
	return nil
}

func (s *session) commit(ctx context.Context) error {
	err := s.within(ctx, s.tx.Commit)
	s.ended = true
	if err == errNoEnd { //nolint:errorlint // within's own
		err = fmt.Errorf("%w: %w", ctx.Err(), err)
	}
	return err
}

// rollback undoes the transaction. If the context was canceled, database/sql has already
// done so or is doing it, and end waits for that.
func (s *session) rollback(ctx context.Context) {
	s.rollbackBy(ctx, s.tx.Rollback)
}

func (s *session) rollbackBy(ctx context.Context, rollback func() error) {
	err := s.within(ctx, rollback)
	s.ended = true
	if err != nil && !errors.Is(err, sql.ErrTxDone) {
		s.discard(ctx)
	}
}

// errNoEnd is returned if something did not end in time.
var errNoEnd = errors.New("the server did not answer")

// within runs fn, which takes no context. On the library's handles, the drivers' packages
// make sure that it ends. On a foreign handle, it is waited for only until CleanupLimit
// after ctx has ended; after that it keeps running, and keeps its connection, until the
// network gives up.
func (s *session) within(ctx context.Context, fn func() error) error {
	if s.stuck != nil {
		return errNoEnd
	}
	if !s.foreign || s.engine == SQLite {
		return fn()
	}
	done := make(chan error, 1)
	go func() { done <- recovered(fn) }()
	select {
	case err := <-done:
		return panicAgain(err)
	case <-ctx.Done():
	}
	timer := time.NewTimer(CleanupLimit)
	defer timer.Stop()
	select {
	case err := <-done:
		return panicAgain(err)
	case <-timer.C:
	}
	s.stuck = done
	return errNoEnd
}

// panicked carries the panic of a hook to the goroutine that can recover from it.
type panicked struct{ value any }

func (panicked) Error() string { return "a query hook panicked" }

func recovered(fn func() error) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = panicked{value}
		}
	}()
	return fn()
}

func panicAgain(err error) error {
	if p, ok := err.(panicked); ok { //nolint:errorlint // recovered's own
		panic(p.value)
	}
	return err
}

// clean makes sure that nothing is left open after a failed COMMIT: MySQL keeps the
// transaction, and the next START TRANSACTION on that connection would commit it.
func (s *session) clean(ctx context.Context) {
	if s.conn == nil || s.engine != MySQL && s.engine != MariaDB {
		return
	}
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), CleanupLimit)
	defer cancel()
	undo := func() error {
		_, err := s.conn.ExecContext(limited, "ROLLBACK")
		return err
	}
	if err := s.within(ctx, undo); err != nil {
		s.discard(ctx)
	}
}

// discard closes the connection instead of returning it to the pool. It does nothing on
// SQLite, which has already rolled back when ROLLBACK fails, and whose in-memory database
// would be lost with its connection.
func (s *session) discard(ctx context.Context) {
	if s.conn == nil || s.engine == SQLite {
		return
	}
	_ = s.within(ctx, func() error { return s.conn.Raw(func(any) error { return driver.ErrBadConn }) })
}

// end rolls back what is still open and returns the connection. Closing waits until the
// transaction is over. Anything still open here was left by a panic, so hooks, which may
// panic again, are not called.
func (s *session) end(ctx context.Context) {
	if s.begun && !s.ended {
		s.rollbackBy(ctx, s.tx.Tx.Rollback)
	}
	if s.drop != nil && s.stuck == nil {
		s.drop()
	}
	s.restoreZone(ctx)
	if !s.pooled || s.conn == nil {
		return
	}
	if err := s.within(ctx, s.conn.Close); err == errNoEnd { //nolint:errorlint // within's own
		go s.giveUp(context.WithoutCancel(ctx))
	}
}

// giveUp waits for what is stuck on the connection, and then closes the connection if that
// failed.
func (s *session) giveUp(ctx context.Context) {
	err := <-s.stuck
	s.foreign, s.stuck = false, nil
	if s.drop != nil {
		s.drop()
	}
	if err != nil || s.zone != "" {
		s.discard(ctx)
	}
	_ = s.conn.Close()
}
