package orders

import (
	"errors"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
)

// All verbs lock in one order: the order that began a subscription, the order that it
// is about, the payment of the invoice, the payment itself, the subscription's row, and
// the ledger's account. Where a customer's balance pays, or was left something by a
// change, their oldest order comes before all; see purse. Which order a payment
// paid is read from its row without a lock. A payment that paid none then is locked alone;
// if it turns out to have paid one meanwhile, its order would be locked too late.

// errMeanwhile is why.
var errMeanwhile = errors.New("the payment was reported meanwhile")

// meanwhile makes a transaction of our own begin again, and see what it did not the
// first time. A caller's goes on: what it waits for may be a deadlock, as of any two
// statements of theirs.
func meanwhile(db bun.IDB) error {
	if _, callers := dialect.TxOf(db); callers {
		return nil
	}
	return &dialect.Error{Kind: dialect.KindTransient, Engine: dialect.Of(db).Engine, Err: errMeanwhile}
}
