package credits

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/internal/valid"
)

// ExtendParams describe a hold's new timeout.
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

// Extend moves a hold's timeout to p.Timeout after At. It never shortens it: if
// the current timeout is later, that stays.
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
