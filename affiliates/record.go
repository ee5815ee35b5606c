package affiliates

import (
	"context"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/rows"
	"github.com/chameleon-go/chameleon/internal/valid"
	"github.com/chameleon-go/chameleon/users"
)

// maxName is the longest name, in characters.
const maxName = 255

// Result is a commission and what happened to it.
type Result struct {
	// Commission as it stands; nil where [Record] found nothing to earn.
	Commission *Commission
	// Operation is what the ledger did to the referrer's account, nil where no
	// credits moved.
	Operation *credits.Operation
	// Replayed is true when the call had been made before: nothing was written.
	Replayed bool
}

// RecordParams describe an order that was paid.
type RecordParams struct {
	// OrderNo is the order's number, at most 255 characters.
	OrderNo string
	// CustomerUUID is who paid.
	CustomerUUID string
	// Amount is what was paid, in the currency's smallest unit; 0 earns nothing.
	Amount int64
	// Currency is an ISO 4217 code. Rows of other programs may lack one.
	Currency string
	// Tiers is the scale; nil means DefaultTiers.
	Tiers Tiers
	// At is when it was paid; zero means now.
	At time.Time
}

// Record records, as pending, what the referrer of a customer earns by an
// order. Package orders calls it in the transaction that pays the order. An
// order earns once; the renewals of a subscription are orders of their own and
// earn each.
//
// Nothing is earned, and Result.Commission is nil, when the customer was not
// invited, when the customer or the referrer is unknown or deleted, when they
// are one and the same, and when the scale gives less than one smallest unit.
//
// Errors, after which nothing is written: *InvalidError for a field of p, and
// *dialect.Error when the engine fails.
func Record(ctx context.Context, db bun.IDB, p RecordParams) (*Result, error) {
	at, atErr := valid.Time("At", p.At)
	err := valid.First(
		valid.Identifier("OrderNo", p.OrderNo, maxName),
		valid.Identifier("CustomerUUID", p.CustomerUUID, maxName),
		valid.AmountOrZero("Amount", p.Amount),
		valid.Text("Currency", p.Currency, 10),
		p.Tiers.Check(), atErr,
	)
	if err != nil {
		return nil, err
	}
	var result *Result
	err = dialect.InTx(ctx, db, func(ctx context.Context, tx bun.Tx) error {
		result = &Result{}
		c, err := p.commission(ctx, tx, at)
		if err != nil || c == nil {
			return err
		}
		inserted, err := rows.Insert(ctx, tx, c)
		if err != nil {
			return err
		}
		if !inserted || c.ID == 0 { // not every engine tells the id
			c, err = find(ctx, tx, GetParams{OrderNo: p.OrderNo})
		}
		result.Commission, result.Replayed = c, !inserted
		return err
	})
	if err != nil {
		return nil, err
	}
	return result, nil
}

// commission returns what is earned, nil for nothing.
func (p RecordParams) commission(ctx context.Context, tx bun.Tx, at time.Time) (*Commission, error) {
	amount := p.Tiers.Commission(p.Amount, p.Currency)
	if amount == 0 {
		return nil, nil
	}
	customer, err := living(ctx, tx, p.CustomerUUID)
	if err != nil || customer == nil || customer.InvitedBy == customer.UUID {
		return nil, err
	}
	referrer, err := living(ctx, tx, customer.InvitedBy)
	if err != nil || referrer == nil {
		return nil, err
	}
	return &Commission{
		UserUUID: referrer.UUID, OrderUUID: p.OrderNo, OrderKey: p.OrderNo,
		CustomerUUID: customer.UUID, CustomerEmail: customer.Email,
		OrderAmount: p.Amount, Currency: p.Currency,
		CommissionRate: p.Tiers.Percent(p.Amount, p.Currency), CommissionAmount: amount,
		Status: StatusPending, CreatedAt: at, UpdatedAt: at,
	}, nil
}

// living returns a user, nil when there is none of that uuid or it is deleted.
// A uuid that is not in canonical form stands in an adopted row only, and no
// user of ours answers to it.
func living(ctx context.Context, tx bun.Tx, userUUID string) (*users.User, error) {
	if userUUID == "" {
		return nil, nil
	}
	u, err := users.Get(ctx, tx, users.GetParams{UUID: userUUID})
	if errors.Is(err, users.ErrNotFound) || errors.Is(err, users.ErrInvalid) {
		return nil, nil
	}
	return u, err
}
