package dialect

import (
	"context"

	"github.com/uptrace/bun"
)

// Whose transaction a verb works in is asked here and nowhere else.

// TxOf returns the transaction that db is, whoever began it; ok is false for a
// handle that begins transactions of its own.
func TxOf(db bun.IDB) (tx bun.Tx, ok bool) {
	switch tx := db.(type) {
	case bun.Tx:
		return tx, true
	case *bun.Tx:
		return *tx, true
	}
	return bun.Tx{}, false
}

// IsHandle reports whether db is a handle on which a verb begins a transaction
// of its own. Anything else is, or may be, a transaction.
func IsHandle(db bun.IDB) bool {
	switch db.(type) {
	case *bun.DB, bun.Conn, *bun.Conn:
		return true
	}
	return false
}

// IsCallers reports whether db is, or may be, a transaction that a caller began,
// whose isolation level and age of snapshot are unknown. A transaction that
// [InTx] opened is not one, as long as ctx is InTx's or derived from it.
func IsCallers(ctx context.Context, db bun.IDB) bool {
	tx, ok := TxOf(db)
	return !IsHandle(db) && (!ok || ctx.Value(openedKey{}) != any(tx.Tx))
}

// openedKey is the context's key of the transaction that InTx opened.
type openedKey struct{}

// opened marks a session's transaction as not a caller's, and carries what is to be
// done after its commit. Of what is no handle it is not known what begins there: it may
// be a savepoint.
func (s *session) opened(ctx context.Context, later *afterwards) context.Context {
	if s.conn == nil {
		return ctx
	}
	return context.WithValue(context.WithValue(ctx, openedKey{}, s.tx.Tx), afterKey{}, later)
}
