package credits

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/internal/valid"
)

// ClawBackPolicy says what becomes of credits that are to be taken back but
// were spent.
type ClawBackPolicy string

// The policies. What is held when it is clawed back becomes debt under both,
// and is paid if the hold is released; held credits that have expired are let
// go.
const (
	// PolicyDebt makes the spent part a debt, which coming credits pay first.
	PolicyDebt ClawBackPolicy = "debt"
	// PolicyForgive lets the spent part go.
	PolicyForgive ClawBackPolicy = "forgive"
)

// Valid reports whether p is a policy.
func (p ClawBackPolicy) Valid() bool { return p == PolicyDebt || p == PolicyForgive }

// Sources of claw-backs that payment providers report separately.
const (
	SourceRefund  = "refund"
	SourceDispute = "dispute"
)

// ClawBackParams take a grant's credits back, because its payment was.
type ClawBackParams struct {
	UserUUID string
	// GrantKey is the key of the grant.
	GrantKey string
	// Total is how many credits of the grant this source wants back in all, as
	// payment providers report refunds: 40, later 100, took 100 and not 140. A
	// total that is lower than an earlier one came late and changes nothing.
	Total int64
	// Source keeps totals apart that are reported apart; empty means
	// SourceRefund. A purchase that was refunded and disputed is taken back
	// once: all sources together never take more than was granted.
	Source string
	// Reinstate makes a lower total count: a dispute was won. It gives back
	// what the higher total took beyond the lower: debt that was paid meanwhile
	// to the grants that paid it.
	Reinstate bool
	// Policy is about what was spent already; empty means PolicyDebt.
	Policy ClawBackPolicy
	// Key is the idempotency key; see ChargeParams.
	Key string
	// OrderNo references the entries to an order; empty means the grant's.
	OrderNo string
	// Metadata is any JSON object up to 16 KiB.
	Metadata map[string]any
	// At is the time of the claw-back, zero for now.
	At time.Time
	// MaxAhead is how far At may be ahead of the database's clock; see [DefaultMaxAhead].
	MaxAhead time.Duration
}

// ClawBack takes from a grant what is left of it, up to the total, also where
// it was carried over to. Debts of other grants that it paid are owed again.
// What was spent becomes debt or is forgiven, by the policy; other grants are
// not touched. [Operation].Amount is what changed hands and debt together;
// Forgiven is what was let go, and does not come back when the spending is
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
