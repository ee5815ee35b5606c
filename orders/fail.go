package orders

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// MarkFailedParams describe a failed payment.
type MarkFailedParams struct {
	// OrderNo is required.
	OrderNo string
	// Provider is as in MarkPaidParams.
	Provider PayType
	// Reason is the provider's explanation. Since the caller does not control
	// it, it is never refused: text that cannot be stored is dropped, and it is
	// truncated at 65,535 bytes.
	Reason string
	// PayRef is the provider's ID of the failed payment and Invoice that of its
	// invoice, at most 255 characters each. With either, the payment is recorded
	// as PaymentFailed.
	PayRef, Invoice string
	// Due is the amount due; nil means the order's.
	Due *Money
	// At is when it failed; zero means now.
	At time.Time
}

// MarkFailed moves a pending order to failed. A later payment still pays it. An
// order that has already failed is returned as a replay, unless it was another
// payment that failed.
//
// Errors, after which nothing is written: *InvalidError for a field of p,
// *NotFoundError, *StateError when it is paid, cancelled or refunded, and
// *dialect.Error when the engine fails.
func MarkFailed(ctx context.Context, db bun.IDB, p MarkFailedParams) (*Result, error) {
	due, err := p.Due.check("Due")
	if err != nil {
		return nil, err
	}
	s := failing(p.Reason)
	s.payment = &payment{provider: p.Provider, ref: p.PayRef, invoice: p.Invoice, paid: due, at: p.At}
	if err := s.payment.check(); err != nil {
		return nil, err
	}
	return s.move(ctx, db, GetParams{OrderNo: p.OrderNo}, p.At)
}

// CancelParams name an order to cancel.
type CancelParams struct {
	// OrderNo is required.
	OrderNo string
	// UserUUID, when set, is who must own the order.
	UserUUID string
	// At is when it was cancelled; zero means now.
	At time.Time
}

// Cancel moves a pending order to cancelled. Money that arrives late still pays
// it. An order that is already cancelled is returned as a replay.
//
// Errors, after which nothing is written: *InvalidError for a field of p,
// *NotFoundError, *StateError when it is paid, failed or refunded, and
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
	// payment is the one that failed, if it has a name.
	payment *payment
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
		if result, err = s.take(ctx, tx, o, at); err != nil {
			return err
		}
		return s.payment.failed(ctx, tx, result)
	})
	if err != nil {
		return nil, err
	}
	return result, nil
}

// take makes the step on a locked order.
func (s step) take(ctx context.Context, tx bun.Tx, o *Order, at time.Time) (*Result, error) {
	switch is, _ := o.Status.Foreign(); is {
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

// failed records a payment that failed. One that worked, or is known to have
// failed, stays as it is; so does one of which a link, a refund or a dispute was told
// first, which is only of a payment that worked: the attempt failed before.
func (p *payment) failed(ctx context.Context, tx bun.Tx, result *Result) error {
	if p == nil || p.ref == "" && p.invoice == "" {
		return nil
	}
	o := result.Order
	draft := p.row(o)
	if draft.Currency == "" {
		draft.Gross, draft.Currency = o.Amount, o.Currency
	}
	draft.Status, draft.PaidAt, draft.FailedAt, draft.FailureReason = PaymentFailed, time.Time{}, p.at, o.FailureReason
	is := *draft
	row, fresh, err := draft.insert(ctx, tx)
	if err != nil {
		return err
	}
	result.Payment = row
	if fresh || row.Status != PaymentUnmatched {
		result.Replayed = result.Replayed && !fresh
		return row.named(ctx, tx, &is)
	}
	if row.UserUUID != "" {
		return nil
	}
	result.Replayed = false
	row.OrderNo, row.UserUUID, row.UpdatedAt = o.OrderNo, o.UserUUID, p.at
	if err := row.update(ctx, tx); err != nil {
		return err
	}
	return o.touch(ctx, tx)
}

// worked makes a failed attempt one that worked after all. What was due is not what it
// paid: several payments may have paid it together.
func (pm *Payment) worked() {
	if pm.Status != PaymentFailed {
		return
	}
	pm.Status, pm.FailedAt, pm.FailureReason = PaymentUnmatched, time.Time{}, ""
	pm.Gross, pm.Tax, pm.Discount, pm.Net, pm.Currency = 0, 0, 0, 0, ""
}
