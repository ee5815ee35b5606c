package orders

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/rows"
)

// A provider may report the payment of an invoice without its name, and tell the
// name apart from that. Then the payment's row has the invoice's name until it
// is known, and invoices are unique, so that of two reports at the same time one
// finds the other.

// provisional reports whether the payment's own name is not known.
func (pm *Payment) provisional() bool { return pm.Invoice != "" && pm.Ref == pm.Invoice }

// ofInvoice finds the row of the payment's invoice, locked. It returns nil where
// there is none; where it is another payment's, the invoice counts as that one's.
func (pm *Payment) ofInvoice(ctx context.Context, tx bun.Tx) (*Payment, error) {
	seen, err := findInvoice(ctx, tx, pm.Provider, pm.Invoice)
	if err != nil || seen == nil {
		return nil, err
	}
	return pm.lockOfInvoice(ctx, tx)
}

// findInvoice reads the payment of an invoice without a lock, nil for none.
func findInvoice(ctx context.Context, db bun.IDB, provider PayType, invoice string) (*Payment, error) {
	if invoice == "" {
		return nil, nil
	}
	return scanPayment(ctx, invoiceQuery(db, provider, invoice), invoice)
}

func invoiceQuery(db bun.IDB, provider PayType, invoice string) *bun.SelectQuery {
	return db.NewSelect().Model((*Payment)(nil)).Where("provider = ?", provider).Where("invoice = ?", invoice)
}

// lockOfInvoice is ofInvoice where the row may be there.
func (pm *Payment) lockOfInvoice(ctx context.Context, tx bun.Tx) (*Payment, error) {
	if pm.Invoice == "" {
		return nil, nil
	}
	row, err := scanPayment(ctx, rows.ForUpdate(invoiceQuery(tx, pm.Provider, pm.Invoice), tx), pm.Invoice)
	switch {
	case err != nil || row == nil || pm.provisional():
		return row, err
	case row.provisional() && (pm.OrderNo == "" || row.OrderNo == pm.OrderNo), row.Ref == pm.Ref:
		return row, nil
	}
	pm.Invoice = ""
	return nil, nil
}

// named gives a row that was written the name of its payment or invoice, where
// a report is the first to tell it. A row that stood for the invoice goes.
func (pm *Payment) named(ctx context.Context, tx bun.Tx, is *Payment) error {
	switch {
	case pm.provisional() && !is.provisional() && is.Ref != pm.Ref:
		return pm.rename(ctx, tx, "ref", is.Ref)
	case pm.Invoice != "" || is.Invoice == "" || is.provisional():
		return nil
	}
	other, err := findInvoice(ctx, tx, pm.Provider, is.Invoice)
	if err != nil {
		return err
	}
	if other != nil {
		if !other.provisional() || other.OrderNo != pm.OrderNo {
			return nil
		}
		if err := other.remove(ctx, tx); err != nil {
			return err
		}
	}
	return pm.rename(ctx, tx, "invoice", is.Invoice)
}

func (pm *Payment) rename(ctx context.Context, tx bun.Tx, column, name string) error {
	_, err := rows.Current(tx).NewUpdate().Model((*Payment)(nil)).Set("? = ?", bun.Ident(column), name).
		Where("provider = ?", pm.Provider).Where("ref = ?", pm.Ref).Exec(ctx)
	if err != nil {
		return dialect.Classify(err)
	}
	if column == "ref" {
		pm.Ref = name
	} else {
		pm.Invoice = name
	}
	return nil
}
