package orders

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/affiliates"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/rows"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// Plan is what a period of a subscription buys, if it differs from the first
// order.
type Plan struct {
	// ProductID is required, ProductName is not; at most 255 characters each.
	ProductID   string `json:"product_id"`
	ProductName string `json:"product_name"`
	// Credits is what the user is granted; may be 0.
	Credits int64 `json:"credits"`
	// Interval is how often it recurs; empty means the first order's.
	Interval Interval `json:"interval"`
	// Monthly grants Credits anew in each month of a longer Interval; see
	// CreateParams.
	Monthly bool `json:"monthly"`
}

func (p *Plan) check() error {
	if p == nil {
		return nil
	}
	if p.Interval != "" && !p.Interval.recurs() {
		return valid.Failf("Plan.Interval", "does not recur")
	}
	return valid.First(
		valid.Identifier("Plan.ProductID", p.ProductID, maxName),
		valid.Text("Plan.ProductName", p.ProductName, maxName),
		valid.AmountOrZero("Plan.Credits", p.Credits),
	)
}

// whole returns the credits of a whole period, in all its months.
func (p *Plan) whole(first *Order) int64 {
	interval := cmp.Or(p.Interval, first.Interval)
	if !p.Monthly {
		return p.Credits
	}
	return times(p.Credits, max(int64(interval.months()), 1))
}

// RenewParams describe the payment of a period of a subscription.
type RenewParams struct {
	// SubID is the provider's ID of the subscription and PeriodStart the start
	// of the period as the provider states it. Both are required and together
	// identify the renewal.
	SubID       string
	PeriodStart time.Time
	// PeriodEnd is when the period ends; zero means that it is computed from
	// the start of the subscription and the interval.
	PeriodEnd time.Time
	// Paid is the amount paid; nil means that of the first order.
	Paid *Money
	// Tax, Discount and Invoice are as in MarkPaidParams.
	Tax, Discount int64
	Invoice       string
	// FromBalance and CustomerRef are as in MarkPaidParams.
	FromBalance int64
	CustomerRef string
	// PayRef is the provider's ID of the payment, at most 255 characters.
	PayRef string
	// Plan is what the period buys; nil means what the first order bought.
	Plan *Plan
	// Lines are the lines of the provider's bill. If Plan is nil, they determine what
	// was bought: each line's own Plan times its Quantity, or, if no line has a Plan,
	// what the first order bought per seat. Prorations add and subtract their share.
	// A line that credits the unused part of a paid period makes this a change of
	// plans; see Change. A bill for nothing but metered usage has an order of its
	// own, which grants nothing unless Credits says so.
	Lines []Line
	// Credits, when not nil, is what the payment grants in all, overriding the
	// plan and the lines.
	Credits *int64
	// ExpiresAt is when they expire; zero means with the period and its Grace.
	ExpiresAt time.Time
	// Grace is how long the credits outlive their period; see MarkPaidParams.
	Grace time.Duration
	// Netted is for providers that bill only the net of a change of plans: the
	// difference between the Lines and Paid is taken as credit for the unused part
	// of a paid period. Within a paid period, a payment for another PriceID is a
	// change that keeps the period; see Prorate.
	Netted bool
	// TaxOnTop says that Tax was added to the price of the Lines rather than included
	// in it. It matters only if the bill is Netted.
	TaxOnTop bool
	// Change is what a change of plans within a period does; empty means
	// ChangeReplace.
	Change ChangePolicy
	// CarryOver is the maximum number of unspent credits kept from the previous
	// period; 0 means none. They expire with the new ones. Nothing is kept of a
	// period that lasts longer than this one.
	CarryOver int64
	// CarryOverWithin is how long before this renewal the credits may have
	// expired and still be kept; 0 means credits.DefaultCarryOverWithin, a day.
	CarryOverWithin time.Duration
	// Tiers is the referrer's commission scale; see MarkPaidParams.
	Tiers affiliates.Tiers
	// At is when it was paid; zero means now.
	At time.Time
	// MaxAhead is how far At may be ahead of the database's clock; 0 means
	// credits.DefaultMaxAhead, and credits.AnyTime accepts any time.
	MaxAhead time.Duration
}

