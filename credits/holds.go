package credits

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits/internal/column"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// DefaultHoldTimeout is a hold's when none is given.
const DefaultHoldTimeout = time.Hour

// HoldParams reserve credits before a cost is known.
type HoldParams struct {
	UserUUID string
	// Amount is in credits, 1 to 2^53.
	Amount int64
	// Type is the transaction type of what is captured; empty means
	// TypeAIGeneration.
	Type string
	// Key is the idempotency key, by which Capture, Release and Extend name the
	// hold. Empty makes one up.
	Key string
	// Timeout is after what time the hold ends by itself, exactly then; 0 means
	// DefaultHoldTimeout.
	Timeout time.Duration
	// OrderNo and GenID tie the entries to an order or a generation.
	OrderNo, GenID string
	// Metadata is any JSON object up to 16 KiB.
	Metadata map[string]any
	// At is the time of the hold, zero for now.
	At time.Time
	// MaxAhead is how far At may be ahead of the database's clock; see [DefaultMaxAhead].
	MaxAhead time.Duration
}

// Hold reserves credits, drawn as [Charge] draws. They cannot be spent
// otherwise, still expire with their grants, and go back there when the hold
// is released or times out.
//
// Errors: *InvalidError; *InsufficientError; *KeyReusedError; *dialect.Error.
func Hold(ctx context.Context, db bun.IDB, p HoldParams) (*Operation, error) {
	return run(ctx, db, p)
}

func (p HoldParams) transType() string {
	if p.Type == "" {
		return TypeAIGeneration
	}
	return p.Type
}

// maxSpan bounds the durations that callers give.
const maxSpan = 100 * 365 * 24 * time.Hour

func checkTimeout(d time.Duration) error {
	if d < 0 || d > maxSpan {
		return valid.Failf("Timeout", "%v is not between 0 and 100 years", d)
	}
	return nil
}

func timeoutOr(d time.Duration) int64 {
	if d == 0 {
		d = DefaultHoldTimeout
	}
	return max(d.Microseconds(), 1)
}

func (p HoldParams) spec() (*spec, error) {
	err := valid.First(valid.Amount("Amount", p.Amount), checkType(p.transType()), checkTimeout(p.Timeout))
	if err != nil {
		return nil, err
	}
	return newSpec(p, KindHold, common{p.UserUUID, p.Key, p.OrderNo, p.GenID, p.Metadata, p.At, p.MaxAhead},
		p.Amount, p.transType(), timeoutOr(p.Timeout))
}

func (p HoldParams) apply(ctx context.Context, a *account, b *builder) error {
	portions, err := a.plan(ctx, p.Amount)
	if err != nil {
		return err
	}
	h := &hold{fresh: true, orderNo: p.OrderNo, genID: p.GenID, HoldRecord: HoldRecord{
		UserUUID: a.UserUUID, HoldSeq: a.Seq + 1, HoldKey: b.header.OpKey, Amount: p.Amount,
		Status: HoldActive, DueUs: a.AsOfUs + timeoutOr(p.Timeout), CreatedUs: a.AsOfUs, TransType: p.transType(),
	}}
	b.data.DueUs, b.data.Type = h.DueUs, h.TransType
	for _, part := range portions {
		a.post(b, part.lot, TypeHold, 0, part.amount)
		h.parts = append(h.parts, column.HoldPart{Lot: part.lot.Lot.Lot, Amount: part.amount})
	}
	h.seal()
	a.holds[h.HoldSeq] = h
	a.ActiveHolds++
	a.NextEventUs = min(a.NextEventUs, h.DueUs)
	return nil
}

// CaptureParams spend what is held.
type CaptureParams struct {
	UserUUID string
	// HoldKey is the key of the hold.
	HoldKey string
	// Amount is in credits; 0 captures all that can be.
	Amount int64
	// KeepHold keeps what is not captured held, for further captures. Without
	// it the capture ends the hold and the rest goes back to its grants.
	KeepHold bool
	// Key is the idempotency key; see ChargeParams. [Refund] names the capture
	// by it.
	Key string
	// OrderNo and GenID tie the entries to an order or a generation; empty means
	// the hold's.
	OrderNo, GenID string
	// Metadata is any JSON object up to 16 KiB.
	Metadata map[string]any
	// At is the time of the capture, zero for now.
	At time.Time
	// MaxAhead is how far At may be ahead of the database's clock; see [DefaultMaxAhead].
	MaxAhead time.Duration
}

// Capture spends what a hold reserved, in part or all of it. Credits whose
// grant has expired since are gone and cannot be captured.
//
// Of a capture, a release and the timeout only one happens: at its timeout a
// hold has ended, swept or not.
//
// Errors: *InvalidError; *NotFoundError when there is no such hold;
// *HoldEndedError; *ExceedsError when more is asked than is held;
// *InsufficientError when too much of it has expired; *KeyReusedError;
// *dialect.Error.
func Capture(ctx context.Context, db bun.IDB, p CaptureParams) (*Operation, error) {
	return run(ctx, db, p)
}

