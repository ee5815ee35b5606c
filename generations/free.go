package generations

import (
	"context"
	"errors"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
)

// free records a generation that costs nothing: its row is all there is. A call
// that paid for one before, at a price that it had then, and lost that row, has it
// made again.
func (o order) free(ctx context.Context, tx bun.Tx, g *Generation) (*Result, error) {
	result := &Result{Generation: g}
	if o.Key == "" && o.GenID == "" {
		return result, nil
	}
	paid, err := known(ctx, tx, g, o.payKey(g))
	switch {
	case err != nil:
		return nil, err
	case paid == nil:
		return result, nil
	}
	return o.recovered(ctx, tx, g, &KeyReusedError{UserUUID: o.UserUUID, Key: o.payKey(g), Kind: o.kind()})
}

// otherPrice reports whether the call states another price than cost.
func (o order) otherPrice(cost int64) bool {
	return o.Cost != 0 && o.Cost != cost || o.Free && cost != 0
}

// free reports whether the row says that nothing was charged or held. What stands
// in the ledger goes before what it says: see unlessFree.
func (g *Generation) free() bool { return g.CreditsCost == 0 && g.CreditsHeld == 0 }

// unlessFree is what the ledger did for a generation. Of one that is free it has
// nothing to find.
func unlessFree(free bool, op *credits.Operation, err error) (*credits.Operation, error) {
	if free && errors.Is(err, credits.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return op, nil
}