// Renew records that a period of a subscription was paid. In one transaction it
// creates and pays an order for the period, with credits that expire at the
// period's end and the referrer's commission. A period is paid once: another
// call returns its order as a replay, and an order that had failed becomes paid.
// Like [MarkPaid], a repeated call redoes what a partial commit left undone, as
// it was at the time: the order's row, whose number follows from the period, the
// credits with those carried over, and the commission.
//
// A known payment stays with the order that it paid, whatever period this call
// states. A further payment of a period is kept as surplus, as with MarkPaid.
//
// The subscription's first order pays its first period. If the provider also
// reports that period as a renewal, the first order is returned as a replay: it
// is recognized by its period or, if MarkPaid was not given one, by having been
// paid within it. A subscription that has ended can still be renewed, because
// the money arrived.
//
// Errors, after which nothing is written:
//   - *InvalidError for a field of p;
//   - *NotFoundError when no order has the SubID;
//   - *NotStartedError when the subscription's first order is not paid or, with
//     Netted or ChangeTopUp, the period that a change is of: the call is early;
//   - *StateError when the period's order is refunded, so that the call is
//     late;
//   - *PaymentTakenError and *CurrencyError as with MarkPaid, the latter also when
//     money in another currency would have to be compared with the first order's
//     price, because neither Plan nor Credits say what it buys;
//   - *DuplicateError when another order has the number reserved for the
//     period's order;
//   - *credits.LimitError when the account would exceed its limit;
//   - *dialect.NarrowColumnError when an amount does not fit an adopted column;
//   - *dialect.Error when the engine fails.
func Renew(ctx context.Context, db bun.IDB, p RenewParams) (*Result, error) {
	pay := &payment{
		ref: p.PayRef, subID: p.SubID, start: p.PeriodStart, end: p.PeriodEnd, grace: p.Grace, tiers: p.Tiers,
		at: p.At, ahead: p.MaxAhead, expires: p.ExpiresAt, balance: p.FromBalance, customer: p.CustomerRef,
		invoice: p.Invoice, tax: p.Tax, discount: p.Discount,
	}
	var err error
	if pay.paid, err = p.Paid.check("Paid"); err != nil {
		return nil, err
	}
	if p.Credits != nil {
		if err := valid.AmountOrZero("Credits", *p.Credits); err != nil {
			return nil, err
		}
	}
	if err := valid.First(
		requirePeriod(p.SubID, p.PeriodStart), pay.check(), p.Plan.check(),
		valid.AmountOrZero("CarryOver", p.CarryOver), checkLines(p.Lines), p.Change.check(),
	); err != nil {
		return nil, err
	}
	if p.CarryOverWithin < 0 || p.CarryOverWithin > maxWithin {
		return nil, valid.Failf("CarryOverWithin", "%v is not between 0 and a year", p.CarryOverWithin)
	}
	due := period{
		subID: p.SubID, start: pay.start, end: pay.end, plan: p.Plan, due: pay.paid, payRef: p.PayRef, at: pay.at,
		change: p.Change, credits: p.Credits, netted: p.Netted, money: pay, onTop: p.TaxOnTop,
	}
	if len(p.Lines) > 0 {
		b := newBill(p.Lines)
		due.bill = &b
	}
	return due.settle(ctx, db, func(ctx context.Context, tx bun.Tx, first, o *Order) (*Result, error) {
		again := *pay // the transaction may be retried
		return due.renew(ctx, tx, first, o, &again, p)
	})
}

// renew pays the order of the period, or what the payment turns out to be for instead: usage beyond the
// period, or a change within it.
func (p *period) renew(ctx context.Context, tx bun.Tx, first, o *Order, pay *payment, asked RenewParams) (*Result, error) {
	more, err := p.billsMore(ctx, tx, o)
	if err != nil {
		return nil, err
	}
	if more {
		return p.usage(ctx, tx, first)
	}
	changes, err := p.changesWithin(ctx, tx, o)
	if err != nil {
		return nil, err
	}
	if changes {
		return p.within(ctx, tx, o, first, pay)
	}
	early, err := p.early(ctx, tx, first, o)
	if err != nil {
		return nil, err
	}
	if early {
		return nil, &NotStartedError{SubID: p.subID, OrderNo: o.OrderNo, Status: o.Status}
	}
	if err := p.prepare(ctx, tx, first, o, pay, asked); err != nil {
		return nil, err
	}
	result, err := pay.settle(ctx, tx, o)
	if err != nil {
		return nil, err
	}
	if err := result.Order.rebalance(ctx, tx, pay.at, pay.ahead); err != nil {
		return nil, err
	}
	if err := result.observe(ctx, tx, first, first.PayType, p.subID, SubActive, pay.at); err != nil {
		return nil, err
	}
	if err := result.Subscription.moveEnd(ctx, tx, result.Order, pay.at, pay.ahead); err != nil {
		return nil, err
	}
	return result, result.pastTrial(ctx, tx, first, pay)
}

