package transfer

import (
	"context"
	"database/sql"
	"database/sql/driver"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/shards"
)

// side is one of the two databases and a connection to it, whose session is set
// for reading and writing values as text.
type side struct {
	db   *bun.DB
	caps dialect.Capabilities
	engine
	conn bun.Conn
	live map[string]*liveTable
}

// connect takes a connection of db until close. The settings of a foreign handle are
// checked before that, in another session of the handle: the one here is changed, and says
// nothing about the others.
func connect(ctx context.Context, db *bun.DB) (*side, error) {
	e, err := engineOf(db)
	if err != nil {
		return nil, err
	}
	_, _, done, err := dialect.Reading(ctx, db)
	if err != nil {
		return nil, err
	}
	done()
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, dialect.Classify(err)
	}
	s := &side{db: db, caps: dialect.Of(db), engine: e, conn: conn}
	if statement := s.session(s.caps); statement != "" {
		if _, err := conn.ExecContext(ctx, statement); err != nil {
			s.close()
			return nil, dialect.Classify(err)
		}
	}
	return s, nil
}

// close returns the connection, or closes it if its session was changed.
func (s *side) close() {
	if s.session(s.caps) != "" {
		_ = s.conn.Raw(func(any) error { return driver.ErrBadConn })
	}
	_ = s.conn.Close()
}

// look reads which tables exist.
func (s *side) look(ctx context.Context, q bun.IConn) (err error) {
	s.live, err = s.inspect(ctx, q)
	return dialect.Classify(err)
}

// reading runs fn in a transaction that sees one snapshot of the database.
func (s *side) reading(ctx context.Context, fn func(tx bun.Tx) error) error {
	tx, err := s.conn.BeginTx(ctx, s.snapshot())
	if err != nil {
		return dialect.Classify(err)
	}
	defer func() { _ = tx.Rollback() }() // there is nothing to commit
	if err := s.ready(ctx, tx); err != nil {
		return dialect.Classify(err)
	}
	return dialect.Classify(fn(tx))
}

// snapshot returns the isolation of a reading transaction. As on PostgreSQL and SQLite, the
// first read on InnoDB determines the snapshot of all tables.
func (s *side) snapshot() *sql.TxOptions {
	if s.caps.Engine != dialect.SQLite {
		return &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: s.caps.ReadOnlyTransactions()}
	}
	if s.caps.Foreign {
		return nil // not every driver of SQLite has read-only transactions
	}
	return &sql.TxOptions{ReadOnly: true}
}

// writing runs fn in a transaction, with retries.
func (s *side) writing(ctx context.Context, fn func(ctx context.Context, tx bun.Tx) error) error {
	return dialect.InTx(shards.Across(ctx), s.conn, func(ctx context.Context, tx bun.Tx) error {
		if err := s.ready(ctx, tx); err != nil {
			return err
		}
		return fn(ctx, tx)
	})
}

func (s *side) ready(ctx context.Context, tx bun.Tx) error {
	if s.begin() == "" {
		return nil
	}
	_, err := tx.ExecContext(ctx, s.begin())
	return err
}

// countRows counts a table's rows.
func (s *side) countRows(ctx context.Context, q bun.IConn, table string) (n int64, err error) {
	err = q.QueryRowContext(ctx, "SELECT COUNT(*) FROM "+s.quote(table)).Scan(&n)
	return n, dialect.Classify(err)
}
