package orders

import (
	"context"
	"slices"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/rows"
)

// Several payments can pay one invoice. The one that the invoice's report or the first link names is
// the order's (Order.PayRef). The others are PaymentPaid as long as together they do not exceed what
// the order was paid with. What is given back is kept per payment, so that a part is never mistaken
// for the whole.

// partly reports whether the payment is only a part of what its order was paid with.
func (pm *Payment) partly(o *Order) bool {
	return o.PaidAmount != nil && pm.Gross > 0 && pm.Gross < o.Paid() && pm.Currency != "" && pm.Currency == o.Currency
}

// unit returns the amount of the payment in the unit in which the order keeps its reports.
func (pm *Payment) unit(o *Order) int64 {
	if pm.partly(o) {
		return pm.Gross
	}
	return o.Paid()
}

// of returns the reports about one payment of the order.
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

// ofInvoice returns the reports about an invoice as a whole, such as credit notes, which do not say
// which of its payments they concern.
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

// isPart takes over the payment's own amount, if its invoice was reported with the sum of several.
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

// parts assigns the other payments of an invoice that was paid in parts to its order, together with
// what was given back of them. The order is locked.
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

// partsOf returns the other payments of an invoice, locked. The order and the payment that stands
// for the invoice are locked: whoever adds a part changes one of them.
func partsOf(ctx context.Context, tx bun.Tx, main *Payment, invoice string) ([]Payment, error) {
	var found []Payment
	q := tx.NewSelect().Model(&found).Where("provider = ?", main.Provider).
		Where("(part_of = ? OR invoice = ?)", invoice, invoice).Where("ref <> ?", main.Ref).OrderExpr("id")
	if !rows.LocksGaps(ctx, tx) {
		q = rows.ForUpdate(q, tx)
	}
	if err := rows.Now(ctx, tx, q).Scan(ctx); err != nil {
		return nil, dialect.Classify(err)
	}
	found = slices.DeleteFunc(found, func(pm Payment) bool { return pm.Invoice != invoice && pm.PartOf != invoice })
	if !rows.LocksGaps(ctx, tx) {
		return found, nil
	}
	return found, lockEach(ctx, tx, found)
}

// lockEach reads payments again, under their locks.
func lockEach(ctx context.Context, tx bun.Tx, seen []Payment) error {
	for i := range seen {
		locked, err := lockPayment(ctx, tx, seen[i].Provider, seen[i].Ref)
		if err != nil {
			return err
		}
		seen[i] = *locked
	}
	return nil
}
