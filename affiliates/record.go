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
	// Commission is the commission as it stands; nil if [Record] found nothing
	// to earn.
	Commission *Commission `json:"commission,omitzero"`
	// Operation is what the ledger did to the referrer's account, nil where no
	// credits moved.
	Operation *credits.Operation `json:"operation,omitzero"`
	// Replayed is true when the call had been made before: nothing was written.
	Replayed bool `json:"replayed"`
	// Mended lists what an earlier call had left undone, because its commit was
	// partial: [credits.PartCommission], [credits.PartGrant] or
	// [credits.PartClawBack]. Nil for a first call and for a replay.
	Mended []credits.Part `json:"mended,omitempty"`
}

// RecordParams describe a paid order.
type RecordParams struct {
	// OrderNo is the order's number, at most 255 characters.
	OrderNo string
	// CustomerUUID is who paid.
	CustomerUUID string
	// Amount is what was paid, without taxes, in the currency's smallest unit; 0
	// earns nothing.
	Amount int64
	// Currency is an ISO 4217 code. Rows of other programs may lack one.
	Currency string
	// Tiers is the scale; nil means DefaultTiers.
	Tiers Tiers
	// Known is what the order earned when it was paid, if the caller recorded
	// it, as package orders does: a missing row is written again as it was. Nil
	// means that the customer and the Tiers determine it.
	Known *Earned
	// At is when it was paid; zero means now.
	At time.Time
}

// Earned is what an order earned and for whom.
type Earned struct {
	// ReferrerUUID is who earned it.
	ReferrerUUID string `json:"referrer_uuid"`
	// Rate is in whole percent, Amount in the smallest unit of the order's
	// currency.
	Rate   int64 `json:"rate"`
	Amount int64 `json:"amount"`
}

// Record records, as pending, what the customer's referrer earns on an order.
// Package orders calls it in the transaction that pays the order. An order
// earns once; each renewal of a subscription is an order of its own.
//
// Nothing is earned, and Result.Commission is nil, if the customer was not
// invited, if the customer or the referrer is unknown or deleted, if they are
// the same person, or if the tiers give less than one smallest unit.
//
// Errors, after which nothing is written: *InvalidError for a field of p,
// *CurrencyError when a referrer would earn, but no tier is for the currency, and
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
			c, err = c.stored(ctx, tx)
		}
		result.Commission, result.Replayed = c, !inserted
		return err
	})
	if err != nil {
		return nil, err
	}
	return result, nil
}

// stored is the row of an order whose commission is known to be there.
func (c *Commission) stored(ctx context.Context, tx bun.Tx) (*Commission, error) {
	found, err := knownOf(ctx, tx, c.OrderUUID, c.UserUUID)
	if err == nil && len(found) == 0 {
		err = notFound("OrderNo", c.OrderUUID, "")
	}
	if err != nil {
		return nil, err
	}
	return &found[0], nil
}

// commission returns what is earned, nil for nothing.
func (p RecordParams) commission(ctx context.Context, tx bun.Tx, at time.Time) (*Commission, error) {
	earned := p.Known
	if earned == nil {
		earned = &Earned{
			Rate: p.Tiers.Percent(p.Amount, p.Currency), Amount: p.Tiers.Commission(p.Amount, p.Currency),
		}
	}
	uncovered := p.uncovered()
	if earned.Amount == 0 && uncovered == nil {
		return nil, nil
	}
	c := &Commission{
		UserUUID: earned.ReferrerUUID, OrderUUID: p.OrderNo, OrderKey: p.OrderNo,
		CustomerUUID: p.CustomerUUID, OrderAmount: p.Amount, Currency: p.Currency,
		CommissionRate: earned.Rate, CommissionAmount: earned.Amount,
		Status: StatusPending, CreatedAt: at, UpdatedAt: at,
	}
	customer, err := activeUser(ctx, tx, p.CustomerUUID)
	if err != nil {
		return nil, err
	}
	if customer != nil {
		c.CustomerEmail = customer.Email
	}
	if p.Known != nil { // it was earned, whoever has been deleted since
		return c, nil
	}
	if customer == nil || customer.InvitedBy == customer.UUID {
		return nil, nil
	}
	referrer, err := activeUser(ctx, tx, customer.InvitedBy)
	if err != nil || referrer == nil {
		return nil, err
	}
	c.UserUUID = referrer.UUID
	return c, uncovered
}

// uncovered returns a *CurrencyError when the scale is not for the order.
func (p RecordParams) uncovered() error {
	if p.Known != nil || p.Amount == 0 {
		return nil
	}
	return p.Tiers.Covers(p.Currency)
}

// activeUser returns a user, nil when there is none of that uuid or it is deleted.
// A uuid that is not in canonical form stands in an adopted row only, and no
// user of ours answers to it.
func activeUser(ctx context.Context, tx bun.Tx, userUUID string) (*users.User, error) {
	if userUUID == "" {
		return nil, nil
	}
	u, err := users.Get(ctx, tx, users.GetParams{UserUUID: userUUID})
	if errors.Is(err, users.ErrNotFound) || errors.Is(err, users.ErrInvalid) {
		return nil, nil
	}
	return u, err
}
