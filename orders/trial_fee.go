package orders

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/rows"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// A trial may begin with a fee. That is a payment of the trial, not of the order that
// began the subscription: its first period is paid, at its price, when the trial ends.

// fee is what was paid for the trial, nil for nothing.
func (p StartTrialParams) fee(r SyncSubscriptionParams) (*payment, error) {
	paid, err := p.Paid.check("Paid")
	if err != nil || paid == nil || paid.Amount == 0 && p.FromBalance == 0 {
		return nil, err
	}
	if !r.PeriodEnd.After(r.PeriodStart) {
		return nil, valid.Failf("End", "required with Paid")
	}
	fee := &payment{
		provider: p.Provider,
		paid:     paid, tax: p.Tax, discount: p.Discount, balance: p.FromBalance, ref: p.PayRef, invoice: p.Invoice,
		subID: r.SubID, tiers: p.Tiers, at: r.At, ahead: p.MaxAhead, expires: p.ExpiresAt,
	}
	return fee, fee.check()
}

// paidFirst is the result for a fee that is known to have paid the subscription's
// first order, nil for others: a report of less than the invoice came first, and was
// accepted.
func (p *payment) paidFirst(ctx context.Context, tx bun.Tx, first *Order) (*Result, error) {
	row, err := findInvoice(ctx, tx, first.PayType, p.invoice)
	if err == nil && row == nil && p.ref != "" {
		row, err = findPayment(ctx, tx, first.PayType, p.ref)
	}
	if err != nil || row == nil || row.Status != PaymentPaid || row.OrderNo != first.OrderNo {
		return nil, err
	}
	again := *p
	again.expires = first.CreditsExpireAt
	return again.settle(ctx, tx, first)
}

// claims takes back what a session, which says nothing of a trial, told of the fee: that
// it was money beside what had paid the subscription's first order. It returns the rows.
func (p *payment) claims(ctx context.Context, tx bun.Tx, first, trial *Order) ([]Payment, error) {
	if p.ref == "" && p.invoice == "" {
		return nil, nil
	}
	var told []Payment
	err := rows.Now(ctx, tx, tx.NewSelect().Model(&told)).Where("order_no = ?", first.OrderNo).Where("provider = ?", first.PayType).
		Where("status = ?", PaymentSurplus).Where("(ref = ? OR invoice = ?)", p.ref, cmp.Or(p.invoice, p.ref)).Scan(ctx)
	if err == nil {
		err = lockEach(ctx, tx, told)
	}
	if err != nil {
		return nil, dialect.Classify(err)
	}
	told = slices.DeleteFunc(told, func(pm Payment) bool { return pm.Status != PaymentSurplus })
	return told, moveAll(ctx, tx, told, PaymentUnmatched, trial)
}

// moveAll makes payments those of an order.
func moveAll(ctx context.Context, tx bun.Tx, all []Payment, status PaymentStatus, o *Order) error {
	for i := range all {
		all[i].Status, all[i].OrderNo = status, o.OrderNo
		if err := all[i].update(ctx, tx); err != nil {
			return err
		}
	}
	return nil
}

// trial reports whether the order is a trial's own.
func (o *Order) trial() bool { return o.SubID != "" && o.RenewalKey == trialKey(o.SubID) }

// paidTrial is the result for a payment of o that is known to be the fee of its
// subscription's trial, nil for others. row is the payment's, nil where it has no name:
// then it is told by its amount.
func (p *payment) paidTrial(ctx context.Context, tx bun.Tx, o *Order, row *Payment) (*Result, error) {
	if p.subID == "" {
		return nil, nil
	}
	trial, err := byRenewalKey(ctx, tx, trialKey(p.subID))
	if err != nil || trial == nil || trial.FirstOrderNo != o.OrderNo || trial.OrderNo == o.OrderNo {
		return nil, err
	}
	fee := trial.Paid() + trial.FromBalance // a session says what it is of
	switch {
	case fee == 0:
		return nil, nil
	case row != nil && row.OrderNo != trial.OrderNo,
		row == nil && (p.paid == nil || p.paid.Amount != fee || p.paid.Currency != trial.Currency):
		return nil, nil
	}
	return &Result{Order: trial, Payment: row, Replayed: true}, nil
}

// settleNameless settles a payment without a name. One that the order refuses may be
// the fee of its trial.
func (p *payment) settleNameless(ctx context.Context, tx bun.Tx, o *Order) (*Result, error) {
	result, err := p.settleOrder(ctx, tx, o)
	if !errors.Is(err, ErrAmount) {
		return result, err
	}
	if fee, failed := p.paidTrial(ctx, tx, o, nil); fee != nil || failed != nil {
		return fee, failed
	}
	return nil, err
}
