package credits

import (
	"context"
	"time"

	"github.com/uptrace/bun"
)

// VoidParams name an unspent grant to void.
type VoidParams struct {
	UserUUID string
	// GrantKey is the key of the grant.
	GrantKey string
	// Key is the idempotency key; see ChargeParams.
	Key string
	// Metadata is any JSON object up to 16 KiB.
	Metadata map[string]any
	// At is the time, zero for now.
	At time.Time
	// MaxAhead is how far At may be ahead of the database's clock; see [DefaultMaxAhead].
	MaxAhead time.Duration
}

// Void undoes a grant that was made by mistake. None of it may have been spent,
// held, taken back or used to pay debt. Credits carried over into it are voided
// too and must be equally untouched: no part of them, or of the grant that they
// came from, may be debt. total_credits still includes the grant, as it
// includes everything ever granted.
//
// Errors: *InvalidError; *NotFoundError when there is no such grant; *SpentError
// when any of it was used; *KeyReusedError; *dialect.Error.
func Void(ctx context.Context, db bun.IDB, p VoidParams) (*Operation, error) {
	return run(ctx, db, p)
}

func (p VoidParams) spec() (*spec, error) {
	if err := requireKey("GrantKey", p.GrantKey); err != nil {
		return nil, err
	}
	return newSpec(p, KindVoid, common{user: p.UserUUID, key: p.Key, metadata: p.Metadata, at: p.At, maxAhead: p.MaxAhead}, p.GrantKey)
}

func (p VoidParams) apply(ctx context.Context, a *account, b *builder) error {
	own, first, err := a.lotByKey(ctx, p.GrantKey)
	if err != nil {
		return err
	}
	lots, err := a.lotsGranted(ctx, own, first)
	if err != nil {
		return err
	}
	var granted, free, owed int64
	for _, l := range lots {
		root, err := a.rootOf(ctx, l)
		if err != nil {
			return err
		}
		state, err := root.clawState()
		if err != nil {
			return err
		}
		granted, free, owed = granted+l.Granted, free+l.Free, owed+state.Debt
	}
	// A refund may have made whole again what was taken back as debt: of the
	// grant, or of one that was carried over into it.
	if free != granted || owed > 0 {
		return &SpentError{UserUUID: a.UserUUID, Key: p.GrantKey, Granted: granted, Left: free}
	}
	b.target(first)
	for _, l := range lots {
		a.post(b, l, TypeVoid, -l.Granted, 0)
	}
	return nil
}
