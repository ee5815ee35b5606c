package affiliates

import (
	"context"
	"strconv"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/internal/ledgerkey"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// Rate is how many credits a commission is worth: Credits for each Amount of
// the currency's smallest unit. Rate{Credits: 12, Amount: 100} gives 12 credits
// for 1.00 dollar, and 18 for 1.57.
type Rate struct {
	Credits int64
	Amount  int64
}

// DefaultRate returns the rate that is used when none is given: one credit for
// each smallest unit of the currency, 1,000 for 10.00 dollars.
func DefaultRate() Rate { return Rate{Credits: 1, Amount: 1} }

func (r Rate) check() error {
	return valid.First(valid.Amount("Rate.Credits", r.Credits), valid.Amount("Rate.Amount", r.Amount))
}

// credits is what an amount is worth, rounded down.
func (r Rate) credits(amount int64) int64 { return amount * r.Credits / r.Amount }

// ConvertParams turn a commission into credits.
type ConvertParams struct {
	// ID is the commission, required.
	ID int64
	// UserUUID, when set, is the referrer who must have earned it.
	UserUUID string
	// Rate is what it is worth, rounded down; zero means DefaultRate.
	Rate Rate
	// ExpiresAt is when the credits expire; zero means never.
	ExpiresAt time.Time
	// At is when it happened; zero means now.
	At time.Time
}

// ConvertToCredits pays an approved commission out in credits: the referrer is
// granted them (transaction type referral), and the commission is paid, in one
// transaction. One that was converted already, at the same rate and with the
// same expiry, is returned as a replay with its original operation.
//
// Of concurrent calls of MarkPaid and ConvertToCredits one wins; the other gets
// a *StateError. Errors, after which nothing is written:
//   - *InvalidError for a field of p, a Rate that gives less than one credit or
//     too many included;
//   - ErrNotFound;
//   - *StateError when it is pending, rejected or was paid in money;
//   - ErrNothingLeft when a refund or dispute took it all;
//   - *credits.KeyReusedError when it was converted at another rate;
//   - *credits.LimitError when the account would pass what it can hold;
//   - *dialect.Error when the engine fails.
func ConvertToCredits(ctx context.Context, db bun.IDB, p ConvertParams) (*Result, error) {
	if p.Rate == (Rate{}) {
		p.Rate = DefaultRate()
	}
	if err := p.Rate.check(); err != nil {
		return nil, err
	}
	return move(ctx, db, ReviewParams{ID: p.ID, UserUUID: p.UserUUID, At: p.At}, step{
		to:    StatusPaid,
		from:  []Status{StatusApproved},
		other: func(c *Commission) bool { return c.ConvertedAt.IsZero() },
		replay: func(ctx context.Context, tx bun.Tx, c *Commission) (*credits.Operation, error) {
			return p.grant(ctx, tx, c, c.PaidAmount, c.ConvertedAt)
		},
		apply: func(ctx context.Context, tx bun.Tx, c *Commission, at time.Time) (*credits.Operation, error) {
			if c.CommissionAmount <= 0 {
				return nil, ErrNothingLeft
			}
			op, err := p.grant(ctx, tx, c, c.CommissionAmount, at)
			if err != nil {
				return nil, err
			}
			c.PaidAt, c.PaidAmount = at, c.CommissionAmount
			c.ConvertedAt, c.ConvertedCredits = at, op.Amount
			return op, nil
		},
	})
}

// grant is the ledger's part.
func (p ConvertParams) grant(
	ctx context.Context, tx bun.Tx, c *Commission, amount int64, at time.Time,
) (*credits.Operation, error) {
	worth := p.Rate.credits(amount)
	if worth < 1 || worth > valid.MaxAmount {
		return nil, valid.Failf("Rate", "gives %d credits for the commission of %d", worth, amount)
	}
	return credits.Grant(ledgerkey.Allow(ctx, c.grantKey()), tx, credits.GrantParams{
		UserUUID: c.UserUUID, Amount: worth, Type: credits.TypeReferral, Key: c.grantKey(),
		ExpiresAt: p.ExpiresAt, OrderNo: c.OrderKey, At: at,
	})
}

// grantKey names the credits of a commission in the ledger.
func (c *Commission) grantKey() string {
	if c.OrderKey != "" {
		return ledgerkey.Of("commission", c.OrderKey)
	}
	return ledgerkey.Of("commission-id", strconv.FormatInt(c.ID, 10))
}
