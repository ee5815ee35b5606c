package credits

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits/internal/column"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// DefaultHoldTimeout is a hold's timeout when none is given.
const DefaultHoldTimeout = time.Hour

// HoldParams describe a reservation of credits.
type HoldParams struct {
	UserUUID string
	// Amount is in credits, 1 to 2^53.
	Amount int64
	// Type is the transaction type of what is captured; empty means
	// TypeAIGeneration.
	Type string
	// Key is the idempotency key, by which Capture, Release and Extend name the
	// hold. If empty, one is generated.
	Key string
	// Timeout is how long the hold lasts unless it is captured or released; 0
	// means DefaultHoldTimeout.
	Timeout time.Duration
	// OrderNo and GenID link the entries to an order or a generation.
	OrderNo, GenID string
	// Metadata is any JSON object up to 16 KiB.
	Metadata map[string]any
	// At is the time of the hold, zero for now.
	At time.Time
	// MaxAhead is how far At may be ahead of the database's clock; see [DefaultMaxAhead].
	MaxAhead time.Duration
}

// Hold reserves credits, drawn as [Charge] draws them. Held credits cannot be
// spent otherwise. They still expire with their grants, and return to them when
// the hold is released or times out.
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

// maxSpan limits the durations that callers pass.
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
	h.encodeParts()
	a.holds[h.HoldSeq] = h
	a.ActiveHolds++
	a.NextEventUs = min(a.NextEventUs, h.DueUs)
	return nil
}
