package orders

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
)

// settle pays a locked order, finds it paid, or keeps the payment as one too
// many. The payment's row comes first: it says whether the payment is another
// order's, and what was given back of it already.
func (p *payment) settle(ctx context.Context, tx bun.Tx, o *Order) (*Result, error) {
	named, err := p.named(ctx, tx, o)
	if err != nil {
		return nil, err
	}
	if named.ref == "" {
		return named.settleOrder(ctx, tx, o)
	}
	row, fresh, err := named.row(o).insert(ctx, tx)
	if err != nil {
		return nil, err
	}
	result, err := named.settleRow(ctx, tx, o, row, fresh)
	if err != nil && fresh {
		err = row.withdraw(ctx, tx, err)
	}
	if err != nil {
		return nil, err
	}
	return result, nil
}

// named is the payment with the name that a refund gave it, where the provider
// reports the payment itself without one: exactly one refund or dispute that
// names the order waits for its payment.
func (p *payment) named(ctx context.Context, tx bun.Tx, o *Order) (*payment, error) {
	if p.ref != "" || o.PayRef != "" || o.SubID != "" || p.subID != "" || o.Interval.recurs() {
		return p, nil
	}
	var waiting []Payment
	err := tx.NewSelect().Model(&waiting).Where("order_no = ?", o.OrderNo).
		Where("status = ?", PaymentUnmatched).Where("provider = ?", o.PayType).Limit(2).Scan(ctx)
	if err != nil {
		return nil, dialect.Classify(err)
	}
	known := *p
	if len(waiting) == 1 {
		known.ref = waiting[0].Ref
	}
	return &known, nil
}

// row is the payment's own, as it is stored where there is none yet.
func (p *payment) row(o *Order) *Payment {
	pm := &Payment{
		Provider: o.PayType, Ref: p.ref, OrderNo: o.OrderNo, UserUUID: o.UserUUID, Status: PaymentPaid,
		Gross: o.Amount, Currency: o.Currency, PaidAt: p.at, CreatedAt: p.at, UpdatedAt: p.at,
	}
	if p.paid != nil {
		pm.Gross, pm.Currency = p.paid.Amount, p.paid.Currency
	}
	return pm
}

// settleRow does what a payment does whose row is locked.
func (p *payment) settleRow(ctx context.Context, tx bun.Tx, o *Order, row *Payment, fresh bool) (*Result, error) {
	if row.Status != PaymentUnmatched && row.OrderNo != o.OrderNo {
		return nil, &PaymentTakenError{PayRef: row.Ref, OrderNo: row.OrderNo, Other: o.OrderNo}
	}
	paid := o.Status == StatusPaid || o.Status == StatusRefunded || o.PaidAmount != nil
	if paid && o.PayRef != "" && o.PayRef != p.ref {
		return p.surplus(ctx, tx, o, row, fresh)
	}
	result, err := p.settleOrder(ctx, tx, o)
	if err != nil {
		return nil, err
	}
	if row.Status == PaymentUnmatched {
		if err := p.reverse(ctx, tx, o, row); err != nil {
			return nil, err
		}
	}
	result.Payment = row
	if err := row.pays(o); err != nil {
		return nil, err
	}
	row.UpdatedAt = p.at
	return result, row.update(ctx, tx)
}

// surplus keeps a payment of an order that another one paid. It grants nothing,
// and what is given back of it concerns nothing else.
func (p *payment) surplus(ctx context.Context, tx bun.Tx, o *Order, row *Payment, fresh bool) (*Result, error) {
	known := !fresh && row.Status == PaymentSurplus
	result := &Result{Order: o, Payment: row, Replayed: known}
	if known {
		return result, nil
	}
	s, err := row.reversals()
	if err != nil {
		return nil, err
	}
	is := p.row(o)
	row.Status, row.OrderNo, row.UserUUID = PaymentSurplus, is.OrderNo, is.UserUUID
	row.Gross, row.Currency, row.PaidAt, row.UpdatedAt = is.Gross, is.Currency, is.PaidAt, p.at
	row.count(s)
	return result, row.update(ctx, tx)
}

// reverse applies to an order what was reported of its payment before the
// payment itself.
func (p *payment) reverse(ctx context.Context, tx bun.Tx, o *Order, row *Payment) error {
	early, err := row.reversals()
	if err != nil || o.Paid() <= 0 {
		return err
	}
	s, err := o.reversals()
	if err != nil || !s.merge(early, o.share(row.Gross)) {
		return err
	}
	r := reversing{policy: early.Policy, at: p.at, ahead: p.ahead}
	if at := time.UnixMicro(early.AtUs).UTC(); at.After(r.at) {
		r.at = at
	}
	_, err = r.apply(ctx, tx, o, s)
	return err
}
