package orders

import (
	"context"
	"errors"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/share"
	"github.com/chameleon-go/chameleon/internal/valid"
)

func (r reversing) check() error {
	if err := valid.AmountOrZero("Of", r.of); err != nil {
		return err
	}
	switch {
	case r.invoice != "" && r.payRef == "" && r.orderNo != "":
		return valid.Failf("Invoice", "set together with OrderNo")
	case r.invoice != "":
		if err := valid.First(r.provider.check("Provider"), valid.Identifier("Invoice", r.invoice, maxName)); err != nil || r.payRef == "" {
			return err
		}
	case r.provider == "":
		return GetParams{OrderNo: r.orderNo, PayRef: r.payRef}.check()
	}
	err := valid.First(r.provider.check("Provider"), valid.Identifier("PayRef", r.payRef, maxName))
	if err == nil && r.orderNo != "" {
		err = valid.Identifier("OrderNo", r.orderNo, maxName)
	}
	return err
}

// match finds the subject of a refund or dispute: the order that its payment paid, locked, with the
// payment's row if it has one; or only the locked row of a payment that pays no order. A known
// payment is never mistaken for another.
func (r reversing) match(ctx context.Context, tx bun.Tx) (*Order, *Payment, error) {
	if r.ofInvoiceAlone() {
		return r.ofInvoice(ctx, tx)
	}
	if r.payRef == "" {
		o, err := GetParams{OrderNo: r.orderNo}.lock(ctx, tx)
		if err != nil || o.PayRef == "" {
			return o, nil, err
		}
		row, err := findPayment(ctx, tx, o.PayType, o.PayRef)
		if row != nil && dialect.IsCallers(ctx, tx) { // it may be older than the order's lock
			row, err = lockPayment(ctx, tx, row.Provider, row.Ref)
		}
		return o, row, err
	}
	row, err := findPayment(ctx, tx, r.provider, r.payRef)
	if err != nil {
		return nil, nil, err
	}
	if row == nil {
		row, err = r.nameless(ctx, tx)
	}
	if err != nil {
		return nil, nil, err
	}
	if row != nil {
		return r.known(ctx, tx, row)
	}
	o, err := r.unrecorded(ctx, tx)
	switch {
	case err != nil:
		return nil, nil, err
	case o != nil:
		return o, &Payment{Provider: o.PayType, Ref: r.payRef, CreatedAt: r.at}, nil
	case r.provider == "":
		return nil, nil, notFound("payment", "PayRef", r.payRef)
	}
	row = &Payment{
		Provider: r.provider, Ref: r.payRef, Invoice: r.invoice, OrderNo: r.orderNo, Status: PaymentUnmatched, CreatedAt: r.at,
	}
	row, _, err = row.insert(ctx, tx)
	if err != nil || row.Status != PaymentPaid {
		return nil, row, err
	}
	return r.late(ctx, tx, row)
}

// ofInvoiceAlone reports whether the payment is named only by its invoice.
func (r reversing) ofInvoiceAlone() bool { return r.invoice != "" && r.payRef == "" }

// nameless finds a payment that was reported without its name by its invoice, and names it; nil for
// none.
func (r reversing) nameless(ctx context.Context, tx bun.Tx) (*Payment, error) {
	row, err := findInvoice(ctx, tx, r.provider, r.invoice)
	if err != nil || row == nil || !row.provisional() || row.Status.waiting() {
		return nil, err
	}
	pay := &payment{provider: r.provider, ref: r.payRef, invoice: r.invoice, paid: &Money{Amount: row.Gross, Currency: row.Currency}, at: r.at}
	result, err := pay.link(ctx, tx, r.provider, r.again)
	if err != nil {
		return nil, err
	}
	return result.Payment, nil
}

// ofInvoice matches the payment of an invoice.
func (r reversing) ofInvoice(ctx context.Context, tx bun.Tx) (*Order, *Payment, error) {
	row, err := findInvoice(ctx, tx, r.provider, r.invoice)
	switch {
	case err != nil:
		return nil, nil, err
	case row == nil || row.Status.waiting():
		return nil, nil, notFound("payment", "Invoice", r.invoice)
	}
	return r.known(ctx, tx, row)
}

// known matches a payment with a row.
func (r reversing) known(ctx context.Context, tx bun.Tx, row *Payment) (*Order, *Payment, error) {
	if row.Status == PaymentPaid {
		return r.paid(ctx, tx, row)
	}
	if err := row.lockMain(ctx, tx); err != nil {
		return nil, nil, err
	}
	row, err := lockPayment(ctx, tx, row.Provider, row.Ref)
	if err != nil || row.Status != PaymentPaid {
		return nil, row, err
	}
	return r.late(ctx, tx, row)
}

