package orders

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/affiliates"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/rows"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// StartTrialParams describe a subscription's trial.
type StartTrialParams struct {
	// Provider and SubID name the subscription, required.
	Provider PayType
	SubID    string
	// OrderNo is the order that began it, if the provider's metadata says; it is
	// used while no order has the SubID.
	OrderNo string
	// PriceID and Quantity are as in SyncSubscriptionParams.
	PriceID  string
	Quantity int64
	// Begins says that this report is from the start of the trial, so that the
	// PriceID is the one that was ordered. A first payment for another price then
	// buys what that price does.
	Begins bool
	// Start and End bound the trial. Without an End, only the subscription's row
	// is written; the trial is granted once its end is known.
	Start, End time.Time
	// Credits is what the trial grants; the credits expire with it. 0 grants
	// nothing, and TrialFull grants what the order grants when it is paid.
	Credits int64
	// ExpiresAt is when they expire; zero means with the trial.
	ExpiresAt time.Time
	// Paid is what was charged at its start, such as a setup fee; nil or 0 means
	// nothing. With it, Start and End are required, and the trial has an order of
	// its own, paid by it, whether or not it grants anything.
	Paid *Money
	// Tax, Discount, FromBalance, Invoice and PayRef are those of the fee; see
	// MarkPaidParams.
	Tax, Discount, FromBalance int64
	Invoice, PayRef            string
	// Tiers is the referrer's commission scale for it; see MarkPaidParams.
	Tiers affiliates.Tiers
	// At is when it was reported; zero means now.
	At time.Time
	// MaxAhead is how far At may be ahead of the database's clock; 0 means
	// credits.DefaultMaxAhead, and credits.AnyTime accepts any time.
	MaxAhead time.Duration
}

// TrialFull is the Credits of a trial that grants what a paid period for one seat would.
const TrialFull = -1

// StartTrial records a subscription's trial. The order that began the subscription
// stays unpaid until the first payment. The trial has an order of its own if it
// grants credits or a fee was Paid for it. Its credits expire with the trial, even
// if the first payment or the end of the subscription cuts it short; spent credits
// stay spent. Refunding the fee takes back a proportional share of the credits. A
// repeated call is a replay, and so is one whose payment is known to have paid the
// order that began the subscription.
//
// Errors, after which nothing is written: *InvalidError for a field of p;
// *NotFoundError when neither the SubID nor the OrderNo is known;
// *PaymentTakenError when the PayRef paid another order; those of
// credits.Grant; *dialect.Error when the engine fails.
func StartTrial(ctx context.Context, db bun.IDB, p StartTrialParams) (*Result, error) {
	report, err := SyncSubscriptionParams{
		Provider: p.Provider, SubID: p.SubID, OrderNo: p.OrderNo, Status: SubTrialing,
		PriceID: p.PriceID, Quantity: p.Quantity,
		PeriodStart: p.Start, PeriodEnd: p.End, TrialEnd: p.End, At: p.At,
	}.check()
	if err == nil && !p.ExpiresAt.IsZero() {
		p.ExpiresAt, err = valid.Time("ExpiresAt", p.ExpiresAt)
	}
	if err == nil && !p.ExpiresAt.IsZero() && !p.ExpiresAt.After(report.PeriodStart) {
		err = valid.Failf("ExpiresAt", "not after Start")
	}
	if err == nil && p.Credits != TrialFull {
		err = valid.AmountOrZero("Credits", p.Credits)
	}
	var fee *payment
	if err == nil {
		fee, err = p.fee(report)
	}
	if err != nil {
		return nil, err
	}
	var result *Result
	err = dialect.InTx(ctx, db, func(ctx context.Context, tx bun.Tx) error {
		first, err := originOf(ctx, tx, p.Provider, p.SubID, p.OrderNo)
		if err != nil {
			return err
		}
		if fee != nil {
			if known, err := fee.paidFirst(ctx, tx, first); known != nil || err != nil {
				result = known
				return err
			}
		}
		if result, err = report.sync(ctx, tx, first); err != nil {
			return err
		}
		if p.Begins && first.trialOf(p.PriceID) {
			if err := update(ctx, tx, first); err != nil {
				return err
			}
		}
		return p.grant(ctx, tx, first, report, fee, result)
	})
	if err != nil {
		return nil, err
	}
	return result, nil
}

