package dialect

import (
	"context"
	"database/sql"

	"github.com/uptrace/bun"
)

// OnConn is [InTx] for a SQLite handle of chameleon.Open, and fn's few statements, all
// sent to conn. The transaction begins and ends by statements: for one of its own, and for
// each query in it, database/sql starts goroutines that take longer than the statements.
//
// Errors: those of [InTx].
func OnConn(ctx context.Context, db *bun.DB, fn func(ctx context.Context, conn *sql.Conn) error) error {
	return attempts(ctx, db, func() (again bool, err error) { return onConnOnce(ctx, db, fn) })
}

func onConnOnce(
	ctx context.Context, db *bun.DB, fn func(ctx context.Context, conn *sql.Conn) error,
) (again bool, err error) {
	s := &session{engine: SQLite, pooled: true}
	if s.conn, err = db.DB.Conn(ctx); err != nil {
		return judge(ctx, s, SQLite, err)
	}
	defer s.end(ctx)
	if _, err := db.NewRaw("BEGIN IMMEDIATE").Conn(s.conn).Exec(ctx); err != nil {
		return judge(ctx, s, SQLite, err)
	}
	// The driver reports a statement that succeeded as canceled, if its context ended
	// meanwhile. What ends the transaction must be known.
	whole := context.WithoutCancel(ctx)
	ended := false
	defer func() { // after a panic too
		if !ended {
			_, _ = s.conn.ExecContext(whole, "ROLLBACK") // if it fails, the connection is closed
		}
	}()
	if err = fn(ctx, s.conn); err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return judge(ctx, s, SQLite, err)
	}
	ended = true
	if _, err = db.NewRaw("COMMIT").Conn(s.conn).Exec(whole); err == nil {
		return false, nil
	}
	if outcomeUnknown(err, false) {
		return false, unknown(ctx, SQLite, err)
	}
	return judge(ctx, s, SQLite, err)
}
