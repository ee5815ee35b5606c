package orders

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/rows"
)

// A provider may report the payment of an invoice without the payment's name, and report the name
// separately. Until it is known, the payment's row has the invoice's name. Invoices are unique, so
// that of two concurrent reports one finds the other.

// provisional reports whether the payment's own name is not known.
func (pm *Payment) provisional() bool { return pm.Invoice != "" && pm.Ref == pm.Invoice }

// findInvoice reads the payment of an invoice without a lock, nil for none.
func findInvoice(ctx context.Context, db bun.IDB, provider PayType, invoice string) (*Payment, error) {
	if invoice == "" {
		return nil, nil
	}
	return scanPayment(ctx, rows.Now(ctx, db, invoiceQuery(db, provider, invoice)), invoice)
}

func invoiceQuery(db bun.IDB, provider PayType, invoice string) *bun.SelectQuery {
	return ofInvoice(provider, invoice)(db.NewSelect().Model((*Payment)(nil)))
}

// ofInvoice selects the payment of an invoice.
func ofInvoice(provider PayType, invoice string) func(q *bun.SelectQuery) *bun.SelectQuery {
	return func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where("provider = ?", provider).Where("invoice = ?", invoice)
	}
}

// lockInvoice reads the payment of an invoice that is known to have one, and
// holds its row until the transaction ends.
func lockInvoice(ctx context.Context, tx bun.Tx, provider PayType, invoice string) (*Payment, error) {
	return lockKnownPayment(ctx, tx, ofInvoice(provider, invoice), invoice)
}

// named sets the invoice of a stored row, if a report is the first to name it. A row that stood for
// the invoice is removed.
func (pm *Payment) named(ctx context.Context, tx bun.Tx, is *Payment) error {
	if pm.Invoice != "" || is.Invoice == "" || is.provisional() {
		return nil
	}
	other, err := findInvoice(ctx, tx, pm.Provider, is.Invoice)
	if err != nil || other != nil {
		return unless(pm.replace(ctx, tx, other, err), errOthers)
	}
	err = rows.Attempt(ctx, tx, func() error { return pm.setInvoice(ctx, tx, is.Invoice) })
	if !errors.Is(err, dialect.ErrUnique) {
		return err
	}
	other, err = lockInvoice(ctx, tx, pm.Provider, is.Invoice) // it was inserted meanwhile
	return unless(pm.replace(ctx, tx, other, err), errOthers)
}

// errOthers says that an invoice belongs to another payment.
var errOthers = errors.New("the invoice belongs to another payment")

// replace replaces the row that stood for the payment's invoice and takes over its contents. A row
// that waits for its order does not replace one that has an order.
func (pm *Payment) replace(ctx context.Context, tx bun.Tx, other *Payment, err error) error {
	if err != nil {
		return err
	}
	if other.Status == PaymentFailed && pm.Status == PaymentPaid && !other.provisional() {
		return pm.succeed(ctx, tx, other)
	}
	mine := other.OrderNo == pm.OrderNo || pm.Status.waiting() && other.Status.waiting()
	if !other.provisional() || !mine {
		return errOthers
	}
	if err := other.remove(ctx, tx); err != nil {
		return err
	}
	if pm.Status.waiting() {
		pm.OrderNo, pm.UserUUID = cmp.Or(pm.OrderNo, other.OrderNo), cmp.Or(pm.UserUUID, other.UserUUID)
	}
	pm.learn(other)
	pm.Net = pm.Gross - pm.Tax
	if err := pm.absorb(other); err != nil {
		return err
	}
	if err := pm.update(ctx, tx); err != nil {
		return err
	}
	return pm.setInvoice(ctx, tx, other.Invoice)
}

// succeed gives the invoice to the payment that paid it, after another attempt, which had its name.
func (pm *Payment) succeed(ctx context.Context, tx bun.Tx, attempt *Payment) error {
	invoice := attempt.Invoice
	attempt, err := lockInvoice(ctx, tx, attempt.Provider, invoice)
	if err != nil {
		return unless(err, ErrNotFound)
	}
	if attempt.Status != PaymentFailed {
		return errOthers
	}
	attempt.Invoice, attempt.PartOf = "", invoice
	if _, err := rows.Update(ctx, tx, attempt, attempt.own(), "invoice", "part_of"); err != nil {
		return err
	}
	return pm.setInvoice(ctx, tx, invoice)
}

// absorb takes over the reversals of a payment that pays no order.
func (pm *Payment) absorb(other *Payment) error {
	if pm.Status == PaymentPaid || other.Reversals == "" {
		return nil
	}
	s, err := pm.reversals()
	if err != nil {
		return err
	}
	told, err := other.reversals()
	if err != nil {
		return err
	}
	news := s.merge(told, portion(0, 0))
	if notes := s.mergeNotes(told); !news && !notes {
		return nil
	}
	if pm.Reversals, err = s.text(); err == nil {
		pm.count(s, pm.Gross)
	}
	return err
}

// setInvoice names the invoice, unless another row has it.
func (pm *Payment) setInvoice(ctx context.Context, tx bun.Tx, invoice string) error {
	pm.Invoice = invoice
	_, err := rows.Update(ctx, tx, pm, pm.own(), "invoice")
	if err != nil {
		pm.Invoice = ""
	}
	return err
}

// ofOtherInvoice reports whether the order is known to have been paid by another invoice than the
// payment's, if the payments' names do not decide that.
func (p *payment) ofOtherInvoice(ctx context.Context, tx bun.Tx, o *Order, row *Payment) (bool, error) {
	invoice := cmp.Or(p.invoice, row.Invoice)
	if invoice == "" {
		return false, nil
	}
	var paid []Payment
	q := tx.NewSelect().Model(&paid).Where("order_no = ?", o.OrderNo).Where("status = ?", PaymentPaid)
	if err := rows.Now(ctx, tx, q).Scan(ctx); err != nil {
		return false, dialect.Classify(err)
	}
	for i := range paid {
		if other := &paid[i]; other.ID != row.ID && other.Invoice != "" && other.Invoice != invoice && other.PartOf != invoice {
			return true, nil
		}
	}
	return false, nil
}

// unnamed reports whether the order was paid by invoices whose payments have no names yet, so that a
// name alone does not identify its payment: Stripe reports that separately; others never do if only
// one is known.
func (r reversing) unnamed(ctx context.Context, tx bun.Tx, o *Order) (bool, error) {
	if r.invoice != "" || o.PayRef != "" {
		return false, nil
	}
	var known []Payment
	err := rows.Now(ctx, tx, tx.NewSelect().Model(&known)).Where("order_no = ?", o.OrderNo).
		Where("status IN (?, ?)", PaymentPaid, PaymentSurplus).Where("provider = ?", r.provider).Scan(ctx)
	if err != nil {
		return false, dialect.Classify(err)
	}
	known = slices.DeleteFunc(known, func(pm Payment) bool { return !pm.provisional() })
	return len(known) > 1 || len(known) == 1 && r.provider == PayTypeStripe, nil
}
