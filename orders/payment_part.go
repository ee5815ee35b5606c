package orders

import (
	"context"
	"slices"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/rows"
)

// Several payments can pay one invoice. The one that the invoice's report or the
// first link names is the order's (Order.PayRef); the others are PaymentPaid as
// long as all of them are no more than what the order was paid with. What is
// given back of each is kept by its name, so that a part is never taken for the
// whole.

// partly reports whether the payment is a part of what its order was paid with.
func (pm *Payment) partly(o *Order) bool {
	return o.PaidAmount != nil && pm.Gross > 0 && pm.Gross < o.Paid() && pm.Currency != "" && pm.Currency == o.Currency
}

// unit is what the payment was in the unit in which the order keeps its reports.
func (pm *Payment) unit(o *Order) int64 {
	if pm.partly(o) {
		return pm.Gross
	}
	return o.Paid()
}

// of are the reports about one payment of the order.
func (s *reversals) of(o *Order, pm *Payment) *reversals {
	if pm == nil || !pm.partly(o) {
		return s
	}
	if pm.Ref == o.PayRef {
		s.Whole = pm.Gross
		return s
	}
	part := s.Parts[pm.Ref]
	if part == nil {
		part = newReversals()
		if s.Parts == nil {
			s.Parts = map[string]*reversals{}
		}
		s.Parts[pm.Ref] = part
	}
	part.Whole = pm.Gross
	return part
}

// ofInvoice are the reports about an invoice as a whole, such as credit notes: nobody
// says which of its payments they are of.
func (s *reversals) ofInvoice() *reversals {
	whole := s.Parts[""]
	if whole == nil {
		whole = newReversals()
		if s.Parts == nil {
			s.Parts = map[string]*reversals{}
		}
		s.Parts[""] = whole
	}
	return whole
}

// isPart takes over what the payment of an invoice was itself, where the invoice
// was reported with the sum of several.
func (p *payment) isPart(ctx context.Context, tx bun.Tx, o *Order, row *Payment) error {
	if row == nil || row.Status != PaymentPaid {
		return nil
	}
	if p.paid != nil && row.Ref == p.ref && row.Currency == p.paid.Currency && p.paid.Amount <= row.Gross {
		row.Gross = p.paid.Amount
	}
	if row.partly(o) {
		if err := row.pays(o); err != nil {
			return err
		}
		if err := row.update(ctx, tx); err != nil {
			return err
		}
	}
	return p.parts(ctx, tx, o, row)
}

// parts makes the other payments of an invoice that was paid in parts those of
// its order, and what was given back of them the order's. The order is locked.
func (p *payment) parts(ctx context.Context, tx bun.Tx, o *Order, main *Payment) error {
	if p.invoice == "" || main == nil || main.Status != PaymentPaid || !main.partly(o) {
		return nil
	}
	others, err := partsOf(ctx, tx, main, p.invoice)
	if err != nil {
		return err
	}
	sum := main.Gross
	for i := range others {
		part := &others[i]
		if part.OrderNo != "" && part.OrderNo != o.OrderNo || part.Currency != o.Currency || sum+part.Gross > o.Paid() {
			continue
		}
		sum += part.Gross
		if part.Status == PaymentPaid {
			continue
		}
		if err := p.joins(ctx, tx, o, part); err != nil {
			return err
		}
	}
	return nil
}

// joins makes a payment a part of those that paid the order.
func (p *payment) joins(ctx context.Context, tx bun.Tx, o *Order, part *Payment) error {
	if err := p.reverse(ctx, tx, o, part); err != nil {
		return err
	}
	part.UpdatedAt = p.at
	if err := part.pays(o); err != nil {
		return err
	}
	return part.update(ctx, tx)
}

// partsOf are the payments of an invoice beside the one that is known, locked.
// One that another transaction inserted has to be seen, whatever the snapshot.
func partsOf(ctx context.Context, tx bun.Tx, main *Payment, invoice string) ([]Payment, error) {
	var found []Payment
	q := tx.NewSelect().Model(&found).Where("provider = ?", main.Provider).
		Where("(part_of = ? OR invoice = ?)", invoice, invoice).Where("ref <> ?", main.Ref).OrderExpr("id")
	if dialect.Of(tx).LocksRows() {
		q = rows.ForUpdate(q, tx)
	}
	err := q.Scan(ctx)
	found = slices.DeleteFunc(found, func(pm Payment) bool { return pm.Invoice != invoice && pm.PartOf != invoice })
	return found, dialect.Classify(err)
}
