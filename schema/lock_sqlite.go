package schema

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
)

// locked runs fn in one transaction, which DDL takes part in. The file's write
// lock is the lock: it is taken when the transaction begins, or, on a handle
// that begins otherwise, lost to another writer and retried.
func (sqliteEngine) locked(
	ctx context.Context, db *bun.DB, fn func(ctx context.Context, q bun.IConn) error,
) error {
	return dialect.InTx(ctx, db, func(ctx context.Context, tx bun.Tx) error { return fn(ctx, tx.Tx) })
}
