package generations

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/rows"
	"github.com/chameleon-go/chameleon/internal/shown"
	"github.com/chameleon-go/chameleon/internal/valid"
	"github.com/chameleon-go/chameleon/internal/width"
)

// StartParams names a generation that a provider has taken up.
type StartParams struct {
	// GenID is required.
	GenID string
	// UserUUID, when set, is who must own the generation.
	UserUUID string
	// At is when it started; zero means now.
	At time.Time
}

// Start moves a pending generation to processing. A generation that is
// processing already is returned as a replay.
//
// Errors, after which nothing is written: *InvalidError for a field of p,
// *NotFoundError, *StateError when it is completed or failed, and *dialect.Error
// when the engine fails.
func Start(ctx context.Context, db bun.IDB, p StartParams) (*Result, error) {
	return move(ctx, db, GetParams{GenID: p.GenID, UserUUID: p.UserUUID}, p.At, step{
		to:   StatusProcessing,
		from: []Status{StatusPending},
		done: func(*Generation) bool { return true },
		apply: func(_ context.Context, _ bun.Tx, g *Generation, at time.Time) (*credits.Operation, error) {
			g.StartedAt = at
			return nil, nil
		},
	})
}

// CompleteParams is what a generation resulted in.
type CompleteParams struct {
	// GenID is required.
	GenID string
	// UserUUID, when set, is who must own the generation.
	UserUUID string
	// ResultURLs are absolute http or https URLs, at least one unless the
	// generation is text. As a JSON array they have at most 65,535 bytes.
	ResultURLs []string
	// At is when it completed; zero means now.
	At time.Time
}

// Complete moves a pending or processing generation to completed. One that is
// completed already, with the same results, is returned as a replay. One that
// holds credits is not completed but settled, by [Settle], which says what it
// cost.
//
// Of concurrent calls of Complete, Settle and Fail for one generation the first
// wins.
// Errors, after which nothing is written: *InvalidError for a field of p,
// *NotFoundError, *HeldError when it holds credits, *StateError when it is failed,
// or completed with other results, and *dialect.Error when the engine fails.
func Complete(ctx context.Context, db bun.IDB, p CompleteParams) (*Result, error) {
	urls, err := marshalURLs(p.ResultURLs)
	if err != nil {
		return nil, err
	}
	return move(ctx, db, GetParams{GenID: p.GenID, UserUUID: p.UserUUID}, p.At, step{
		to:   StatusCompleted,
		from: unsettled(),
		done: func(g *Generation) bool { return g.ResultURLs == urls },
		apply: func(_ context.Context, _ bun.Tx, g *Generation, at time.Time) (*credits.Operation, error) {
			if g.held() {
				return nil, &HeldError{GenID: g.GenID, Held: true}
			}
			return nil, g.complete(urls, at)
		},
	})
}

// complete stores the results, which only text may do without.
func (g *Generation) complete(urls string, at time.Time) error {
	if urls == noURLs && g.AIType != TypeText {
		return valid.Failf("ResultURLs", "empty for a generation of type %s", shown.Text(g.AIType))
	}
	g.ResultURLs, g.CompletedAt = urls, at
	return nil
}

// FailParams says why a generation failed.
type FailParams struct {
	// GenID is required.
	GenID string
	// UserUUID, when set, is who must own the generation.
	UserUUID string
	// Message is what the provider said. Because it is not the caller's own, it
	// is never refused: what cannot be stored is left out, and it is cut at
	// 65,535 bytes.
	Message string
	// At is when it failed; zero means now.
	At time.Time
	// MaxAhead is how far At may be ahead of the database's clock; 0 means
	// credits.DefaultMaxAhead, and credits.AnyTime takes any time.
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
// A generation whose row another program wrote has no ChargeKey and no charge
// that could be told from others: it fails, and Result.Operation is nil.
//
// Of concurrent calls of Complete, Settle and Fail for one generation the first
// wins.
// Errors, after which nothing is written: *InvalidError for a field of p,
// *NotFoundError, *StateError when it is completed, *credits.NotFoundError when
// the ledger lacks the charge, and *dialect.Error when the engine fails.
func Fail(ctx context.Context, db bun.IDB, p FailParams) (*Result, error) {
	return move(ctx, db, GetParams{GenID: p.GenID, UserUUID: p.UserUUID}, p.At, step{
		to:   StatusFailed,
		from: unsettled(),
		done: func(*Generation) bool { return true },
		apply: func(ctx context.Context, tx bun.Tx, g *Generation, at time.Time) (*credits.Operation, error) {
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
	if g.held() {
		g.CreditsCost = 0
		return releaseHold(ctx, tx, g, credits.ReleaseParams{At: at, MaxAhead: maxAhead})
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
	if err != nil {
		return nil, err
	}
	g.CreditsRefunded = op.Amount
	return op, nil
}

// step is one move of a generation's life.
type step struct {
	to   Status
	from []Status
	// done reports whether a generation that is at to already got there by the
	// same call.
	done func(*Generation) bool
	// replay returns what the ledger did at that call, and does it if it did not;
	// nil when there was nothing to do. It may change the generation.
	replay func(ctx context.Context, tx bun.Tx, g *Generation, at time.Time) (*credits.Operation, error)
	// part is what the ledger does.
	part credits.Part
	// apply changes the generation and moves its credits. It runs under the
	// generation's lock, before the row is written.
	apply func(ctx context.Context, tx bun.Tx, g *Generation, at time.Time) (*credits.Operation, error)
}

// move takes a generation through a step. The row is locked first, so that what
// is decided holds until it is written; the status in the UPDATE's own WHERE
// holds it on engines without row locks.
func move(ctx context.Context, db bun.IDB, p GetParams, at time.Time, s step) (*Result, error) {
	at, atErr := valid.Time("At", at)
	if err := valid.First(p.check(), atErr); err != nil {
		return nil, err
	}
	var result *Result
	err := dialect.InTx(ctx, db, func(ctx context.Context, tx bun.Tx) error {
		g, err := p.lock(ctx, tx)
		if err != nil {
			return err
		}
		result = &Result{Generation: g}
		if g.Status == s.to && s.done(g) {
			return s.again(ctx, tx, result, at)
		}
		from := g.Status
		if !slices.Contains(s.from, from) {
			return &StateError{GenID: g.GenID, From: from, To: s.to}
		}
		if result.Operation, err = s.apply(ctx, tx, g, at); err != nil {
			return err
		}
		if result.Operation != nil && result.Operation.Replayed {
			result.Mended = []credits.Part{credits.PartGeneration}
		}
		g.Status, g.UpdatedAt = s.to, at
		return update(ctx, tx, g, from)
	})
	if err != nil {
		return nil, err
	}
	return result, nil
}

// update writes what a step can change.
func update(ctx context.Context, tx bun.Tx, g *Generation, from Status) error {
	if err := width.Check(ctx, tx, g); err != nil {
		return err
	}
	res, err := rows.Current(tx).NewUpdate().Model(g).
		Column("status", "result_urls", "error_message", "credits_cost", "credits_refunded",
			"charge_key", "started_at", "completed_at", "updated_at").
		Where("?", rows.ByID(g.ID)).
		Where("user_uuid = ?", g.UserUUID).
		Where("gen_id = ?", g.GenID).
		Where("status = ?", from).
		Exec(ctx)
	if err != nil {
		return dialect.Classify(err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 1 {
		return err
	}
	return fmt.Errorf("generation %s changed under its lock: does the engine keep row locks?", shown.Text(g.GenID))
}
