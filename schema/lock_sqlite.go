package schema

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
)

// locked runs fn in one transaction, which includes DDL. The file's write lock is the lock.
// It is taken when the transaction begins; a handle that begins transactions without it may
// lose it to another writer, and fn is retried.
func (sqliteEngine) locked(ctx context.Context, db bun.IDB, _ waits, _ doneFunc, fn siteFunc) error {
	if tx, ok := dialect.TxOf(db); ok {
		return within(ctx, tx, fn)
	}
	return dialect.InTx(ctx, db, func(ctx context.Context, tx bun.Tx) error { return fn(ctx, &site{q: tx.Tx}) })
}
