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

// ofInvoice finds the row of the payment's invoice, locked, and gives it the
// payment's name where it has none. It returns nil where there is no such row;
// where it is another payment's, the invoice counts as that one's.
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
	case row.provisional() && pm.OrderNo == "": // whose order that is, the caller finds out
		return row, nil
	case row.provisional() && row.OrderNo == pm.OrderNo:
		_, err := rows.Current(tx).NewUpdate().Model((*Payment)(nil)).Set("ref = ?", pm.Ref).
			Where("provider = ?", row.Provider).Where("ref = ?", row.Ref).Exec(ctx)
		row.Ref = pm.Ref
		return row, dialect.Classify(err)
	case row.Ref == pm.Ref:
		return row, nil
	}
	pm.Invoice = ""
	return nil, nil
}

// replaceInvoice notes on a stored row which invoice it is of, and takes over
// from the row that stood for it.
func (pm *Payment) replaceInvoice(ctx context.Context, tx bun.Tx, stored *Payment) error {
	if pm.Invoice == "" || stored.Invoice != "" || pm.provisional() {
		return nil
	}
	other, err := findInvoice(ctx, tx, pm.Provider, pm.Invoice)
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
		stored.learn(other)
	}
	stored.Invoice = pm.Invoice
	_, err = rows.Current(tx).NewUpdate().Model((*Payment)(nil)).Set("invoice = ?", pm.Invoice).
		Where("provider = ?", stored.Provider).Where("ref = ?", stored.Ref).Exec(ctx)
	return dialect.Classify(err)
}
