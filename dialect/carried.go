package dialect

import "github.com/uptrace/bun"

// Carried is what the dialect of a transaction implements that another library
// opened, and that several handles of bun may have carried: see package bridge.
type Carried interface {
	// Transaction is a pointer to the transaction, the same for each handle.
	Transaction() any
}

// TransactionOf returns what tells the transaction of tx apart from others as long
// as it is open: a pointer, the same for each handle that carries it.
func TransactionOf(tx bun.Tx) any {
	if c, ok := tx.Dialect().(Carried); ok {
		return c.Transaction()
	}
	return tx.Tx
}
