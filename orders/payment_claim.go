package orders

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/rows"
)

// settle pays a locked order, finds it paid, or keeps the payment as surplus. The payment's row
// comes first: it says whether the payment belongs to another order, and what was already given
// back of it.
func (p *payment) settle(ctx context.Context, tx bun.Tx, o *Order) (*Result, error) {
	if p.balance > 0 { // before the ledger's account
		if _, err := o.lockBalance(ctx, tx); err != nil {
			return nil, err
		}
	}
	named, err := p.named(ctx, tx, o)
	if err != nil {
		return nil, err
	}
	if named.ref == "" && named.invoice == "" {
		return named.settleNameless(ctx, tx, o)
	}
	row, fresh, err := named.row(o).insert(ctx, tx)
	if err != nil {
		return nil, err
	}
	result, err := named.settleRow(ctx, tx, o, row, fresh)
	if err != nil && fresh {
		err = row.withdraw(ctx, tx, err)
	}
	if err != nil || result.Payment == nil {
		return result, err
	}
	return result, result.Payment.named(ctx, tx, named.row(o))
}

// named returns the payment with the name that a refund gave it, if the provider reports the payment
// itself without one: exactly one refund or dispute that names the order must be waiting for its
// payment.
func (p *payment) named(ctx context.Context, tx bun.Tx, o *Order) (*payment, error) {
	known := *p
	if p.ref != "" || p.invoice != "" || o.PayRef != "" || o.SubID != "" || p.subID != "" || o.Interval.recurs() {
		return &known, nil
	}
	var waiting []Payment
	err := rows.Now(ctx, tx, tx.NewSelect().Model(&waiting)).Where("order_no = ?", o.OrderNo).
		Where("status = ?", PaymentUnmatched).Where("provider = ?", p.of(o)).Limit(2).Scan(ctx)
	if err != nil {
		return nil, dialect.Classify(err)
	}
	if len(waiting) == 1 {
		known.ref = waiting[0].Ref
	}
	return &known, nil
}

// row returns the payment's own row, as it is stored if there is none yet. If its name is not known,
// it has that of its invoice.
func (p *payment) row(o *Order) *Payment {
	pm := &Payment{
		Provider: p.of(o), Ref: p.ref, Invoice: p.invoice, OrderNo: o.OrderNo, UserUUID: o.UserUUID,
		Status: PaymentPaid, Tax: p.tax, Discount: p.discount, PaidAt: p.at, CreatedAt: p.at, UpdatedAt: p.at,
	}
	if pm.Ref == "" {
		pm.Ref = p.invoice
	}
	if stated := p.stated(); stated != nil {
		pm.Gross, pm.Currency = stated.Amount, stated.Currency
	}
	return pm
}

// settleRow settles a payment whose row is locked.
func (p *payment) settleRow(ctx context.Context, tx bun.Tx, o *Order, row *Payment, fresh bool) (*Result, error) {
	mine := fresh || row.Status.waiting() || row.OrderNo == o.OrderNo
	if !mine {
		if fee, err := p.paidTrial(ctx, tx, o, row); fee != nil || err != nil {
			return fee, err
		}
	}
	switch {
	case !mine && p.ref == "": // another period's invoice; nothing is known of its payment
		return p.settleOrder(ctx, tx, o)
	case !mine:
		return nil, &PaymentTakenError{PayRef: row.Ref, OrderNo: row.OrderNo, Other: o.OrderNo}
	}
	known := *p
	if !row.provisional() {
		known.ref = row.Ref
	}
	row.learn(p.row(o))
	if p.shares(o) && row.Gross == o.Paid() || p.sharesSurplus(row) {
		row.Gross, row.Tax = p.paid.Amount, p.tax
	}
	if p.ref != "" { // else what is told is the sum of its invoice
		if err := row.inUnit(); err != nil {
			return nil, err
		}
	}
	if !fresh && row.Status == PaymentPaid && o.PayRef != "" && row.Ref != o.PayRef && row.partly(o) {
		return &Result{Order: o, Payment: row, Replayed: true}, nil // of an invoice that was paid in parts
	}
	early := row.Status.waiting() && !fresh
	if o.wasPaid() {
		other, err := known.another(ctx, tx, o, row, fresh)
		if err != nil {
			return nil, err
		}
		if other {
			return known.surplus(ctx, tx, o, row, fresh)
		}
	}
	result, err := known.settleKnown(ctx, tx, o, row, early || fresh)
	if err != nil {
		return nil, err
	}
	if early {
		if err := known.reverse(ctx, tx, o, row); err != nil {
			return nil, err
		}
	}
	result.Payment = row
	if err := row.pays(o); err != nil {
		return nil, err
	}
	row.UpdatedAt = p.at
	if err := row.update(ctx, tx); err != nil {
		return nil, err
	}
	return result, known.parts(ctx, tx, o, row)
}

