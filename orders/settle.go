package orders

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/affiliates"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/internal/mend"
)

// settleOrder pays a locked order, or finds it paid.
func (p *payment) settleOrder(ctx context.Context, tx bun.Tx, o *Order) (*Result, error) {
	switch is, _ := o.Status.Foreign(); is {
	case StatusPaid:
		return p.settled(ctx, tx, o)
	case StatusPending, StatusFailed, StatusCancelled:
	default: // refunded, or a status that another program set
		return nil, &StateError{OrderNo: o.OrderNo, From: o.Status, To: StatusPaid}
	}
	if o.PaidAmount != nil { // it was paid, and another program reset its status
		return p.settled(ctx, tx, o)
	}
	return p.perform(ctx, tx, o, false)
}

// perform pays an order. Existing parts, such as a status that another program set, show that this call
// mends the rest.
func (p *payment) perform(ctx context.Context, tx bun.Tx, o *Order, statusSet bool) (*Result, error) {
	if err := p.apply(ctx, o); err != nil {
		return nil, err
	}
	if err := o.fits(ctx, tx, p.tiers); err != nil {
		return nil, err
	}
	if _, err := p.namePeriod(ctx, tx, o); err != nil {
		return nil, err
	}
	result, done := &Result{Order: o}, mend.Tally{}
	done.Note(credits.PartOrder, false)
	if statusSet {
		done.Note(credits.PartOrder, true)
	}
	// The ledger comes first, because it may refuse, and then nothing is written.
	if o.Credits > 0 {
		op, err := o.assertGrant(ctx, tx, p.ahead)
		if err != nil {
			return nil, err
		}
		if op.Replayed {
			p.adopt(o, op)
		}
		result.Operation = op
		done.Operation(credits.PartGrant, op)
	}
	earned, err := affiliates.Record(ctx, tx, affiliates.RecordParams{
		OrderNo: o.OrderNo, CustomerUUID: o.UserUUID, Amount: o.untaxed(o.Paid()), Currency: o.Currency,
		Tiers: p.tiers, At: o.PaidAt,
	})
	switch {
	case errors.Is(err, affiliates.ErrCurrency): // no reason to withhold what customers paid for
		result.Uncommissioned, earned = err, &affiliates.Result{}
	case err != nil:
		return nil, err
	}
	if c := earned.Commission; c != nil {
		o.ReferrerUUID, o.CommissionRate = c.UserUUID, c.CommissionRate
		o.CommissionAmount = c.CommissionAmount + c.ReversedAmount
		done.Note(credits.PartCommission, earned.Replayed)
	}
	result.Commission, result.Mended = earned.Commission, done.Mended()
	if err := update(ctx, tx, o); err != nil {
		return nil, err
	}
	if p.carry != nil || o.PartOf != "" {
		if err := o.carryLate(ctx, tx, p.at, p.ahead); err != nil {
			return nil, err
		}
	}
	if p.carry != nil && p.carry.missed {
		if err := o.keepMissed(ctx, tx, p.at, p.ahead); err != nil {
			return nil, err
		}
	}
	return result, o.tellPaid(ctx, tx, p.at)
}

// adopt takes over the times of a grant that existed before the order was paid, because the call that
// made it may have had another time.
func (p *payment) adopt(o *Order, op *credits.Operation) {
	expires, recurs := time.UnixMicro(op.Entries[0].ExpiresUs).UTC(), o.Interval.recurs()
	first := *p
	// A grant of a period that was over when it was paid has the period's time.
	if op.At.Before(first.at) && (!recurs || expires.After(first.at)) {
		first.at = op.At
	}
	o.PaidAt = first.at
	first.period(o)
	if recurs && o.RenewalKey == "" && p.end.IsZero() && o.Grants == 0 {
		o.PeriodEnd = expires
	}
	o.CreditsExpireAt = expires
}

