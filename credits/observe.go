package credits

import (
	"context"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
)

// observerOf returns the handle's observer, nil for none. There may be no handle when params are
// refused.
func observerOf(db bun.IDB) dialect.Observer {
	if db == nil {
		return nil
	}
	return dialect.Of(db).Observer
}

// observe reports the outcome of an operation to the handle's observer. kind is empty if its
// params were refused.
func observe(ctx context.Context, o dialect.Observer, db bun.IDB, began time.Time, kind Kind, op *Operation, err error) {
	seen := dialect.Observed{
		Engine: dialect.Of(db).Engine, Verb: string(kind), Outcome: dialect.OutcomeDone, Took: time.Since(began), Err: err,
	}
	switch {
	case errors.Is(err, dialect.ErrOutcomeUnknown):
		seen.Outcome, seen.Reason = dialect.OutcomeUnknown, reasonOf(err)
	case err != nil && refusal(err):
		seen.Outcome, seen.Reason = dialect.OutcomeRefused, reasonOf(err)
	case err != nil:
		seen.Outcome, seen.Reason = dialect.OutcomeFailed, reasonOf(err)
	case op != nil && op.Replayed:
		seen.Outcome = dialect.OutcomeReplayed
	case op != nil:
		seen.Credits = op.Amount
	}
	o.Operation(ctx, seen)
}

// observePost reports each operation of a batch. A batch that failed as a whole has none.
func observePost(ctx context.Context, o dialect.Observer, db bun.IDB, began time.Time, specs []*spec, outcomes []Outcome, err error) {
	for i, s := range specs {
		var kind Kind
		if s != nil {
			kind = s.kind
		}
		switch {
		case outcomes[i].Err != nil:
			observe(ctx, o, db, began, kind, nil, outcomes[i].Err)
		case err != nil:
			observe(ctx, o, db, began, kind, nil, err)
		default:
			observe(ctx, o, db, began, kind, outcomes[i].Operation, nil)
		}
	}
}

// reasonOf returns one word for an error, from a fixed set, so that it can label a metric.
func reasonOf(err error) string {
	for _, reason := range []struct {
		target error
		word   string
	}{
		{ErrInsufficient, "insufficient"},
		{ErrBudget, "budget"},
		{ErrKeyReused, "key_reused"},
		{ErrNotFound, "not_found"},
		{ErrExceeds, "exceeds"},
		{ErrSpent, "spent"},
		{ErrHoldEnded, "hold_ended"},
		{ErrLimit, "limit"},
		{ErrClock, "clock"},
		{ErrNotAhead, "not_ahead"},
		{ErrInvalid, "invalid"},
		{ErrCorrupt, "corrupt"},
		{dialect.ErrUnavailable, "unavailable"},
		{dialect.ErrTooManyConnections, "too_many_connections"},
		{dialect.ErrTransient, "conflict"},
		{dialect.ErrTimeout, "timeout"},
		{context.Canceled, "canceled"},
	} {
		if errors.Is(err, reason.target) {
			return reason.word
		}
	}
	return "other"
}