// another reports whether this is not the payment that paid the order: it has another name, belongs
// to another subscription, or paid another invoice.
func (p *payment) another(ctx context.Context, tx bun.Tx, o *Order, row *Payment, fresh bool) (bool, error) {
	switch {
	case o.trial() && o.PayRef == "" && o.Paid() == 0 && p.paid != nil && p.paid.Amount > 0:
		return true, nil // the order was recorded as costing nothing
	case p.otherSub(o) != "" && (p.ref == "" || p.ref != o.PayRef):
		return true, nil
	case p.ref != "" && o.PayRef != "":
		return p.ref != o.PayRef, nil
	}
	if row.Status == PaymentPaid && !fresh {
		return false, nil
	}
	if costs, err := p.costs(ctx, tx, o); err != nil || costs {
		return costs, err
	}
	return p.ofOtherInvoice(ctx, tx, o, row)
}

// costs reports whether it is money for an order that cost nothing, for example because of a
// discount. If the order's invoice is known, the money belongs to that.
func (p *payment) costs(ctx context.Context, tx bun.Tx, o *Order) (bool, error) {
	if o.PayRef != "" || o.PaidAmount == nil || o.Paid() != 0 || p.paid == nil || p.paid.Amount <= 0 {
		return false, nil
	}
	same, err := p.byInvoice(ctx, tx, o)
	return !same, err
}

// settleKnown pays the order. A payment that is known to have paid an order that was refunded since
// was reported before.
func (p *payment) settleKnown(ctx context.Context, tx bun.Tx, o *Order, row *Payment, first bool) (*Result, error) {
	known := o.Status == StatusRefunded && o.PaidAmount != nil
	if known && (first || row.Status != PaymentPaid) {
		var err error
		if known, err = p.byInvoice(ctx, tx, o); err != nil {
			return nil, err
		}
	}
	if known {
		return p.settled(ctx, tx, o)
	}
	return p.settleOrder(ctx, tx, o)
}

// byInvoice reports whether this is the payment that paid the order, of which only the invoice was
// known so far.
func (p *payment) byInvoice(ctx context.Context, tx bun.Tx, o *Order) (bool, error) {
	row, err := findInvoice(ctx, tx, o.PayType, p.invoice)
	return row != nil && row.provisional() && row.Status == PaymentPaid && row.OrderNo == o.OrderNo, err
}

// wasPaid reports whether a payment paid the order, whatever happened to it since.
func (o *Order) wasPaid() bool {
	return o.Status == StatusPaid || o.Status == StatusRefunded || o.PaidAmount != nil
}

// surplus keeps a payment of an order that another one paid. It grants nothing, and refunding it
// affects nothing else.
func (p *payment) surplus(ctx context.Context, tx bun.Tx, o *Order, row *Payment, fresh bool) (*Result, error) {
	known := !fresh && row.Status == PaymentSurplus
	result := &Result{Order: o, Payment: row, Replayed: known, OtherSubID: p.otherSub(o)}
	s, err := row.reversals()
	if err != nil {
		return nil, err
	}
	if row.Currency == "" {
		row.Gross, row.Currency = o.Amount, o.Currency
	}
	row.Status, row.OrderNo, row.UserUUID = PaymentSurplus, o.OrderNo, o.UserUUID
	row.FailedAt, row.FailureReason, row.Net = time.Time{}, "", row.Gross-row.Tax
	if !known {
		row.PaidAt, row.UpdatedAt = p.at, p.at
	}
	row.count(s, row.Gross)
	if err := row.update(ctx, tx); err != nil {
		return nil, err
	}
	if err := row.surplusParts(ctx, tx, p.at); err != nil || known {
		return result, err
	}
	return result, o.touch(ctx, tx)
}

// reverse applies to an order what was reported about its payment before the payment itself.
func (p *payment) reverse(ctx context.Context, tx bun.Tx, o *Order, row *Payment) error {
	early, err := row.reversals()
	if err != nil || o.Paid() <= 0 {
		return err
	}
	s, err := o.reversals()
	if err != nil {
		return err
	}
	was := o.back(s)
	news := s.of(o, row).merge(early, portion(row.Gross, row.unit(o)))
	if notes := s.mergeNotes(early); !news && !notes {
		return nil
	}
	if o.back(s) == was {
		if o.Reversals, err = s.text(); err != nil {
			return err
		}
		return update(ctx, tx, o)
	}
	r := reversing{policy: early.Policy, at: p.at, ahead: p.ahead}
	if at := time.UnixMicro(early.AtUs).UTC(); at.After(r.at) {
		r.at = at
	}
	_, err = r.apply(ctx, tx, o, s)
	return err
}
