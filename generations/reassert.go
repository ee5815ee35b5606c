package generations

import (
	"context"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/internal/mend"
)

// reassert answers a repeated call for a generation that is recorded: it makes
// sure of the charge or hold. Where that is missing, what ended the generation
// is missing, too, and is made again with it: a charge that was refunded does
// not come back alone.
func (o order) reassert(ctx context.Context, tx bun.Tx, g *Generation, cost int64) (*Result, error) {
	result, done := &Result{Generation: g}, mend.Tally{}
	done.Note(credits.PartGeneration, true)
	op, err := o.pay(ctx, tx, g, cost)
	if g.Status == StatusFailed && errors.Is(err, credits.ErrInsufficient) {
		result.Replayed = true // neither was paid nor given back
		return result, nil
	}
	if err != nil {
		return nil, err
	}
	result.Operation = op
	done.Operation(o.part(), op)
	if op != nil && !op.Replayed {
		part, ending, err := g.ending(ctx, tx, o.MaxAhead)
		if err != nil {
			return nil, err
		}
		done.Operation(part, ending)
	}
	result.Mended, result.Replayed = done.Mended(), done.Replayed()
	return result, nil
}

func (o order) part() credits.Part {
	if o.hold {
		return credits.PartHold
	}
	return credits.PartCharge
}

// ending makes what ended a generation, by its row, which does not keep the
// metadata; no operation where nothing did. The row's time is bounded as any: it
// may be another program's, or one at which no credits moved.
func (g *Generation) ending(ctx context.Context, tx bun.Tx, maxAhead time.Duration) (credits.Part, *credits.Operation, error) {
	again, at := *g, g.endedAt(g.CreatedAt)
	switch {
	case g.Status == StatusFailed:
		op, err := giveBack(ctx, tx, &again, at, maxAhead)
		return credits.PartRefund, op, err
	case g.Status == StatusCompleted && g.HoldKey != "":
		settle := SettleParams{Cost: g.CreditsCost, Free: g.ChargeKey == "", MaxAhead: maxAhead}
		op, err := settle.pay(ctx, tx, g, at)
		return credits.PartCharge, op, err
	}
	return "", nil, nil
}

// endedAt is when a generation was completed or failed, or else at.
func (g *Generation) endedAt(at time.Time) time.Time {
	if g.CompletedAt.IsZero() {
		return at
	}
	return g.CompletedAt
}

// recovered answers a call under whose key another charge or hold stands than
// the one that it would make now. If that is of a generation whose row was lost,
// ordered at another price or under another name, its row is made again.
func (o order) recovered(ctx context.Context, tx bun.Tx, g *Generation, reused error) (*Result, error) {
	if err := withdraw(ctx, tx, g, nil); err != nil {
		return nil, err
	}
	op, err := credits.GetOperation(ctx, tx, credits.GetOperationParams{UserUUID: g.UserUUID, Key: o.payKey(g)})
	if err != nil {
		return nil, err
	}
	genID := op.Entries[0].GenID
	if op.Kind != o.kind() || genID == "" || o.GenID != "" && o.GenID != genID || o.otherPrice(op.Amount) {
		return nil, reused
	}
	kept := *g
	kept.ID, kept.GenID, kept.CreditsCost = 0, genID, op.Amount
	if o.hold {
		kept.CreditsHeld = op.Amount
	}
	if op.At.Before(kept.CreatedAt) {
		kept.CreatedAt = op.At
	}
	inserted, err := o.store(ctx, tx, &kept)
	if err != nil {
		return nil, err
	}
	if !inserted { // another row has the name
		return nil, reused
	}
	if op, err = o.pay(ctx, tx, &kept, op.Amount); err != nil {
		return nil, withdraw(ctx, tx, &kept, err)
	}
	return refound(ctx, tx, &kept, op)
}

// unpriced answers a call that has no price now and no row: what it paid for
// before is made again, anything else is refused.
func (o order) unpriced(ctx context.Context, tx bun.Tx, draft *Generation, refusal error) (*Result, error) {
	_, err := credits.GetOperation(ctx, tx, credits.GetOperationParams{UserUUID: draft.UserUUID, Key: o.payKey(draft)})
	switch {
	case errors.Is(err, credits.ErrNotFound):
		return nil, refusal
	case err != nil:
		return nil, err
	}
	g := *draft
	inserted, err := o.store(ctx, tx, &g)
	if err != nil {
		return nil, err
	}
	if !inserted {
		return o.replay(ctx, tx, draft)
	}
	return o.recovered(ctx, tx, &g, refusal)
}

// refound is the result for a generation whose row was made again beside its
// charge or hold. If its credits went back since, it had failed.
func refound(ctx context.Context, tx bun.Tx, g *Generation, op *credits.Operation) (*Result, error) {
	result := &Result{Generation: g, Operation: op, Mended: []credits.Part{credits.PartGeneration}}
	if g.HoldKey != "" {
		return result, nil
	}
	back, err := known(ctx, tx, g, refundKey(g.GenID))
	if err != nil || back == nil {
		return result, err
	}
	g.Status, g.CompletedAt, g.UpdatedAt, g.CreditsRefunded = StatusFailed, back.At, back.At, back.Amount
	return result, update(ctx, tx, g, StatusPending)
}

// known reads an operation of a generation back, nil for none.
func known(ctx context.Context, tx bun.Tx, g *Generation, key string) (*credits.Operation, error) {
	op, err := credits.GetOperation(ctx, tx, credits.GetOperationParams{UserUUID: g.UserUUID, Key: key})
	if errors.Is(err, credits.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	op.Replayed = true
	return op, nil
}

// gaveBack returns what Fail gave back, and gives it back if it did not. A
// charge that the ledger lacks, too, was never made, or is ChargeGeneration's to
// make again.
func gaveBack(
	ctx context.Context, tx bun.Tx, g *Generation, at time.Time, maxAhead time.Duration,
) (*credits.Operation, error) {
	var key string
	switch {
	case g.held():
		key = releaseKey(g.GenID)
	case g.ChargeKey != "":
		key = refundKey(g.GenID)
	default:
		return nil, nil
	}
	op, err := known(ctx, tx, g, key)
	if err != nil {
		return nil, err
	}
	if op == nil {
		op, err = giveBack(ctx, tx, g, g.endedAt(at), maxAhead)
		if errors.Is(err, credits.ErrNotFound) {
			return nil, nil
		}
		return op, err
	}
	if g.held() {
		g.CreditsCost = 0
	} else {
		g.CreditsRefunded = op.Amount
	}
	return op, nil
}

// again is the result of a step that was made before, whose row says so.
func (s step) again(ctx context.Context, tx bun.Tx, result *Result, at time.Time) error {
	g := result.Generation
	before, done := *g, mend.Tally{}
	if s.replay != nil {
		var err error
		if result.Operation, err = s.replay(ctx, tx, g, at); err != nil {
			return err
		}
	}
	changed := g.CreditsCost != before.CreditsCost || g.CreditsRefunded != before.CreditsRefunded
	done.Note(credits.PartGeneration, true)
	done.Operation(s.part, result.Operation)
	if changed {
		done.Note(credits.PartGeneration, false)
	}
	result.Mended, result.Replayed = done.Mended(), done.Replayed()
	if !changed {
		return nil
	}
	g.CompletedAt, g.UpdatedAt = g.endedAt(at), at
	return update(ctx, tx, g, g.Status)
}