// prepare completes the period's order before it is paid.
func (p *period) prepare(ctx context.Context, tx bun.Tx, first, o *Order, pay *payment, asked RenewParams) (err error) {
	if o == first { // which may be unpaid yet: its trial came before
		pay.bill, pay.grants = p.bill, asked.Credits
		if p.switched(o); !o.wasPaid() {
			pay.carry = asked.carry()
		}
		return nil
	}
	if o.Status == StatusPaid || o.Status == StatusRefunded || o.PaidAmount != nil {
		return nil
	}
	p.fill(o, first)
	if err := p.count(ctx, tx, o, first); err != nil {
		return err
	}
	pay.carry, err = p.carryOver(ctx, tx, o, asked)
	return err
}

func requirePeriod(subID string, start time.Time) error {
	if start.IsZero() {
		return valid.First(valid.Key("SubID", subID, maxSubID), valid.Failf("PeriodStart", "empty"))
	}
	return valid.Key("SubID", subID, maxSubID)
}

// FailRenewalParams describe a failed payment of a period.
type FailRenewalParams struct {
	// SubID and PeriodStart identify the renewal; see RenewParams.
	SubID       string
	PeriodStart time.Time
	// PeriodEnd is when the period ends; zero means that it is computed.
	PeriodEnd time.Time
	// Due is the amount due; nil means that of the first order.
	Due *Money
	// Plan is what the period buys; nil means what the first order bought.
	Plan *Plan
	// Reason is the provider's explanation; see MarkFailedParams.
	Reason string
	// PayRef and Invoice are as in MarkFailedParams.
	PayRef, Invoice string
	// At is when it failed; zero means now.
	At time.Time
}

// FailRenewal records that the payment of a period failed, as a failed order of
// its own. [Renew] pays it when a retry succeeds. A period that has already
// failed is returned as a replay, unless it was another payment that failed.
//
// Errors, after which nothing is written: *InvalidError for a field of p;
// *NotFoundError when no order has the SubID; *NotStartedError when the
// subscription's first order is not paid; *StateError when the period is paid
// or refunded: the call is late; *DuplicateError as with [Renew]; *dialect.Error
// when the engine fails.
func FailRenewal(ctx context.Context, db bun.IDB, p FailRenewalParams) (*Result, error) {
	frame := &payment{
		subID: p.SubID, start: p.PeriodStart, end: p.PeriodEnd, ref: p.PayRef, invoice: p.Invoice, at: p.At,
	}
	due, err := p.Due.check("Due")
	if err != nil {
		return nil, err
	}
	if err := valid.First(requirePeriod(p.SubID, p.PeriodStart), frame.check(), p.Plan.check()); err != nil {
		return nil, err
	}
	failed := period{
		subID: p.SubID, start: frame.start, end: frame.end, plan: p.Plan, due: due, payRef: p.PayRef, at: frame.at,
	}
	frame.paid = due
	return failed.settle(ctx, db, func(ctx context.Context, tx bun.Tx, first, o *Order) (*Result, error) {
		result, err := failing(p.Reason).take(ctx, tx, o, frame.at)
		if err != nil {
			return nil, err
		}
		if err := frame.failed(ctx, tx, result); err != nil {
			return nil, err
		}
		return result, result.observe(ctx, tx, first, first.PayType, p.SubID, SubPastDue, frame.at)
	})
}

// settle does something with the order of the period, under the locks of the
// subscription's first order and its own.
func (p *period) settle(
	ctx context.Context, db bun.IDB, do func(ctx context.Context, tx bun.Tx, first, o *Order) (*Result, error),
) (*Result, error) {
	var result *Result
	err := dialect.InTx(ctx, db, func(ctx context.Context, tx bun.Tx) error {
		first, err := GetParams{SubID: p.subID}.lock(ctx, tx)
		if errors.Is(err, ErrNotFound) {
			first, result, err = ofSecond(ctx, tx, p.subID, p.money)
		}
		if err != nil || first == nil {
			return err
		}
		if first.Status != StatusPaid && first.Status != StatusRefunded && first.PaidAmount == nil {
			begins, known, err := p.afterTrial(ctx, tx, first)
			switch {
			case err != nil:
				return err
			case begins:
				result, err = do(ctx, tx, first, first)
				return err
			case !known:
				return &NotStartedError{SubID: p.subID, OrderNo: first.OrderNo, Status: first.Status}
			}
		}
		if p.billsUsage(first) {
			result, err = p.usage(ctx, tx, first)
			return err
		}
		o, fresh, err := p.order(ctx, tx, first)
		if err != nil {
			return err
		}
		if result, err = do(ctx, tx, first, o); err != nil && fresh {
			return withdraw(ctx, tx, o, err)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return result, nil
}

// withdraw deletes an order that was inserted before it was refused.
func withdraw(ctx context.Context, tx bun.Tx, o *Order, refusal error) error {
	return rows.Withdraw(ctx, tx, (*Order)(nil), o.own(), refusal)
}
