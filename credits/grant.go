package credits

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/internal/valid"
)

// GrantParams describe a grant.
type GrantParams struct {
	// UserUUID is the account; it is created if it does not exist.
	UserUUID string
	// Amount is in credits, 1 to 2^53.
	Amount int64
	// Type is the transaction type; required.
	Type string
	// Key is the idempotency key: at most 255 bytes, scoped to the account. If
	// empty, one is generated, and a retry grants again.
	Key string
	// ExpiresAt is exactly when the remaining credits expire; zero means never.
	// It must be after At.
	ExpiresAt time.Time
	// Paid marks a paid grant, which is spent after free ones with the same
	// expiry. Grants of TypeOrderPay are always paid.
	Paid bool
	// CarryOver moves what is left of an earlier grant into this one.
	CarryOver *CarryOver
	// OrderNo and GenID link the entries to an order or a generation.
	OrderNo, GenID string
	// Metadata is any JSON object up to 16 KiB.
	Metadata map[string]any
	// At is the time of the grant, zero for now.
	At time.Time
	// MaxAhead is how far At may be ahead of the database's clock; see [DefaultMaxAhead].
	MaxAhead time.Duration
}

// Grant adds credits to an account, as a new lot. If the account is in debt,
// the grant pays the debt first ([Operation].DebtPaid).
//
// A grant recorded after its own expiry, because the account's time is later
// than p.At, counts as granted and expired, and carries nothing over.
//
// Errors: *InvalidError; *KeyReusedError; *LimitError; *NotFoundError when the
// grant to carry over does not exist; *dialect.Error.
func Grant(ctx context.Context, db bun.IDB, p GrantParams) (*Operation, error) {
	return run(ctx, db, p)
}

func (p GrantParams) spec() (*spec, error) {
	err := valid.First(
		valid.Amount("Amount", p.Amount), checkType(p.Type),
		checkTime("ExpiresAt", p.ExpiresAt), p.CarryOver.check(),
	)
	if err != nil {
		return nil, err
	}
	var carry CarryOver
	if p.CarryOver != nil {
		carry = *p.CarryOver
	}
	expires := expiryOf(p.ExpiresAt)
	s, err := newSpec(p, p.kind(), common{p.UserUUID, p.Key, p.OrderNo, p.GenID, p.Metadata, p.At, p.MaxAhead},
		p.Amount, p.Type, expires, carry)
	if err != nil {
		return nil, err
	}
	if expires <= s.at {
		// A retry that comes this late is still a replay.
		s.refused = valid.Failf("ExpiresAt", "not after At")
	}
	s.grants, s.granted = s.refused == nil, p.Amount
	return s, nil
}

func (p GrantParams) kind() Kind {
	if p.Paid || p.Type == TypeOrderPay {
		return KindPaidGrant
	}
	return KindGrant
}

func (p GrantParams) apply(ctx context.Context, a *account, b *builder) error {
	moves, err := p.CarryOver.plan(ctx, a)
	if err != nil {
		return err
	}
	if expiryOf(p.ExpiresAt) <= a.AsOfUs {
		moves = nil // nothing is carried over into an expired grant
	}
	l := a.grant(b, p.Type, p.Amount, expiryOf(p.ExpiresAt), p.kind() == KindPaidGrant)
	for _, m := range moves {
		a.carry(b, m, l)
	}
	a.payDebt(b, l, p.Amount)
	return nil
}