// names fills in missing provider's names, and reports whether it did.
func (p *payment) names(o *Order) (changed bool) {
	for _, name := range []struct {
		of *string
		is string
	}{{&o.PayRef, p.ref}, {&o.CustomerRef, p.customer}, {&o.SubID, p.subID}} {
		if name.is != "" && *name.of == "" {
			*name.of, changed = name.is, true
		}
	}
	return changed
}

// settled returns the result for an order that is already paid. It fills in what the first call did not
// know, and completes what its commit lacked.
func (p *payment) settled(ctx context.Context, tx bun.Tx, o *Order) (*Result, error) {
	if o.PaidAmount == nil {
		unpaid, err := p.missing(ctx, tx, o)
		if err != nil {
			return nil, err
		}
		if unpaid {
			return p.take(ctx, tx, o)
		}
	}
	changed := p.names(o)
	lists, guessed := p.bill != nil && p.bill.lists(o), o.Quantity
	changed = p.priced(o) || changed
	named, err := p.namePeriod(ctx, tx, o)
	if err != nil {
		return nil, err
	}
	undated := o.PaidAmount != nil && o.PaidAt.IsZero()
	if undated {
		o.PaidAt = p.at
	}
	before := *o
	amount := o.Credits
	if lists {
		amount = p.counted(o, guessed)
	}
	if err := p.correct(ctx, tx, o, amount, named); err != nil {
		return nil, err
	}
	result, _, err := o.reassert(ctx, tx, p.ahead)
	if err != nil {
		return nil, err
	}
	if undated && !slices.Contains(result.Mended, credits.PartOrder) {
		result.Replayed, result.Mended = false, append([]credits.Part{credits.PartOrder}, result.Mended...)
	}
	recounted := o.Regrants != before.Regrants || o.Credits != before.Credits || !o.CreditsExpireAt.Equal(before.CreditsExpireAt)
	if recounted {
		result.Replayed = false
	}
	result.OtherSubID = p.otherSub(o)
	shared, err := p.learnBalance(ctx, tx, o, result)
	if err != nil {
		return nil, err
	}
	taxed, err := p.learnTax(ctx, tx, o, result)
	if err != nil {
		return nil, err
	}
	if shared {
		result.Replayed = false
	}
	if changed || named || taxed || shared || recounted || slices.Contains(result.Mended, credits.PartOrder) {
		o.UpdatedAt = p.at
		if err := update(ctx, tx, o); err != nil {
			return nil, err
		}
	}
	return result, nil
}

// correct grants the order's credits anew if the payment is the first to say how many they are,
// this amount or what it was asked to grant, or, because it names the period, when they expire.
func (p *payment) correct(ctx context.Context, tx bun.Tx, o *Order, amount int64, named bool) error {
	expires := o.CreditsExpireAt
	if named {
		expires = o.lotEnd().Add(o.Grace)
	}
	if p.grants != nil {
		amount, expires = *p.grants, orTime(p.expires, expires)
	}
	before := o.Credits
	if err := o.regrant(ctx, tx, amount, expires, p.at, p.ahead); err != nil || o.Credits == before {
		return err
	}
	if err := o.fits(ctx, tx, nil); err != nil || o.Grants == 0 {
		return err
	}
	return o.recountMonths(ctx, tx, p.at, p.ahead, nil)
}

// otherSub returns the subscription that the payment began, if the order has another one.
func (p *payment) otherSub(o *Order) string {
	if p.subID == "" || o.SubID == "" || p.subID == o.SubID {
		return ""
	}
	return p.subID
}

// learnTax records how much of a payment was tax, if a later report is the first to say so, and bases
// the commission on the rest. It reports whether that was new.
func (p *payment) learnTax(ctx context.Context, tx bun.Tx, o *Order, result *Result) (bool, error) {
	if o.PaidTax != 0 || o.PaidAmount == nil || p.taxOf(o.Paid()) == 0 {
		return false, nil
	}
	s, err := o.reversals()
	if err != nil {
		return false, err
	}
	o.PaidTax = p.taxOf(o.Paid())
	return true, p.restate(ctx, tx, o, s, result)
}
