package orders

import (
	"context"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/affiliates"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/rows"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// ProrateParams describe the payment of a change within a period that keeps the
// period: another plan, or more or fewer seats.
type ProrateParams struct {
	// SubID is the provider's ID of the subscription and Ref that of the bill,
	// at most 40 bytes; both are required and together identify the change.
	SubID, Ref string
	// Lines are the lines of the bill: parts of the period that are bought, and
	// parts that are credited. At least one is required.
	Lines []Line
	// Credits, when not nil, is how many credits the change grants in all,
	// overriding the lines; a negative number is taken back.
	Credits *int64
	// ExpiresAt is when they expire; zero means with the period and its Grace.
	ExpiresAt time.Time
	// Paid is the amount paid; 0 if the customer's balance paid.
	Paid *Money
	// Tax and Discount are as in MarkPaidParams.
	Tax, Discount int64
	// FromBalance and CustomerRef are as in MarkPaidParams.
	FromBalance int64
	CustomerRef string
	// PayRef is the provider's ID of the payment, at most 255 characters.
	PayRef string
	// Grace is how long the credits outlive their period; see MarkPaidParams.
	Grace time.Duration
	// Tiers is the referrer's commission scale; see MarkPaidParams.
	Tiers affiliates.Tiers
	// At is when it was paid; zero means now.
	At time.Time
	// MaxAhead is how far At may be ahead of the database's clock; 0 means
	// credits.DefaultMaxAhead, and credits.AnyTime accepts any time.
	MaxAhead time.Duration
	// each, when not nil, is what every remaining month grants, or loses if negative.
	each *int64
	// beyond, when not nil, is what each or Credits is measured by.
	beyond *measure
	// used says that the lines are metered usage and not seats.
	used bool
}

// Prorate records a change within a period as an order of its own. It grants the
// difference until the period ends: what the lines buy minus what they credit,
// rounded down. A line counts by its Plan and the share of the period that it
// covers, or, without a Plan, by its amount relative to the first order's price.
// If more is credited than bought, the credits are taken back from the period's
// orders, newest first; if they were spent, they become debt. A repeated call is
// a replay.
//
// Errors, after which nothing is written: those of [Renew]; *NotStartedError also
// when the period is not paid yet, in which case the call is early.
func Prorate(ctx context.Context, db bun.IDB, p ProrateParams) (*Result, error) {
	pay := &payment{
		ref: p.PayRef, invoice: p.Ref, subID: p.SubID, tax: p.Tax, discount: p.Discount, grace: p.Grace, tiers: p.Tiers,
		at: p.At, ahead: p.MaxAhead, expires: p.ExpiresAt, balance: p.FromBalance, customer: p.CustomerRef,
	}
	var err error
	if pay.paid, err = p.Paid.check("Paid"); err != nil {
		return nil, err
	}
	if err := valid.First(
		valid.Key("SubID", p.SubID, maxSubID), valid.Key("Ref", p.Ref, maxBillRef), pay.check(), checkLines(p.Lines),
	); err != nil {
		return nil, err
	}
	if len(p.Lines) == 0 {
		return nil, valid.Failf("Lines", "empty")
	}
	var result *Result
	err = dialect.InTx(ctx, db, func(ctx context.Context, tx bun.Tx) error {
		again := *pay // the transaction may be retried
		result, err = p.perform(ctx, tx, &again)
		return err
	})
	if err != nil {
		return nil, err
	}
	return result, nil
}

// maxBillRef is the longest name of a bill, in bytes.
const maxBillRef = 40

func (p ProrateParams) perform(ctx context.Context, tx bun.Tx, pay *payment) (*Result, error) {
	first, err := GetParams{SubID: p.SubID}.lock(ctx, tx)
	if errors.Is(err, ErrNotFound) {
		var result *Result
		if first, result, err = ofSecond(ctx, tx, p.SubID, pay); result != nil {
			return result, nil
		}
	}
	if err != nil {
		return nil, err
	}
	due := period{subID: p.SubID}
	base, err := due.base(ctx, tx, &Order{UserUUID: first.UserUUID}, p.Lines[0])
	if err != nil {
		return nil, err
	}
	if base == nil {
		return nil, &NotStartedError{SubID: p.SubID, OrderNo: first.OrderNo, Status: first.Status}
	}
	return p.settle(ctx, tx, pay, first, base, newBill(p.Lines))
}

// settle pays the change's own order. The first order of their subscription is locked.
func (p ProrateParams) settle(
	ctx context.Context, tx bun.Tx, pay *payment, first, base *Order, b bill,
) (*Result, error) {
	o := &Order{
		UserUUID: first.UserUUID, Status: StatusPending, PayType: first.PayType, SubID: p.SubID,
		ProductID: first.ProductID, ProductName: first.ProductName, Amount: first.Amount, Currency: first.Currency,
		Interval: first.Interval, CreatedAt: pay.at, UpdatedAt: pay.at,
		RenewalKey: p.SubID + "#" + p.Ref, FirstOrderNo: first.OrderNo,
	}
	o.OrderNo = renewalNo(o.RenewalKey)
	if p.Credits == nil {
		if err := b.measured(first, p.Paid); err != nil {
			return nil, err
		}
	}
	p.fill(o, first, base, b)
	if err := valid.First(valid.AmountOrZero("Credits", o.Credits), valid.AmountOrZero("Credits", o.TakesBack)); err != nil {
		return nil, err
	}
	stored, fresh, err := o.insertOrLock(ctx, tx)
	if err != nil {
		return nil, err
	}
	result, err := pay.settle(ctx, tx, stored)
	if err != nil && fresh {
		return nil, withdraw(ctx, tx, stored, err)
	}
	if err != nil {
		return nil, err
	}
	if err := result.Order.rebalance(ctx, tx, pay.at, pay.ahead); err != nil {
		return nil, err
	}
	return result, result.observe(ctx, tx, first, first.PayType, p.SubID, SubActive, pay.at)
}

// fill sets what the change buys or takes back.
func (p ProrateParams) fill(o, first, base *Order, b bill) {
	var worth int64
	for _, l := range p.Lines {
		worth += l.Amount
		if l.Amount >= 0 && l.Plan != nil {
			o.ProductID, o.ProductName = l.Plan.ProductID, l.Plan.ProductName
		}
		if l.Amount >= 0 {
			o.PriceID, o.Quantity = l.PriceID, l.seats()
		}
	}
	if p.used {
		o.Quantity = 0
	}
	m := measure{Worth: worth, Parts: b.parts}
	worth = max(worth, 0)
	o.Worth, o.Amount = &worth, worth
	o.PeriodStart, o.PeriodEnd = p.Lines[0].Start, base.endOf(&p.Lines[0])
	if p.used {
		o.PeriodEnd = orTime(p.Lines[0].End, base.PeriodEnd)
	}
	switch {
	case p.each != nil:
		o.payMonthly(*p.each, base.Grants)
	case p.Credits != nil:
		o.Credits, o.TakesBack = max(*p.Credits, 0), max(-*p.Credits, 0)
	default:
		if len(b.whole) > 0 {
			m.Whole = new(b.wholeCredits(first, p.Paid))
		}
		m.apply(o, first, base)
		o.keepParts(m, base)
	}
	if o.GivesBack = 0; o.TakesBack > 0 {
		o.GivesBack = max(-m.Worth, 0)
	}
	if p.beyond != nil {
		p.beyond.keep(o)
	}
	if p.Paid != nil {
		o.Currency = p.Paid.Currency
	}
}

// endOf returns when a part of the order's period ends: as the line says, because the period may have
// been computed, unless its end was stated and moved.
func (o *Order) endOf(l *Line) time.Time {
	moved := o.RenewalKey != "" && o.PeriodEnd.Sub(l.End).Abs() > regrantOver && o.billedUntil(l).Equal(l.End)
	if l.End.IsZero() || moved {
		return o.PeriodEnd
	}
	return l.End
}

// insertOrLock stores a new order of a subscription, or returns the one with its number, locked. The
// first order is locked.
func (o *Order) insertOrLock(ctx context.Context, tx bun.Tx) (*Order, bool, error) {
	seen, err := byRenewalKey(ctx, tx, o.RenewalKey)
	if err != nil {
		return nil, false, err
	}
	if seen == nil {
		inserted, err := rows.Insert(ctx, tx, o)
		if err != nil || inserted {
			return o, true, err
		}
	}
	stored, err := lockOrder(ctx, tx, o.UserUUID, o.OrderNo)
	return stored, false, err
}
