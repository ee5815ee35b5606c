package doctor

import (
	"context"
	"errors"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
)

// readMySQL reads through one connection, whose limit on the time of a SELECT is put
// back afterwards: a cancelled context does not stop the server.
func (e *exam) readMySQL(ctx context.Context, fn func(ctx context.Context, q bun.IDB) error) (err error) {
	conn, err := e.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	if e.caps.Foreign {
		defer endReads(ctx, conn)
	}
	name, limit := "max_execution_time", float64(e.p.Timeout.Milliseconds())
	if dialect.Of(e.db).Engine == dialect.MariaDB {
		name, limit = "max_statement_time", e.p.Timeout.Seconds()
	}
	var before float64
	if err := conn.NewRaw("SELECT @@SESSION."+name).Scan(ctx, &before); err != nil {
		return fn(ctx, conn) // a handle of somebody else's on MariaDB, or no such variable
	}
	if _, err := conn.ExecContext(ctx, fmt.Sprintf("SET SESSION %s = %v", name, limit)); err != nil {
		return err
	}
	err = fn(ctx, conn)
	restored, cancel := context.WithTimeout(context.WithoutCancel(ctx), dialect.CleanupLimit)
	defer cancel()
	_, restoreErr := conn.ExecContext(restored, fmt.Sprintf("SET SESSION %s = %v", name, before))
	return errors.Join(err, restoreErr)
}

// endReads ends the transaction that reads leave open where autocommit is off.
func endReads(ctx context.Context, conn bun.Conn) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), dialect.CleanupLimit)
	defer cancel()
	_, _ = conn.ExecContext(ctx, "ROLLBACK")
}
