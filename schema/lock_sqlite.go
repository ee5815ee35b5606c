package schema

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
)

// locked runs fn in one transaction, which DDL takes part in. The file's write
// lock is the lock: it is taken when the transaction begins, or, on a handle
// that begins otherwise, lost to another writer and retried.
func (sqliteEngine) locked(ctx context.Context, db bun.IDB, _ waits, _ doneFunc, fn siteFunc) error {
	if tx, ok := dialect.TxOf(db); ok {
		return within(ctx, tx, fn)
	}
	return dialect.InTx(ctx, db, func(ctx context.Context, tx bun.Tx) error { return fn(ctx, &site{q: tx.Tx}) })
}
