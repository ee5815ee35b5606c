package schema

import (
	"context"
	"errors"
	"hash/fnv"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
)

// locked runs fn in one transaction, which DDL takes part in: a push is made
// as a whole or not at all. The advisory lock belongs to the transaction, so
// that it works behind a transaction pooler and ends with the connection.
//
// Statements may run as long as ctx allows, for building an index on a large
// table outlasts a timeout that suits queries. Waiting for a table's lock obeys
// the connection's lock_timeout.
func (postgresEngine) locked(
	ctx context.Context, db *bun.DB, fn func(ctx context.Context, q bun.IConn) error,
) error {
	return dialect.InTx(ctx, db, func(ctx context.Context, tx bun.Tx) error {
		var schema, timeout string
		err := tx.Tx.QueryRowContext(ctx, "SELECT COALESCE(current_schema(), ''), current_setting('lock_timeout')").
			Scan(&schema, &timeout)
		if err != nil {
			return err
		}
		if schema == "" {
			return errNoSchema
		}
		for _, set := range []string{"SET LOCAL statement_timeout = 0", "SET LOCAL lock_timeout = 0"} {
			if _, err := tx.Tx.ExecContext(ctx, set); err != nil {
				return err
			}
		}
		if _, err := tx.Tx.ExecContext(ctx, "SELECT pg_advisory_xact_lock($1)", lockKey(schema)); err != nil {
			return err
		}
		if _, err := tx.Tx.ExecContext(ctx, "SELECT set_config('lock_timeout', $1, true)", timeout); err != nil {
			return err
		}
		return fn(ctx, tx.Tx)
	})
}

// errNoSchema is a search_path of schemas none of which exists.
var errNoSchema = errors.New("push: the connection has no current schema:" +
	" create the one that its search_path names, or correct the search_path")

// lockKey is the lock of pushes into one schema. PostgreSQL keeps the locks of
// its databases apart by itself.
func lockKey(schema string) int64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte("chameleon push\x00" + schema))
	return int64(h.Sum64()) //nolint:gosec // any 64 bits will do
}