func (p CaptureParams) spec() (*spec, error) {
	if err := requireKey("HoldKey", p.HoldKey); err != nil {
		return nil, err
	}
	if p.Amount != 0 {
		if err := valid.Amount("Amount", p.Amount); err != nil {
			return nil, err
		}
	}
	return newSpec(p, KindCapture, common{p.UserUUID, p.Key, p.OrderNo, p.GenID, p.Metadata, p.At, p.MaxAhead},
		p.HoldKey, p.Amount, p.KeepHold)
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
	b.targetHold(h)
	b.data.KeepsHold = p.KeepHold
	captured := h.capture(a, lots, amount)
	var rest []comeback
	if !p.KeepHold || h.Remaining == 0 {
		if rest, err = a.comebacks(ctx, b, h.portions(lots), true); err != nil {
			return err
		}
		h.end(a, HoldCaptured)
	}
	for _, part := range captured {
		a.post(b, part.lot, h.TransType, -part.amount, -part.amount)
	}
	a.release(b, rest, TypeRelease)
	return nil
}

// capture takes amount out of the hold's parts, but for those of grants that
// have expired, and returns what it took.
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
	h.seal()
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

// ReleaseParams end a hold.
type ReleaseParams struct {
	UserUUID string
	// HoldKey is the key of the hold.
	HoldKey string
	// Key is the idempotency key; see ChargeParams.
	Key string
	// Metadata is any JSON object up to 16 KiB.
	Metadata map[string]any
	// At is the time of the release, zero for now.
	At time.Time
	// MaxAhead is how far At may be ahead of the database's clock; see [DefaultMaxAhead].
	MaxAhead time.Duration
}

// Release ends a hold and gives what is held back to the grants that it came
// from; credits of those that have expired stay expired. If the account is in
// debt, what comes back pays that first.
//
// Errors: *InvalidError; *NotFoundError when there is no such hold;
// *HoldEndedError; *KeyReusedError; *dialect.Error.
func Release(ctx context.Context, db bun.IDB, p ReleaseParams) (*Operation, error) {
	return run(ctx, db, p)
}

func (p ReleaseParams) spec() (*spec, error) {
	if err := requireKey("HoldKey", p.HoldKey); err != nil {
		return nil, err
	}
	return newSpec(p, KindRelease, common{user: p.UserUUID, key: p.Key, metadata: p.Metadata, at: p.At, maxAhead: p.MaxAhead}, p.HoldKey)
}

func (p ReleaseParams) apply(ctx context.Context, a *account, b *builder) error {
	h, err := a.activeHold(ctx, p.HoldKey)
	if err != nil {
		return err
	}
	b.targetHold(h)
	return a.endHold(ctx, b, h, TypeRelease, HoldReleased)
}

// ExtendParams move a hold's timeout.
type ExtendParams struct {
	UserUUID string
	// HoldKey is the key of the hold.
	HoldKey string
	// Timeout counts from At; 0 means DefaultHoldTimeout.
	Timeout time.Duration
	// Key is the idempotency key; see ChargeParams.
	Key string
	// At is the time of the call, zero for now.
	At time.Time
	// MaxAhead is how far At may be ahead of the database's clock; see [DefaultMaxAhead].
	MaxAhead time.Duration
}

// Extend moves a hold's timeout to p.Timeout after At. It never comes sooner:
// a time before the present timeout leaves that as it is.
//
// Errors: *InvalidError; *NotFoundError when there is no such hold;
// *HoldEndedError; *KeyReusedError; *dialect.Error.
func Extend(ctx context.Context, db bun.IDB, p ExtendParams) (*Operation, error) {
	return run(ctx, db, p)
}

func (p ExtendParams) spec() (*spec, error) {
	err := valid.First(requireKey("HoldKey", p.HoldKey), checkTimeout(p.Timeout))
	if err != nil {
		return nil, err
	}
	return newSpec(p, KindExtend, common{user: p.UserUUID, key: p.Key, at: p.At, maxAhead: p.MaxAhead},
		p.HoldKey, timeoutOr(p.Timeout))
}

func (p ExtendParams) apply(ctx context.Context, a *account, b *builder) error {
	h, err := a.activeHold(ctx, p.HoldKey)
	if err != nil {
		return err
	}
	lots, err := a.book.lotsByID(ctx, a, h.lotIDs()[:1])
	if err != nil {
		return err
	}
	h.DueUs = max(h.DueUs, a.AsOfUs+timeoutOr(p.Timeout))
	b.targetHold(h)
	b.data.DueUs = h.DueUs
	a.post(b, lots[h.parts[0].Lot], TypeHoldExtend, 0, 0)
	return nil
}

// activeHold finds a hold that has not ended.
//
// Returns a *NotFoundError or a *HoldEndedError.
func (a *account) activeHold(ctx context.Context, key string) (*hold, error) {
	h, err := a.book.holdByKey(ctx, a, key)
	if err != nil {
		return nil, err
	}
	if h.Status != HoldActive {
		return nil, &HoldEndedError{UserUUID: a.UserUUID, Key: key, Status: h.Status}
	}
	return h, nil
}
