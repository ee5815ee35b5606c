package generations

import (
	"context"
	"database/sql"
	"errors"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/rows"
)

// replay answers a call whose Key or GenID is taken: with the generation that
// has it when that is what the call asks for, with a *KeyReusedError otherwise.
func replay(ctx context.Context, tx bun.Tx, p ChargeParams, draft *Generation) (*Result, error) {
	reused := &KeyReusedError{UserUUID: p.UserUUID, Key: p.Key, Kind: credits.KindCharge}
	g, err := original(ctx, tx, p)
	if errors.Is(err, ErrNotFound) {
		// Not the Key, then: the GenID, of this user's or another's.
		reused.Key = p.GenID
		return nil, reused
	}
	if err != nil {
		return nil, err
	}
	same := g.AIType == draft.AIType && g.Provider == draft.Provider &&
		g.Model == draft.Model && g.Prompt == draft.Prompt && g.ChargeKey != "" &&
		g.RequestKey == p.Key && (p.GenID == "" || g.GenID == p.GenID) &&
		(p.Cost == 0 || g.CreditsCost == p.Cost)
	if !same {
		if p.Key == "" {
			reused.Key = p.GenID
		}
		return nil, reused
	}
	op, err := credits.Charge(ctx, tx, p.charge(g))
	if err != nil {
		return nil, err
	}
	return &Result{Generation: g, Operation: op, Replayed: true}, nil
}

// original finds the generation that holds the call's Key, or else its GenID.
// The plain read comes first, because many losers of one race would deadlock
// in the locking one; that one is for callers whose transaction reads from a
// snapshot older than the winner.
func original(ctx context.Context, tx bun.Tx, p ChargeParams) (*Generation, error) {
	g := new(Generation)
	q := func() *bun.SelectQuery {
		q := tx.NewSelect().Model(g).Where("user_uuid = ?", p.UserUUID)
		if p.Key != "" {
			return q.Where("request_key = ?", p.Key)
		}
		return q.Where("gen_id = ?", p.GenID)
	}
	err := q().Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) && dialect.Of(tx).LocksRows() {
		err = rows.ForUpdate(q(), tx).Scan(ctx)
	}
	if errors.Is(err, sql.ErrNoRows) {
		return nil, ErrNotFound
	}
	return g, dialect.Classify(err)
}
