package generations

import (
	"context"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// SettleParams describe the cost and results of a generation.
type SettleParams struct {
	// GenID is required.
	GenID string
	// UserUUID, when set, is who must own the generation.
	UserUUID string
	// Cost is in credits, at most what was held.
	Cost int64
	// Free charges nothing. Cost must be 0 with it, and positive without it.
	Free bool
	// ResultURLs are as in CompleteParams.
	ResultURLs []string
	// Metadata is any JSON object up to 16 KiB, kept with the charge in the
	// ledger.
	Metadata map[string]any
	// At is when it completed; zero means now.
	At time.Time
	// MaxAhead is how far At may be ahead of the database's clock; 0 means
	// credits.DefaultMaxAhead, and credits.AnyTime accepts any time.
	MaxAhead time.Duration
}

// Settle charges what a generation cost from the credits that it holds, returns
// the rest to the grants that they came from, and moves the pending or
// processing generation to completed, in one transaction. One that is already
// settled with the same cost and results is returned as a replay with its
// original operation, which is redone if it is missing. If the ledger lacks the
// hold too, call HoldGeneration again first.
//
// Work that was done is paid for even if the hold has timed out or grants
// behind it have expired: then the cost is charged from what the user has now,
// as by ChargeGeneration, and Operation.Kind is a charge instead of a capture.
// If that is not enough, *credits.InsufficientError is returned and the
// generation stays as it was: the caller may settle it for less or fail it.
// Either way, [credits.Refund] finds the charge under ChargeKey.
//
// Of concurrent calls of Complete, Settle and Fail for one generation, the
// first wins.
//
// Errors, after which nothing is written: *InvalidError for a field of p,
// *NotFoundError, *HeldError when it holds no credits, *StateError when it
// failed or was settled differently, *credits.ExceedsError when Cost is more
// than is held, *credits.InsufficientError, *credits.HoldEndedError when the
// hold was captured or released outside this package, and *dialect.Error when
// the engine fails.
func Settle(ctx context.Context, db bun.IDB, p SettleParams) (*Result, error) {
	urls, err := marshalURLs(p.ResultURLs)
	if err == nil {
		err = p.checkCost()
	}
	if err != nil {
		return nil, err
	}
	return move(ctx, db, GetParams{GenID: p.GenID, UserUUID: p.UserUUID}, p.At, step{
		to:   StatusCompleted,
		from: unsettled(),
		done: func(g *Generation) bool {
			return g.HoldKey != "" && g.ResultURLs == urls && g.CreditsCost == p.Cost
		},
		replay: p.settled, part: credits.PartCharge,
		apply: func(ctx context.Context, tx bun.Tx, g *Generation, at time.Time) (*credits.Operation, error) {
			if !g.held() {
				return nil, &HeldError{GenID: g.GenID}
			}
			if err := g.complete(urls, at); err != nil {
				return nil, err
			}
			op, err := p.pay(ctx, tx, g, at)
			if err != nil {
				return nil, err
			}
			if g.CreditsCost = p.Cost; !p.Free {
				g.ChargeKey = chargeKey(g.GenID)
			}
			return op, nil
		},
	})
}

func (p SettleParams) checkCost() error {
	switch {
	case p.Free && p.Cost != 0:
		return valid.Failf("Cost", "%d, but Free is set", p.Cost)
	case p.Free:
		return nil
	}
	return valid.Amount("Cost", p.Cost)
}

// settled returns what Settle did before, and does it if it did not.
func (p SettleParams) settled(
	ctx context.Context, tx bun.Tx, g *Generation, at time.Time,
) (*credits.Operation, error) {
	key := g.ChargeKey
	if key == "" {
		key = releaseKey(g.GenID)
	}
	op, err := known(ctx, tx, g, key)
	if err != nil || op != nil {
		return op, err
	}
	op, err = p.pay(ctx, tx, g, g.endedAt(at))
	if p.Free && errors.Is(err, credits.ErrNotFound) {
		return nil, nil // nothing is held
	}
	return op, err
}

// pay charges what the generation cost.
func (p SettleParams) pay(ctx context.Context, tx bun.Tx, g *Generation, at time.Time) (*credits.Operation, error) {
	ctx = ledger(ctx, g)
	if p.Free {
		op, err := releaseHold(ctx, tx, g, credits.ReleaseParams{Metadata: p.Metadata, At: at, MaxAhead: p.MaxAhead})
		return unlessFree(g.free(), op, err)
	}
	if p.Cost > g.CreditsCost {
		return nil, &credits.ExceedsError{UserUUID: g.UserUUID, Key: g.HoldKey, Asked: p.Cost, Left: g.CreditsCost}
	}
	op, err := credits.Capture(ctx, tx, credits.CaptureParams{
		UserUUID: g.UserUUID, HoldKey: g.HoldKey, Amount: p.Cost, Key: chargeKey(g.GenID),
		GenID: g.GenID, Metadata: p.Metadata, At: at, MaxAhead: p.MaxAhead,
	})
	charge := credits.ChargeParams{
		UserUUID: g.UserUUID, Amount: p.Cost, Type: credits.TypeAIGeneration, Key: chargeKey(g.GenID),
		GenID: g.GenID, Metadata: p.Metadata, At: at, MaxAhead: p.MaxAhead,
	}
	switch ended := (*credits.HoldEndedError)(nil); {
	case errors.As(err, &ended) && ended.Status == credits.HoldTimedOut:
		return credits.Charge(ctx, tx, charge)
	case errors.Is(err, credits.ErrKeyReused): // by the charge of an earlier call
		return credits.Charge(ctx, tx, charge)
	case errors.Is(err, credits.ErrInsufficient):
		return releaseAndCharge(ctx, tx, g, charge)
	}
	return op, err
}

// releaseAndCharge pays for a generation of which too much that it held has
// expired: out of what is left of that and of everything else that the user
// has. Both happen, or neither.
func releaseAndCharge(ctx context.Context, tx bun.Tx, g *Generation, charge credits.ChargeParams) (*credits.Operation, error) {
	done, err := credits.Post(ctx, tx, credits.PostParams{AllOrNothing: true, Ops: []credits.Op{
		credits.ReleaseParams{
			UserUUID: g.UserUUID, HoldKey: g.HoldKey, Key: releaseKey(g.GenID), At: charge.At, MaxAhead: charge.MaxAhead,
		},
		charge,
	}})
	if batch := (*credits.BatchError)(nil); errors.As(err, &batch) {
		return nil, batch.Err
	}
	if err != nil {
		return nil, err
	}
	return done[1].Operation, nil
}

// releaseHold gives back what a generation holds. There is no operation when
// the hold has ended.
func releaseHold(
	ctx context.Context, tx bun.Tx, g *Generation, p credits.ReleaseParams,
) (*credits.Operation, error) {
	p.UserUUID, p.HoldKey, p.Key = g.UserUUID, g.HoldKey, releaseKey(g.GenID)
	op, err := credits.Release(ledger(ctx, g), tx, p)
	if errors.Is(err, credits.ErrHoldEnded) {
		return nil, nil
	}
	return op, err
}
