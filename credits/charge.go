package credits

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/internal/valid"
)

// ChargeParams describe a charge.
type ChargeParams struct {
	UserUUID string
	// Amount is in credits, 1 to 2^53.
	Amount int64
	// Type is the transaction type; empty means TypeAIGeneration.
	Type string
	// Key is the idempotency key: at most 255 bytes, scoped to the account. If
	// empty, one is generated, and a retry charges again.
	Key string
	// OrderNo and GenID link the entries to an order or a generation.
	OrderNo, GenID string
	// Budgets names budgets of the account ([SetBudget]), at most 8, such as an API
	// key's or a team member's. The charge counts against each of them and is refused
	// if it exceeds one. Such a charge takes the general path of a few round trips.
	Budgets []string
	// Metadata is any JSON object up to 16 KiB.
	Metadata map[string]any
	// At is the time of the charge, zero for now. The account's time never runs
	// backwards: a time before its latest operation is taken as that
	// operation's.
	At time.Time
	// MaxAhead is how far At may be ahead of the database's clock; see [DefaultMaxAhead].
	MaxAhead time.Duration
}

// Charge spends credits from the grant that expires first, then free before paid,
// then the oldest. A charge that draws on several grants writes an entry for each.
// A charge that fits in the next grant takes one round trip if the handle allows
// it (charge_fast.go); any other takes the general path (execute.go).
// docs/charge.md follows both.
//
// In a caller's transaction, any error other than a *dialect.Error leaves the
// transaction as it was, and it remains usable.
//
// Errors: *InvalidError; *InsufficientError; *BudgetError; *NotFoundError for a
// budget that does not exist; *KeyReusedError; *dialect.Error, after which nothing is
// stored unless it matches [dialect.ErrOutcomeUnknown].
func Charge(ctx context.Context, db bun.IDB, p ChargeParams) (*Operation, error) {
	return run(ctx, db, p)
}

func (p ChargeParams) transType() string {
	if p.Type == "" {
		return TypeAIGeneration
	}
	return p.Type
}

func (p ChargeParams) spec() (*spec, error) {
	err := valid.First(valid.Amount("Amount", p.Amount), checkType(p.transType()), checkBudgets(p.Budgets))
	if err != nil {
		return nil, err
	}
	payload := []any{p.Amount, p.transType()}
	if len(p.Budgets) > 0 { // charges from before there were budgets have none in their fingerprints
		payload = append(payload, p.Budgets)
	}
	return newSpec(p, KindCharge, common{p.UserUUID, p.Key, p.OrderNo, p.GenID, p.Metadata, p.At, p.MaxAhead}, payload...)
}

func (p ChargeParams) apply(ctx context.Context, a *account, b *builder) error {
	in, err := a.within(ctx, p.Budgets, p.Amount)
	if err != nil {
		return err
	}
	b.data.Budgets = in
	if err := a.spend(ctx, b, p.transType(), p.Amount); err != nil {
		return err
	}
	a.count(in, p.Amount)
	return nil
}

// spend draws amount in burn order, one entry per lot.
func (a *account) spend(ctx context.Context, b *builder, transType string, amount int64) error {
	portions, err := a.plan(ctx, amount)
	if err != nil {
		return err
	}
	for _, p := range portions {
		a.post(b, p.lot, transType, -p.amount, 0)
	}
	return nil
}
