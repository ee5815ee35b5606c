package credits

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/internal/valid"
)

// CaptureParams describe a capture.
type CaptureParams struct {
	UserUUID string
	// HoldKey is the key of the hold.
	HoldKey string
	// Amount is in credits; 0 captures all that can be captured.
	Amount int64
	// KeepHold keeps the rest on hold, for further captures. Without it, the
	// capture ends the hold and the rest returns to its grants.
	KeepHold bool
	// Key is the idempotency key; see ChargeParams. [Refund] names the capture
	// by it.
	Key string
	// OrderNo and GenID link the entries to an order or a generation; empty means
	// the hold's.
	OrderNo, GenID string
	// Budgets are as in ChargeParams: what is captured counts against each of them.
	// If it exceeds one, the capture is refused; the hold stays, and less of it may
	// be captured. Held credits that are not captured do not count.
	Budgets []string
	// Metadata is any JSON object up to 16 KiB.
	Metadata map[string]any
	// At is the time of the capture, zero for now.
	At time.Time
	// MaxAhead is how far At may be ahead of the database's clock; see [DefaultMaxAhead].
	MaxAhead time.Duration
}

// Capture spends credits that a hold reserved, some or all of them. Credits
// whose grant has expired in the meantime cannot be captured.
//
// A hold ends once: by a capture, a release or its timeout. At its timeout it
// has ended, whether or not it has been swept.
//
// Errors: *InvalidError; *NotFoundError for a hold or a budget that does not exist;
// *HoldEndedError; *ExceedsError when Amount is more than is held; *InsufficientError
// when too much of it has expired; *BudgetError; *KeyReusedError; *dialect.Error.
func Capture(ctx context.Context, db bun.IDB, p CaptureParams) (*Operation, error) {
	return run(ctx, db, p)
}

func (p CaptureParams) spec() (*spec, error) {
	if err := valid.First(requireKey("HoldKey", p.HoldKey), checkBudgets(p.Budgets)); err != nil {
		return nil, err
	}
	if p.Amount != 0 {
		if err := valid.Amount("Amount", p.Amount); err != nil {
			return nil, err
		}
	}
	payload := []any{p.HoldKey, p.Amount, p.KeepHold}
	if len(p.Budgets) > 0 { // as of charges
		payload = append(payload, p.Budgets)
	}
	return newSpec(p, KindCapture, common{p.UserUUID, p.Key, p.OrderNo, p.GenID, p.Metadata, p.At, p.MaxAhead}, payload...)
}

func (p CaptureParams) apply(ctx context.Context, a *account, b *builder) error {
	h, err := a.activeHold(ctx, p.HoldKey)
	if err != nil {
		return err
	}
	lots, err := a.book.lotsByID(ctx, a, h.lotIDs())
	if err != nil {
		return err
	}
	amount, err := a.capturable(h, lots, p.Amount)
	if err != nil {
		return err
	}
	in, err := a.within(ctx, p.Budgets, amount)
	if err != nil {
		return err
	}
	b.targetHold(h)
	b.data.KeepsHold, b.data.Budgets = p.KeepHold, in
	captured := h.capture(a, lots, amount)
	var rest []giveBack
	if !p.KeepHold || h.Remaining == 0 {
		if rest, err = a.giveBacks(ctx, b, h.portions(lots), true); err != nil {
			return err
		}
		h.end(a, HoldCaptured)
	}
	for _, part := range captured {
		a.post(b, part.lot, h.TransType, -part.amount, -part.amount)
	}
	a.release(b, rest, TypeRelease)
	a.count(in, amount)
	return nil
}

// capture takes amount from the hold's parts, except those of expired grants, and returns what
// it took.
func (h *hold) capture(a *account, lots map[int64]*lot, amount int64) []portion {
	var captured []portion
	h.Captured += amount
	for i := range h.parts {
		part := &h.parts[i]
		if take := min(amount, part.Amount); take > 0 && !a.expired(lots[part.Lot]) {
			captured = append(captured, portion{lots[part.Lot], take})
			part.Amount -= take
			amount -= take
		}
	}
	h.encodeParts()
	return captured
}

// capturable checks the amount against what is held and has not expired.
func (a *account) capturable(h *hold, lots map[int64]*lot, amount int64) (int64, error) {
	var usable int64
	for _, part := range h.parts {
		if !a.expired(lots[part.Lot]) {
			usable += part.Amount
		}
	}
	if amount == 0 {
		amount = max(usable, 1)
	}
	switch {
	case amount > h.Remaining:
		return 0, &ExceedsError{UserUUID: a.UserUUID, Key: h.HoldKey, Asked: amount, Left: h.Remaining}
	case amount > usable:
		return 0, &InsufficientError{UserUUID: a.UserUUID, Need: amount, Have: usable}
	}
	return amount, nil
}
