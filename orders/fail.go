package orders

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// MarkFailedParams say that a payment did not work.
type MarkFailedParams struct {
	// OrderNo is required.
	OrderNo string
	// Reason is what the provider said. Because it is not the caller's own, it
	// is never refused: what cannot be stored is left out, and it is cut at
	// 65,535 bytes.
	Reason string
	// At is when it failed; zero means now.
	At time.Time
}

// MarkFailed moves a pending order to failed. A later payment still pays it.
// One that has failed already is returned as a replay.
//
// Errors, after which nothing is written: *InvalidError for a field of p,
// ErrNotFound, *StateError when it is paid, cancelled or refunded, and
// *dialect.Error when the engine fails.
func MarkFailed(ctx context.Context, db bun.IDB, p MarkFailedParams) (*Result, error) {
	return failing(p.Reason).move(ctx, db, GetParams{OrderNo: p.OrderNo}, p.At)
}

// CancelParams name an order to give up.
type CancelParams struct {
	// OrderNo is required.
	OrderNo string
	// UserUUID, when set, is who must own the order.
	UserUUID string
	// At is when it was given up; zero means now.
	At time.Time
}

// Cancel moves a pending order to cancelled. Money that arrives late still pays
// it. One that is cancelled already is returned as a replay.
//
// Errors, after which nothing is written: *InvalidError for a field of p,
// ErrNotFound, *StateError when it is paid, failed or refunded, and
// *dialect.Error when the engine fails.
func Cancel(ctx context.Context, db bun.IDB, p CancelParams) (*Result, error) {
	cancel := step{to: StatusCancelled, apply: func(*Order) {}}
	return cancel.move(ctx, db, GetParams{OrderNo: p.OrderNo, UserUUID: p.UserUUID}, p.At)
}

// failing is the step to failed.
func failing(reason string) step {
	return step{to: StatusFailed, apply: func(o *Order) { o.FailureReason = valid.Storable(reason) }}
}

// step is a move of a pending order that moves no credits.
type step struct {
	to    Status
	apply func(o *Order)
}

func (s step) move(ctx context.Context, db bun.IDB, get GetParams, at time.Time) (*Result, error) {
	at, atErr := valid.Time("At", at)
	if err := valid.First(get.check(), atErr); err != nil {
		return nil, err
	}
	var result *Result
	err := dialect.InTx(ctx, db, func(ctx context.Context, tx bun.Tx) error {
		o, err := get.lock(ctx, tx)
		if err != nil {
			return err
		}
		result, err = s.take(ctx, tx, o, at)
		return err
	})
	if err != nil {
		return nil, err
	}
	return result, nil
}

// take makes the step on a locked order.
func (s step) take(ctx context.Context, tx bun.Tx, o *Order, at time.Time) (*Result, error) {
	switch o.Status {
	case s.to:
		return &Result{Order: o, Replayed: true}, nil
	case StatusPending:
	default:
		return nil, &StateError{OrderNo: o.OrderNo, From: o.Status, To: s.to}
	}
	s.apply(o)
	o.Status, o.UpdatedAt = s.to, at
	return &Result{Order: o}, update(ctx, tx, o)
}
