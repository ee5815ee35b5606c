package affiliates

import (
	"context"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// ReviewParams name a commission to approve, reject or pay.
type ReviewParams struct {
	// ID is the commission, required.
	ID int64
	// UserUUID, when set, is the referrer who must have earned it.
	UserUUID string
	// At is when it happened; zero means now.
	At time.Time
}

// Approve moves a pending commission to approved, so that it may be paid out.
// One that is already approved is returned as a replay.
//
// Errors, after which nothing is written: *InvalidError for a field of p,
// *NotFoundError, *StateError when it is paid or rejected, and *dialect.Error when
// the engine fails.
func Approve(ctx context.Context, db bun.IDB, p ReviewParams) (*Result, error) {
	return move(ctx, db, p, step{
		to:   StatusApproved,
		from: []Status{StatusPending},
		apply: func(_ context.Context, _ bun.Tx, c *Commission, at time.Time) (*credits.Operation, error) {
			c.ApprovedAt = at
			return nil, nil
		},
	})
}

// Reject moves a pending or approved commission to rejected: it earns nothing.
// One that is rejected already is returned as a replay.
//
// Errors, after which nothing is written: *InvalidError for a field of p,
// *NotFoundError, *StateError when it is paid, and *dialect.Error when the engine
// fails.
func Reject(ctx context.Context, db bun.IDB, p ReviewParams) (*Result, error) {
	return move(ctx, db, p, step{
		to:   StatusRejected,
		from: []Status{StatusPending, StatusApproved},
		apply: func(_ context.Context, _ bun.Tx, c *Commission, at time.Time) (*credits.Operation, error) {
			c.RejectedAt = at
			return nil, nil
		},
	})
}

// MarkPaid moves an approved commission to paid, because its CommissionAmount
// was paid out in money. One that was paid in money already is returned as a
// replay.
//
// Of concurrent calls of MarkPaid and ConvertToCredits, one wins; the other gets
// a *StateError.
//
// Errors, after which nothing is written: *InvalidError for a field of p,
// *NotFoundError, *StateError when it is pending, rejected or was turned into
// credits, ErrNothingLeft when a refund or dispute took it all, and *dialect.Error
// when the engine fails.
func MarkPaid(ctx context.Context, db bun.IDB, p ReviewParams) (*Result, error) {
	return move(ctx, db, p, step{
		to:    StatusPaid,
		from:  []Status{StatusApproved},
		other: func(c *Commission) bool { return !c.ConvertedAt.IsZero() },
		apply: func(_ context.Context, _ bun.Tx, c *Commission, at time.Time) (*credits.Operation, error) {
			if c.CommissionAmount <= 0 {
				return nil, ErrNothingLeft
			}
			c.PaidAt, c.PaidAmount = at, c.CommissionAmount
			return nil, nil
		},
	})
}

// step is one move of a commission's life.
type step struct {
	to   Status
	from []Status
	// other reports, of a commission that is at to already, that it got there
	// another way; nil for never.
	other func(c *Commission) bool
	// replay returns the original operation of a step that was made before, and
	// what of it had to be done again.
	replay func(ctx context.Context, tx bun.Tx, c *Commission) (*credits.Operation, []credits.Part, error)
	// apply changes the commission and moves credits. It runs under the
	// commission's lock, before the row is written.
	apply func(ctx context.Context, tx bun.Tx, c *Commission, at time.Time) (*credits.Operation, error)
}

// move takes a commission through a step. The row is locked first, so that what
// is decided holds until it is written.
func move(ctx context.Context, db bun.IDB, p ReviewParams, s step) (*Result, error) {
	at, atErr := valid.Time("At", p.At)
	if p.ID <= 0 {
		return nil, valid.Failf("ID", "%d is not positive", p.ID)
	}
	get := GetParams{ID: p.ID, UserUUID: p.UserUUID}
	if err := valid.First(get.check(), atErr); err != nil {
		return nil, err
	}
	var result *Result
	err := dialect.InTx(ctx, db, func(ctx context.Context, tx bun.Tx) error {
		seen, err := find(ctx, tx, get)
		if err != nil {
			return err
		}
		c, err := lock(ctx, tx, seen)
		if err != nil {
			return err
		}
		result, err = s.take(ctx, tx, c, at)
		return err
	})
	if err != nil {
		return nil, err
	}
	return result, nil
}

// take makes the step on a locked commission.
func (s step) take(ctx context.Context, tx bun.Tx, c *Commission, at time.Time) (*Result, error) {
	result := &Result{Commission: c}
	from := c.Status.means()
	switch {
	case from == s.to && (s.other == nil || !s.other(c)):
		result.Replayed = true
		if s.replay == nil {
			return result, nil
		}
		var err error
		result.Operation, result.Mended, err = s.replay(ctx, tx, c)
		result.Replayed = len(result.Mended) == 0
		return result, err
	case !slices.Contains(s.from, from):
		return nil, &StateError{ID: c.ID, From: from, To: s.to, Converted: !c.ConvertedAt.IsZero()}
	}
	op, err := s.apply(ctx, tx, c, at)
	if err != nil {
		return nil, err
	}
	result.Operation = op
	if op != nil && op.Replayed {
		result.Mended = []credits.Part{credits.PartCommission}
	}
	c.Status, c.UpdatedAt = s.to, at
	return result, update(ctx, tx, c)
}
