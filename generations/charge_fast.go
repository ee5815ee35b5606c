package generations

import (
	"context"
	"errors"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/alongside"
	"github.com/chameleon-go/chameleon/internal/archived"
)

// placeFast has the charge carry the generation's row, in one round trip, where
// the handle allows it and the charge fits. Anything else writes nothing here and
// is placed in a transaction of several statements, which also decides what a
// repeated call returns and what error a refusal is.
func (o order) placeFast(ctx context.Context, db bun.IDB, draft *Generation) (*Result, error) {
	pool, ok := db.(*bun.DB)
	if caps := dialect.Of(db); !ok || o.hold || caps.Foreign || !caps.LocksTogether() {
		return o.placeIn(ctx, db, draft)
	}
	cost, err := o.price(ctx, pool)
	if err != nil || cost == 0 {
		return o.placeIn(ctx, db, draft)
	}
	if o.GenID != "" { // the row's unique index does not have the archive's names
		if _, err := (GetParams{GenID: o.GenID}).find(ctx, pool); !errors.Is(err, ErrNotFound) {
			return o.placeIn(ctx, db, draft)
		}
	}
	g := *draft
	g.CreditsCost = cost
	row := alongside.New(pool, &g, "user_uuid", "gen_id")
	if o.Key != "" { // the ledger's key may be another: a hold's, or of the GenID
		row.Unless(archived.Generations.Archive(), "request_key", o.Key)
	}
	op, lost := credits.Charge(alongside.With(ledger(ctx, &g), row), pool, o.charge(&g, cost))
	if lost == nil {
		g.ID = row.ID
		return &Result{Generation: &g, Operation: op}, nil
	}
	unknown := errors.Is(lost, dialect.ErrOutcomeUnknown)
	if unknown && ctx.Err() != nil {
		return nil, lost
	}
	if unknown && o.Key == "" {
		o.GenID = draft.GenID // by which the next attempt finds what this one did
	}
	result, err := o.placeIn(alongside.Seek(ctx, row), db, draft)
	if !unknown {
		return result, err
	}
	return settled(result, err, lost, row)
}

// settled is what the transaction found after a one-round-trip attempt whose
// outcome is not known. What is stored settles it, a refusal does not: the attempt
// may still be on its way.
func settled(result *Result, err, lost error, row *alongside.Row) (*Result, error) {
	if err != nil && !errors.Is(err, ErrKeyReused) {
		return nil, dialect.Unsettled(lost, err)
	}
	if err == nil && row.Ours() && result.Operation != nil {
		result.Replayed, result.Operation.Replayed = false, false
	}
	return result, err
}
