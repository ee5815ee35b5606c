package credits

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/internal/valid"
)

// AdjustParams describe an administrator's correction.
type AdjustParams struct {
	UserUUID string
	// Amount is in credits: positive grants them, negative removes them.
	Amount int64
	// Key is the idempotency key; see ChargeParams.
	Key string
	// ExpiresAt applies to positive amounts; zero means never.
	ExpiresAt time.Time
	// Metadata is any JSON object up to 16 KiB, such as who and why.
	Metadata map[string]any
	// At is the time of the adjustment, zero for now.
	At time.Time
	// MaxAhead is how far At may be ahead of the database's clock; see [DefaultMaxAhead].
	MaxAhead time.Duration
}

// Adjust adds or removes credits by an administrator's decision, as type
// system_add. Removing draws on grants as [Charge] does.
//
// Errors: *InvalidError for an amount of 0 or beyond 2^53, or an expiry on
// a negative one; otherwise those of [Grant] or [Charge].
func Adjust(ctx context.Context, db bun.IDB, p AdjustParams) (*Operation, error) {
	return run(ctx, db, p)
}

func (p AdjustParams) op() Op {
	if p.Amount > 0 {
		return GrantParams{
			UserUUID: p.UserUUID, Amount: p.Amount, Type: TypeSystemAdd, Key: p.Key,
			ExpiresAt: p.ExpiresAt, Metadata: p.Metadata, At: p.At, MaxAhead: p.MaxAhead,
		}
	}
	return ChargeParams{
		UserUUID: p.UserUUID, Amount: -p.Amount, Type: TypeSystemAdd, Key: p.Key,
		Metadata: p.Metadata, At: p.At, MaxAhead: p.MaxAhead,
	}
}

func (p AdjustParams) spec() (*spec, error) {
	switch {
	case p.Amount == 0:
		return nil, valid.Failf("Amount", "must not be 0")
	case p.Amount < -valid.MaxAmount:
		return nil, valid.Failf("Amount", "%d is below %d", p.Amount, int64(-valid.MaxAmount))
	case p.Amount < 0 && !p.ExpiresAt.IsZero():
		return nil, valid.Failf("ExpiresAt", "only a positive amount expires")
	}
	return p.op().spec()
}
