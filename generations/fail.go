package generations

import (
	"context"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// FailParams describe a failed generation.
type FailParams struct {
	// GenID is required.
	GenID string
	// UserUUID, when set, is who must own the generation.
	UserUUID string
	// ChargeKey is the ledger's key of the charge, if the original application of
	// an adopted database wrote the generation and its charge cannot be identified
	// otherwise: a *credits.AmbiguousError lists the candidates. NoCharge says that
	// it was not charged. Both are ignored if the charge is known.
	ChargeKey string
	NoCharge  bool
	// Message is the provider's error message. Since the caller does not
	// control it, it is never refused: text that cannot be stored is dropped,
	// and it is truncated at 65,535 bytes.
	Message string
	// At is when it failed; zero means now.
	At time.Time
	// MaxAhead is how far At may be ahead of the database's clock; 0 means
	// credits.DefaultMaxAhead, and credits.AnyTime accepts any time.
	MaxAhead time.Duration
}

// Fail moves a pending or processing generation to failed and returns its credits
// to the grants that they came from, in one transaction. Credits that have
// expired in the meantime are gone. If the generation holds credits, the hold is
// released unless it has timed out, and CreditsCost becomes 0, since nothing was
// charged. One that has already failed is returned as a replay. Credits go back
// once; if they have not, because a commit was partial or another program set the
// status, they do now.
//
// If the original application of an adopted database wrote the generation, its
// charge is the entry that names it, or else the entry of the same user and amount
// closest to its creation. If none fits, the generation fails without a refund, and
// Result.Operation is nil.
//
// Of concurrent calls of Complete, Settle and Fail for one generation, the
// first wins.
//
// Errors, after which nothing is written: *InvalidError for a field of p,
// *NotFoundError, *StateError when it is completed, *credits.NotFoundError when
// the ledger lacks the charge, *credits.AmbiguousError when several entries of the
// original application may be the charge (decide with ChargeKey or NoCharge), and
// *dialect.Error when the engine fails.
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
