package dialect

import (
	"context"

	"github.com/uptrace/bun"
)

// AfterCommit has fn called once the transaction that db is has been committed, or may
// have been, and returns true. It does so where [InTx] opened that, and ctx is InTx's or
// comes from it. When any other transaction ends is not known: then it returns false, and
// fn is not called.
//
// InTx returns after fn has. fn must not use db.
func AfterCommit(ctx context.Context, db bun.IDB, fn func(ctx context.Context)) bool {
	later, ok := ctx.Value(afterKey{}).(*afterwards)
	if tx, isTx := TxOf(db); !ok || !isTx || IsCallers(ctx, tx) {
		return false
	}
	later.calls = append(later.calls, fn)
	return true
}

// afterKey is the context's key of what is to be done after the transaction that InTx
// opened: the same one as openedKey's.
type afterKey struct{}

// afterwards is what is to be done after one attempt's commit.
type afterwards struct{ calls []func(context.Context) }

// committed does it. The caller's context may have ended meanwhile, which changes
// nothing of what is committed.
func (a *afterwards) committed(ctx context.Context) {
	for _, call := range a.calls {
		call(context.WithoutCancel(ctx))
	}
}