// grant pays the trial's own order, if it grants anything or was paid for.
func (p StartTrialParams) grant(
	ctx context.Context, tx bun.Tx, first *Order, r SyncSubscriptionParams, fee *payment, result *Result,
) error {
	if end := result.Subscription.TrialEnd; end.After(r.PeriodEnd) && !first.wasPaid() {
		r.PeriodEnd = end // it has been extended since
	}
	amount := p.Credits
	if amount == TrialFull {
		amount = first.ordered()
	}
	if amount == 0 && fee == nil || !r.PeriodEnd.After(r.PeriodStart) {
		return nil
	}
	o := &Order{
		UserUUID: first.UserUUID, ProductID: first.ProductID, ProductName: first.ProductName, Currency: first.Currency,
		Status: StatusPending, PayType: first.PayType, SubID: r.SubID, Interval: first.Interval, Credits: amount,
		PeriodStart: r.PeriodStart, PeriodEnd: r.PeriodEnd, Worth: new(int64),
		RenewalKey: trialKey(r.SubID), FirstOrderNo: first.OrderNo, CreatedAt: r.At, UpdatedAt: r.At,
	}
	o.OrderNo = renewalNo(o.RenewalKey)
	pay := &payment{paid: &Money{Currency: first.Currency}, at: r.At, ahead: p.MaxAhead, expires: p.ExpiresAt}
	switch {
	case fee != nil:
		pay, o.Amount, o.Currency = fee, fee.paid.Amount, fee.paid.Currency
	case first.Currency == "":
		pay.paid = nil
	}
	stored, fresh, err := o.insertOrLock(ctx, tx)
	if err != nil {
		return err
	}
	told, err := pay.claims(ctx, tx, first, stored)
	if err != nil {
		return err
	}
	granted, err := pay.settle(ctx, tx, stored)
	if err != nil {
		if failed := moveAll(ctx, tx, told, PaymentSurplus, first); failed != nil {
			return failed
		}
	}
	if err != nil && fresh {
		return withdraw(ctx, tx, stored, err)
	}
	if err != nil {
		return err
	}
	if fee != nil { // it is what the report is of
		result.Order, result.Payment, result.Commission = granted.Order, granted.Payment, granted.Commission
		result.Mended, result.Uncommissioned = granted.Mended, granted.Uncommissioned
	}
	result.Operation, result.Replayed = granted.Operation, result.Replayed && granted.Replayed
	return stored.endTrial(ctx, tx, first, r.At, p.MaxAhead)
}

// trialKey is the renewal key of a subscription's trial.
func trialKey(subID string) string { return subID + "#trial" }

// endTrialOf ends the credits of a subscription's trial, if it had any and was
// cut short. The first order is locked.
func endTrialOf(ctx context.Context, tx bun.Tx, first *Order, subID string, at time.Time, ahead time.Duration) error {
	seen, err := byRenewalKey(ctx, tx, trialKey(subID))
	if err != nil || seen == nil {
		return err
	}
	o, err := lockOrder(ctx, tx, seen.UserUUID, seen.OrderNo)
	if err != nil {
		return err
	}
	return o.endTrial(ctx, tx, first, at, ahead)
}

// endTrial takes back what is unspent of a trial that was cut short.
func (o *Order) endTrial(ctx context.Context, tx bun.Tx, first *Order, at time.Time, ahead time.Duration) error {
	if !o.granted() || o.MovedCredits == o.Credits {
		return nil
	}
	cut, err := o.cutShort(ctx, tx, first)
	if err != nil || !cut {
		return err
	}
	s, err := o.reversals()
	if err != nil {
		return err
	}
	err = o.moveTaken(ctx, tx, s, credits.ClawBackParams{
		Total: o.inLedger(), Policy: credits.PolicyForgive, At: at, MaxAhead: ahead,
	})
	if err != nil {
		return err
	}
	o.MovedCredits, o.RefundedCredits, o.UpdatedAt = o.Credits, o.Credits, at
	return update(ctx, tx, o)
}

// cutShort reports whether the subscription was paid or over before its trial
// had run out.
func (o *Order) cutShort(ctx context.Context, tx bun.Tx, first *Order) (bool, error) {
	if !first.SubEndedAt.IsZero() && first.SubEndedAt.Before(o.CreditsExpireAt) {
		return true, nil
	}
	var found []int64
	err := rows.Now(ctx, tx, tx.NewSelect().Model((*Order)(nil))).ColumnExpr("1").
		Where("user_uuid = ?", o.UserUUID).Where("sub_id = ?", o.SubID).Where("order_no <> ?", o.OrderNo).
		Where("status IN (?, ?)", StatusPaid, StatusRefunded).Where("period_start < ?", o.CreditsExpireAt).
		Limit(1).Scan(ctx, &found)
	return len(found) > 0, dialect.Classify(err)
}

// pastTrial ends the trial of a subscription that has been paid.
func (r *Result) pastTrial(ctx context.Context, tx bun.Tx, first *Order, pay *payment) error {
	if r.Subscription == nil || r.Subscription.TrialEnd.IsZero() {
		return nil
	}
	return endTrialOf(ctx, tx, first, r.Subscription.SubID, pay.at, pay.ahead)
}

// afterTrial reports whether a subscription whose first order is not paid is
// known to have begun with a trial, and whether the period is the one that begins
// when that ends, which pays the first order. Later ones have orders of their own:
// they may be told first, and the first may never be paid. So has the one that was
// told before the trial was known to last that long.
func (p *period) afterTrial(ctx context.Context, tx bun.Tx, first *Order) (begins, known bool, err error) {
	row, err := lockedSubscription(ctx, tx, first.PayType, p.subID)
	if err != nil || row == nil || first.SubID != p.subID || row.TrialEnd.IsZero() {
		return false, false, err
	}
	if p.changes() || p.lacks() > 0 || p.start.After(row.TrialEnd.Add(regrantOver)) {
		return false, true, nil
	}
	told, err := byRenewalKey(ctx, tx, renewalKey(p.subID, p.start))
	if err == nil && told == nil {
		told, err = p.paidBy(ctx, tx, first)
	}
	return told == nil || told.trial() || told.OrderNo == first.OrderNo, true, err
}
