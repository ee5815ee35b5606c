package dialect

import "github.com/uptrace/bun"

// Carried is implemented by the dialect of a transaction that another library
// opened and that several bun handles may carry; see package bridge.
type Carried interface {
	// Transaction is a pointer to the transaction, the same for each handle.
	Transaction() any
}

// TransactionOf returns the identity of tx's transaction while it is open: a
// pointer, the same for each handle that carries it.
func TransactionOf(tx bun.Tx) any {
	if c, ok := tx.Dialect().(Carried); ok {
		return c.Transaction()
	}
	return tx.Tx
}
