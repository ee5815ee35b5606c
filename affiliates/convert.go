package affiliates

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/internal/ledgerkey"
	"github.com/chameleon-go/chameleon/internal/mend"
	"github.com/chameleon-go/chameleon/internal/share"
	"github.com/chameleon-go/chameleon/internal/valid"
	"github.com/chameleon-go/chameleon/internal/width"
)

// Rate is how many credits a commission is worth: Credits for each Amount of
// the currency's smallest unit. Rate{Credits: 12, Amount: 100} gives 12 credits
// for 1.00 dollar, and 18 for 1.57.
type Rate struct {
	Credits int64 `json:"credits"`
	Amount  int64 `json:"amount"`
	// Currency is the currency of Amount. Empty means US dollars and similar
	// currencies, see [LikeDollars]; others are refused.
	Currency string `json:"currency"`
}

// DefaultRate returns the rate that is used when none is given: one credit per
// cent, 1,000 for 10.00 dollars.
func DefaultRate() Rate { return Rate{Credits: 1, Amount: 1} }

func (r Rate) check() error {
	var currencyErr error
	if r.Currency != "" {
		_, currencyErr = valid.Currency("Rate.Currency", r.Currency)
	}
	return valid.First(valid.Amount("Rate.Credits", r.Credits), valid.Amount("Rate.Amount", r.Amount), currencyErr)
}

// covers returns a *CurrencyError when the rate is not for the currency.
func (r Rate) covers(currency string) error {
	if r.Currency == "" && LikeDollars(currency) || r.Currency != "" && strings.EqualFold(r.Currency, currency) {
		return nil
	}
	return &CurrencyError{Field: "Rate", Currency: currency}
}

// credits is what an amount is worth, rounded down.
func (r Rate) credits(amount int64) int64 { return share.Down(amount, r.Credits, r.Amount) }

// ConvertToCreditsParams describe the conversion of a commission into credits.
type ConvertToCreditsParams struct {
	// ID is the commission, required.
	ID int64
	// UserUUID, when set, is the referrer who must have earned it.
	UserUUID string
	// Rate is the conversion rate, rounded down; zero means DefaultRate.
	Rate Rate
	// ExpiresAt is when the credits expire; zero means never.
	ExpiresAt time.Time
	// At is when it happened; zero means now.
	At time.Time
	// MaxAhead is how far At may be ahead of the database's clock; 0 means
	// credits.DefaultMaxAhead, and credits.AnyTime accepts any time.
	MaxAhead time.Duration
}

// ConvertToCredits pays out an approved commission in credits: in one
// transaction, the referrer is granted them (transaction type referral) and the
// commission is marked as paid. One that was already converted, at the same
// rate and with the same expiry, is returned as a replay with its original
// operation; if the ledger lacks the grant, or a later claw-back, that is
// redone and listed in Mended.
//
// Of concurrent calls of MarkPaid and ConvertToCredits, one wins; the other gets
// a *StateError.
//
// Errors, after which nothing is written:
//   - *InvalidError for a field of p, a Rate that gives less than one credit or
//     too many included;
//   - *NotFoundError;
//   - *StateError when it is pending, rejected or was paid in money;
//   - *CurrencyError when the Rate does not cover the commission's currency;
//   - ErrNothingLeft when refunds or disputes took all of it;
//   - *credits.KeyReusedError when it was converted at another rate;
//   - *credits.LimitError when the account would exceed its limit;
//   - *dialect.NarrowColumnError when an amount does not fit an adopted column;
//   - *dialect.Error when the engine fails.
func ConvertToCredits(ctx context.Context, db bun.IDB, p ConvertToCreditsParams) (*Result, error) {
	if p.Rate == (Rate{}) {
		p.Rate = DefaultRate()
	}
	if err := p.Rate.check(); err != nil {
		return nil, err
	}
	return move(ctx, db, ReviewParams{ID: p.ID, UserUUID: p.UserUUID, At: p.At}, step{
		to:     StatusPaid,
		from:   []Status{StatusApproved},
		other:  func(c *Commission) bool { return c.ConvertedAt.IsZero() },
		replay: p.again,
		apply: func(ctx context.Context, tx bun.Tx, c *Commission, at time.Time) (*credits.Operation, error) {
			if c.CommissionAmount <= 0 {
				return nil, ErrNothingLeft
			}
			if err := p.Rate.covers(c.Currency); err != nil {
				return nil, err
			}
			converted := *c
			if err := p.convert(&converted, at); err != nil {
				return nil, err
			}
			if err := width.Check(ctx, tx, &converted); err != nil {
				return nil, err
			}
			op, err := credits.Grant(ledgerkey.Allow(ctx, c.grantKey()), tx, converted.grant(p.MaxAhead))
			if err == nil {
				*c = converted
			}
			return op, err
		},
	})
}

