package credits

import (
	"context"
	"time"

	"github.com/uptrace/bun"
)

// ReleaseParams name a hold to release.
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

// Release ends a hold and returns the held credits to the grants that they came
// from. Credits of grants that have expired stay expired. If the account is in
// debt, returned credits pay the debt first.
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
