package credits

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/internal/valid"
)

// ClawBackPolicy says what becomes of clawed-back credits that were already
// spent.
type ClawBackPolicy string

// The policies. Under both, credits that are held become debt, which is paid if
// the hold is released; held credits that have expired are forgiven.
const (
	// PolicyDebt makes the spent part a debt, which new credits pay first.
	PolicyDebt ClawBackPolicy = "debt"
	// PolicyForgive forgives the spent part.
	PolicyForgive ClawBackPolicy = "forgive"
)

// Valid reports whether p is a policy.
func (p ClawBackPolicy) Valid() bool { return p == PolicyDebt || p == PolicyForgive }

// Sources of claw-backs that payment providers report separately.
const (
	SourceRefund  = "refund"
	SourceDispute = "dispute"
)

// ClawBackParams describe a claw-back of a grant whose payment was reversed.
type ClawBackParams struct {
	UserUUID string
	// GrantKey is the key of the grant.
	GrantKey string
	// Total is how many credits of the grant this source takes back in all.
	// Like the refunds that payment providers report, it is a running total: 40
	// and later 100 takes 100, not 140. A total lower than an earlier one is a
	// late report and changes nothing.
	Total int64
	// Source separates totals that are reported separately; empty means
	// SourceRefund. A purchase that was both refunded and disputed is taken
	// back once: all sources together never take more than was granted.
	Source string
	// Reinstate makes a lower total count, as when a dispute is won. It gives
	// back the difference: debt that has been paid in the meantime goes back to
	// the grants that paid it.
	Reinstate bool
	// Policy says what becomes of credits already spent; empty means
	// PolicyDebt.
	Policy ClawBackPolicy
	// Key is the idempotency key; see ChargeParams.
	Key string
	// OrderNo links the entries to an order; empty means the grant's.
	OrderNo string
	// Metadata is any JSON object up to 16 KiB.
	Metadata map[string]any
	// At is the time of the claw-back, zero for now.
	At time.Time
	// MaxAhead is how far At may be ahead of the database's clock; see [DefaultMaxAhead].
	MaxAhead time.Duration
}

// ClawBack takes back what is left of a grant, up to the total, including
// credits carried over from it. Debts that the grant paid are owed again. Spent
// credits become debt or are forgiven, according to the policy; other grants
// are not touched. [Operation].Amount is the credits taken back plus the new
// debt. Forgiven is what was let go; it does not come back when the spending is
// undone.
//
// Errors: *InvalidError; *NotFoundError when there is no such grant;
// *ExceedsError when Total is more than was granted; *KeyReusedError;
// *dialect.Error.
func ClawBack(ctx context.Context, db bun.IDB, p ClawBackParams) (*Operation, error) {
	return run(ctx, db, p)
}

func (p ClawBackParams) withDefaults() ClawBackParams {
	if p.Source == "" {
		p.Source = SourceRefund
	}
	if p.Policy == "" {
		p.Policy = PolicyDebt
	}
	return p
}

func (p ClawBackParams) spec() (*spec, error) {
	p = p.withDefaults()
	err := valid.First(
		requireKey("GrantKey", p.GrantKey), valid.Identifier("Source", p.Source, maxTypeRunes),
	)
	switch {
	case err != nil:
		return nil, err
	case p.Total < 0 || (p.Total == 0 && !p.Reinstate):
		return nil, valid.Failf("Total", "%d is not positive", p.Total)
	case p.Total > valid.MaxAmount:
		return nil, valid.Failf("Total", "%d is above %d", p.Total, int64(valid.MaxAmount))
	case !p.Policy.Valid():
		return nil, valid.Failf("Policy", "%q is not a policy", p.Policy)
	}
	return newSpec(p, KindClawBack, common{p.UserUUID, p.Key, p.OrderNo, "", p.Metadata, p.At, p.MaxAhead},
		p.GrantKey, p.Total, p.Source, p.Reinstate, p.Policy)
}

func (p ClawBackParams) apply(ctx context.Context, a *account, b *builder) error {
	l, first, err := a.lotByKey(ctx, p.GrantKey)
	if err != nil {
		return err
	}
	// What was carried over into the grant was not bought with it.
	if p.Total > first.Credits {
		return &ExceedsError{UserUUID: a.UserUUID, Key: p.GrantKey, Asked: p.Total, Left: first.Credits}
	}
	c, err := a.clawBacks(ctx, l)
	if err != nil {
		return err
	}
	before := c.state.Forgiven
	plan := c.plan(a, c.report(p, first.Credits-c.voided), p.Policy)
	b.target(first)
	b.data.Forgiven = c.state.Forgiven - before
	c.record(b)
	if plan.payers, err = a.payers(ctx, b, plan.paid); err != nil {
		return err
	}
	plan.post(a, b)
	return nil
}