// paid matches a payment that was seen to have paid an order. Under the order's lock it is
// read again: it may have become a part of what paid the order, or have got its name.
func (r reversing) paid(ctx context.Context, tx bun.Tx, seen *Payment) (*Order, *Payment, error) {
	o, err := GetParams{OrderNo: seen.OrderNo}.lock(ctx, tx)
	if err != nil {
		return nil, nil, err
	}
	row, err := lockPayment(ctx, tx, seen.Provider, seen.Ref)
	if errors.Is(err, ErrNotFound) && seen.provisional() {
		row, err = lockInvoice(ctx, tx, seen.Provider, seen.Invoice)
	}
	return o, row, err
}

// late matches a locked payment that was reported in the meantime.
func (r reversing) late(ctx context.Context, tx bun.Tx, row *Payment) (*Order, *Payment, error) {
	if r.again != nil {
		return nil, nil, r.again
	}
	o, err := GetParams{OrderNo: row.OrderNo}.lock(ctx, tx)
	return o, row, err
}

// unrecorded finds the order of a payment without a row, and locks it: the order that has its name,
// or else the one that the provider's metadata names, if that is a one-time order whose payment is
// unknown. All periods of a subscription have the metadata of the first.
func (r reversing) unrecorded(ctx context.Context, tx bun.Tx) (*Order, error) {
	o, err := GetParams{PayRef: r.payRef}.lock(ctx, tx)
	if err == nil && (r.provider == "" || o.PayType == "" || o.PayType == r.provider) {
		return o, nil
	}
	if err != nil && !errors.Is(err, ErrNotFound) || r.orderNo == "" {
		return nil, unless(err, ErrNotFound)
	}
	o, err = GetParams{OrderNo: r.orderNo}.lock(ctx, tx)
	if err != nil {
		return nil, unless(err, ErrNotFound)
	}
	of := payment{invoice: r.invoice}
	if other, err := of.ofOtherInvoice(ctx, tx, o, new(Payment)); err != nil || other {
		return nil, o.awaits(ctx, tx, err)
	}
	if waits, err := r.unnamed(ctx, tx, o); err != nil || waits {
		return nil, o.awaits(ctx, tx, err)
	}
	paid := o.Status == StatusPaid || o.Status == StatusRefunded
	if !paid || o.PayRef != "" && o.PayRef != r.payRef || o.SubID != "" || o.Interval.recurs() {
		return nil, o.awaits(ctx, tx, nil)
	}
	o.PayRef = r.payRef
	return o, nil
}

// awaits notes that a report will wait for a payment of the order, unless err prevents it.
func (o *Order) awaits(ctx context.Context, tx bun.Tx, err error) error {
	if err != nil {
		return err
	}
	return o.touch(ctx, tx)
}

// unless returns err, or nil if it is the expected one.
func unless(err, expected error) error {
	if errors.Is(err, expected) {
		return nil
	}
	return err
}

// keep records a report on the row of a payment that pays no order.
func (r reversing) keep(ctx context.Context, tx bun.Tx, row *Payment) (*Result, error) {
	s, err := row.reversals()
	if err != nil {
		return nil, err
	}
	result := &Result{Payment: row}
	if row.Status == PaymentSurplus {
		if result.Order, err = (GetParams{OrderNo: row.OrderNo}).find(ctx, tx); err != nil {
			return nil, err
		}
	}
	row.worked()
	if row.Gross == 0 {
		row.Gross = r.of
	}
	about := s
	if r.ofInvoiceAlone() {
		about = s.ofInvoice()
	}
	if !r.report(about, portion(r.of, row.Gross), r.at.UnixMicro()) {
		result.Replayed = true
		return result, nil
	}
	s.AtUs, s.Policy = r.at.UnixMicro(), r.policy
	if r.of > 0 && row.Status.waiting() { // see inUnit
		s.Whole = row.Gross
	}
	if row.Reversals, err = s.text(); err != nil {
		return nil, err
	}
	row.count(s, row.Gross)
	row.UpdatedAt = r.at
	if err := row.update(ctx, tx); err != nil || row.Status != PaymentSurplus {
		return result, err
	}
	return result, row.surplusParts(ctx, tx, r.at)
}

// follow updates the payment's row from its order.
func (r reversing) follow(ctx context.Context, tx bun.Tx, o *Order, row *Payment) error {
	if row == nil {
		return nil
	}
	if err := row.pays(o); err != nil {
		return err
	}
	row.UpdatedAt = r.at
	if row.ID == 0 {
		stored, fresh, err := row.insert(ctx, tx)
		if err != nil || fresh {
			return err
		}
		row.ID = stored.ID
	}
	return row.update(ctx, tx)
}

// share converts a part of a payment of the given amount into the same share of what the order was
// paid with.
func (o *Order) share(whole int64) func(int64) int64 { return portion(whole, o.Paid()) }

// portion converts a part of whole into the same share of paid, rounded up, so that all of the one is
// all of the other. If whole is not known, the part is returned unchanged.
func portion(whole, paid int64) func(int64) int64 {
	return func(amount int64) int64 {
		if whole <= 0 || whole == paid || paid <= 0 {
			return amount
		}
		return share.Up(min(amount, whole), paid, whole)
	}
}
