package generations

import (
	"context"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// FailParams says why a generation failed.
type FailParams struct {
	// GenID is required.
	GenID string
	// UserUUID, when set, is who must own the generation.
	UserUUID string
	// ChargeKey is the ledger's key of the charge where the original application of
	// an adopted database wrote the generation and its charge is not found by
	// itself: a *credits.AmbiguousError lists those that fit. NoCharge says that it
	// was not charged. Both are ignored where the charge is known.
	ChargeKey string
	NoCharge  bool
	// Message is what the provider said. Because it is not the caller's own, it
	// is never refused: what cannot be stored is left out, and it is cut at
	// 65,535 bytes.
	Message string
	// At is when it failed; zero means now.
	At time.Time
	// MaxAhead is how far At may be ahead of the database's clock; 0 means
	// credits.DefaultMaxAhead, and credits.AnyTime accepts any time.
	MaxAhead time.Duration
}

// Fail moves a pending or processing generation to failed and gives its credits
// back to the very grants they came from, in one transaction. What of them has
// expired meanwhile is gone. Of one that holds credits the hold is released,
// unless it has timed out before, and its CreditsCost becomes 0: nothing was
// charged. One that has failed already is returned as a replay: its credits go
// back once, and if they did not, because a commit was partial or another program
// set the status, they do now.
//
// The charge of a generation that the original application of an adopted database
// wrote is the entry that names it, or else the one of the same user and amount that
// is nearest to its creation; where none fits it fails, and Result.Operation is nil.
//
// Of concurrent calls of Complete, Settle and Fail for one generation the first
// wins.
//
// Errors, after which nothing is written: *InvalidError for a field of p,
// *NotFoundError, *StateError when it is completed, *credits.NotFoundError when
// the ledger lacks the charge, *credits.AmbiguousError when several entries of the
// original application may be it (ChargeKey or NoCharge says), and *dialect.Error
// when the engine fails.
func Fail(ctx context.Context, db bun.IDB, p FailParams) (*Result, error) {
	return move(ctx, db, GetParams{GenID: p.GenID, UserUUID: p.UserUUID}, p.At, step{
		to:   StatusFailed,
		from: unsettled(),
		done: func(*Generation) bool { return true },
		apply: func(ctx context.Context, tx bun.Tx, g *Generation, at time.Time) (*credits.Operation, error) {
			if err := g.findCharge(ctx, tx, p.ChargeKey, p.NoCharge); err != nil {
				return nil, err
			}
			g.ErrorMessage, g.CompletedAt = valid.Storable(p.Message), at
			return giveBack(ctx, tx, g, at, p.MaxAhead)
		},
		replay: func(ctx context.Context, tx bun.Tx, g *Generation, at time.Time) (*credits.Operation, error) {
			return gaveBack(ctx, tx, g, at, p.MaxAhead)
		},
		part: credits.PartRefund,
	})
}

// giveBack refunds what is left of a generation's charge, or releases its hold.
// There is no operation when nothing is: no charge of ours, one that the caller
// refunded, a hold that has ended.
func giveBack(
	ctx context.Context, tx bun.Tx, g *Generation, at time.Time, maxAhead time.Duration,
) (*credits.Operation, error) {
	free := g.free()
	if g.held() {
		g.CreditsCost = 0
		op, err := releaseHold(ctx, tx, g, credits.ReleaseParams{At: at, MaxAhead: maxAhead})
		return unlessFree(free, op, err)
	}
	if g.ChargeKey == "" {
		return nil, nil
	}
	op, err := credits.Refund(ledger(ctx, g), tx, credits.RefundParams{
		UserUUID: g.UserUUID, ChargeKey: g.ChargeKey, Key: refundKey(g.GenID), GenID: g.GenID,
		At: at, MaxAhead: maxAhead,
	})
	if spent := (*credits.ExceedsError)(nil); errors.As(err, &spent) && spent.Left == 0 {
		return nil, nil
	}
	if op, err = unlessFree(free, op, err); op != nil {
		g.CreditsRefunded = op.Amount
	}
	return op, err
}