// convert notes on a commission what it is paid out as.
func (p ConvertToCreditsParams) convert(c *Commission, at time.Time) error {
	worth := p.Rate.credits(c.CommissionAmount)
	if worth < 1 || worth > valid.MaxAmount {
		return valid.Failf("Rate", "gives %d credits for a commission of %d", worth, c.CommissionAmount)
	}
	expires, err := p.expiry()
	if err != nil {
		return err
	}
	c.PaidAt, c.PaidAmount = at, c.CommissionAmount
	c.ConvertedAt, c.ConvertedCredits, c.ConvertedExpireAt, c.ClawBacks = at, worth, expires, "[]"
	return nil
}

// expiry is when the credits expire as a row can hold it, zero for never.
func (p ConvertToCreditsParams) expiry() (time.Time, error) {
	if p.ExpiresAt.IsZero() {
		return time.Time{}, nil
	}
	return valid.Time("ExpiresAt", p.ExpiresAt)
}

// grant is the ledger's part of a conversion that is noted on the row.
func (c *Commission) grant(maxAhead time.Duration) credits.GrantParams {
	return credits.GrantParams{
		UserUUID: c.UserUUID, Amount: c.ConvertedCredits, Type: credits.TypeReferral, Key: c.grantKey(),
		ExpiresAt: c.ConvertedExpireAt, OrderNo: c.OrderKey, At: c.ConvertedAt,
		MaxAhead: maxAhead,
	}
}

// again answers for a commission that was converted before: with its grant and
// the claw-backs since, which are made again where the ledger lost them.
func (p ConvertToCreditsParams) again(
	ctx context.Context, tx bun.Tx, c *Commission,
) (*credits.Operation, []credits.Part, error) {
	expires, err := p.expiry()
	if err != nil {
		return nil, nil, err
	}
	known := *c
	if c.ClawBacks == "" { // converted by an older version, which did not keep the expiry
		if c.ReversedAmount > 0 {
			op, err := credits.GetOperation(ctx, tx, credits.GetOperationParams{UserUUID: c.UserUUID, Key: c.grantKey()})
			if op != nil {
				op.Replayed = true
			}
			return op, nil, err
		}
		known.ConvertedExpireAt = expires
	}
	if p.Rate.credits(c.PaidAmount) != c.ConvertedCredits || !expires.Equal(known.ConvertedExpireAt) {
		return nil, nil, &credits.KeyReusedError{UserUUID: c.UserUUID, Key: c.grantKey(), Kind: credits.KindGrant}
	}
	ops, err := known.regrants(p.MaxAhead)
	if err != nil {
		return nil, nil, err
	}
	done, err := mend.Post(ctx, tx, ops)
	if err != nil {
		return nil, nil, err
	}
	tally := mend.Tally{}
	tally.Note(credits.PartCommission, true)
	for i, op := range done {
		part := credits.PartClawBack
		if i == 0 {
			part = credits.PartGrant
		}
		tally.Operation(part, op)
	}
	return done[0], tally.Mended(), nil
}

// grantKey names the credits of a commission in the ledger.
func (c *Commission) grantKey() string {
	if c.OrderKey != "" {
		return ledgerkey.Of("commission", c.OrderKey)
	}
	return ledgerkey.Of("commission-id", strconv.FormatInt(c.ID, 10))
}
