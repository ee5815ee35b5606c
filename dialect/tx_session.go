package dialect

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"

	"github.com/uptrace/bun"
)

// session is one transaction and the connection it runs on. The connection is
// held by name, because a COMMIT that fails ends the transaction for
// database/sql but not always for the server.
type session struct {
	engine Engine
	conn   *sql.Conn // nil when db is neither a *bun.DB nor a bun.Conn
	pooled bool      // conn is ours: another attempt gets another one
	tx     bun.Tx
	begun  bool
	ended  bool
}

// begin opens a transaction. The session is never nil, and closed on error.
func begin(ctx context.Context, db bun.IDB, engine Engine) (*session, error) {
	s := &session{engine: engine}
	from := db
	switch d := db.(type) {
	case *bun.DB:
		s.pooled = true
		conn, err := d.Conn(ctx)
		if err != nil {
			return s, err
		}
		s.conn, from = conn.Conn, conn
	case bun.Conn:
		s.conn = d.Conn
	case *bun.Conn:
		s.conn = d.Conn
	}
	tx, err := from.BeginTx(ctx, options(engine))
	if err != nil {
		s.end()
		return s, err
	}
	s.tx, s.begun = tx, true
	return s, nil
}

// options asks for READ COMMITTED where it is not the default or may have been
// changed. SQLite knows one level and takes no options.
func options(engine Engine) *sql.TxOptions {
	switch engine {
	case PostgreSQL, MySQL, MariaDB:
		return &sql.TxOptions{Isolation: sql.LevelReadCommitted}
	}
	return nil
}

func (s *session) commit() error {
	s.ended = true
	return s.tx.Commit()
}

// rollback undoes the transaction. After a canceled context database/sql has
// done so by itself, or is doing it, which end waits for.
func (s *session) rollback() {
	s.ended = true
	if err := s.tx.Rollback(); err != nil && !errors.Is(err, sql.ErrTxDone) {
		s.discard()
	}
}

// clean makes sure that nothing is left open after a COMMIT that failed: MySQL
// keeps the transaction, and the next START TRANSACTION on that connection
// would commit it.
func (s *session) clean(ctx context.Context) {
	if s.conn == nil || s.engine != MySQL && s.engine != MariaDB {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupLimit)
	defer cancel()
	if _, err := s.conn.ExecContext(ctx, "ROLLBACK"); err != nil {
		s.discard()
	}
}

// discard closes the connection instead of giving it back to the pool. Not on
// SQLite: it has rolled back already when ROLLBACK fails, and a database in
// memory would go with its connection.
func (s *session) discard() {
	if s.conn == nil || s.engine == SQLite {
		return
	}
	_ = s.conn.Raw(func(any) error { return driver.ErrBadConn })
}

// end rolls back what is still open and gives the connection back. Closing
// waits until the transaction is over.
func (s *session) end() {
	if s.begun && !s.ended {
		s.rollback()
	}
	if s.pooled && s.conn != nil {
		_ = s.conn.Close()
	}
}
