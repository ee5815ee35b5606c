package orders

import (
	"errors"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
)

// All verbs lock in the same order: the order that began a subscription, the order concerned, the
// payment of the invoice, the payment itself, the subscription's row, and the ledger's account. If
// a customer's balance pays, or received something from a change, their oldest order comes first
// of all; see purse. Which order a payment paid is read from its row without a lock. A payment that
// has paid none is locked alone; if it turns out that it has since paid one, it is too late to lock
// that order.

// errMeanwhile is the reason for starting again.
var errMeanwhile = errors.New("the payment was reported meanwhile")

// meanwhile makes a transaction of our own start again, so that it sees what it did not the first
// time. A caller's continues: its wait may end in a deadlock, as with any two of its statements.
func meanwhile(db bun.IDB) error {
	if _, callers := dialect.TxOf(db); callers {
		return nil
	}
	return &dialect.Error{Kind: dialect.KindTransient, Engine: dialect.Of(db).Engine, Err: errMeanwhile}
}
