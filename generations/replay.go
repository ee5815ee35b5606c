package generations

import (
	"context"
	"database/sql"
	"errors"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/archived"
	"github.com/chameleon-go/chameleon/internal/rows"
)

// replay answers a call whose Key or GenID is taken: with the generation that
// has it when that is what the call asks for, with a *KeyReusedError otherwise.
func (o order) replay(ctx context.Context, tx bun.Tx, draft *Generation) (*Result, error) {
	reused := &KeyReusedError{UserUUID: o.UserUUID, Key: o.Key, Kind: o.kind()}
	g, err := original(ctx, tx, o.ChargeParams, false)
	if errors.Is(err, ErrNotFound) && dialect.Of(tx).LocksRows() {
		g, err = o.findBehindSnapshot(ctx, tx, draft)
	}
	if errors.Is(err, ErrNotFound) {
		// Not the Key, then: the GenID, of this user's or another's.
		reused.Key = o.GenID
		return nil, reused
	}
	if err != nil {
		return nil, err
	}
	cost, err := o.originalCost(ctx, tx, g)
	if err != nil {
		return nil, err
	}
	if !o.asksFor(g, draft) || o.otherPrice(cost) {
		if o.Key == "" {
			reused.Key = o.GenID
		}
		return nil, reused
	}
	return o.reassert(ctx, tx, g, cost)
}

// asksFor reports whether the call would make g again.
func (o order) asksFor(g, draft *Generation) bool {
	sameMoney := o.hold && g.HoldKey != "" || !o.hold && g.HoldKey == "" && g.ChargeKey != ""
	return sameMoney && g.AIType == draft.AIType && g.Provider == draft.Provider &&
		g.Model == draft.Model && g.Prompt == draft.Prompt &&
		g.RequestKey == o.Key && (o.GenID == "" || g.GenID == o.GenID)
}

// originalCost is what was charged or held when g was made. Rows of an older
// version have a hold's until it is settled.
func (o order) originalCost(ctx context.Context, tx bun.Tx, g *Generation) (int64, error) {
	if g.CreditsHeld > 0 {
		return g.CreditsHeld, nil
	}
	if g.HoldKey == "" || g.Status == StatusPending || g.Status == StatusProcessing {
		return g.CreditsCost, nil
	}
	op, err := credits.GetOperation(ctx, tx, credits.GetOperationParams{UserUUID: g.UserUUID, Key: g.HoldKey})
	if g.free() && errors.Is(err, credits.ErrNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return op.Amount, nil
}

// findBehindSnapshot finds the generation that has the call's Key behind a caller's snapshot,
// unless its GenID is seen to be what is taken: a locking read that finds nothing
// makes other users wait.
func (o order) findBehindSnapshot(ctx context.Context, tx bun.Tx, draft *Generation) (*Generation, error) {
	if o.GenID != "" {
		_, err := GetParams{GenID: draft.GenID}.find(ctx, tx)
		if err == nil || errors.Is(err, ErrInvalid) { // one has it, or several
			return nil, notFound("Key", o.Key, o.UserUUID)
		}
		if !errors.Is(err, ErrNotFound) {
			return nil, err
		}
	}
	return original(ctx, tx, o.ChargeParams, true)
}

// original finds the generation that holds the call's Key, or else its GenID.
// The plain read comes first, because many losers of one race would deadlock in
// the locking one; that one is for callers whose transaction reads from a snapshot
// older than the winner.
func original(ctx context.Context, tx bun.Tx, p ChargeParams, locked bool) (*Generation, error) {
	g := new(Generation)
	which := func(q *bun.SelectQuery) *bun.SelectQuery {
		q = q.Where("user_uuid = ?", p.UserUUID)
		if p.Key != "" {
			return q.Where("request_key = ?", p.Key)
		}
		return q.Where("gen_id = ?", p.GenID)
	}
	q := archived.Generations.Select(tx, g, (*Generation)(nil), which)
	if locked {
		q = rows.ForUpdate(which(tx.NewSelect().Model(g)), tx)
	}
	err := q.Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, notFound("Key", p.Key, p.UserUUID)
	}
	return g, dialect.Classify(err)
}
