package orders

import (
	"context"
	"time"

	"github.com/uptrace/bun"
)

// What pays an invoice that is surplus may come in parts, too. A credit note is of the invoice: the
// payment that stands for it keeps the note, and each of the parts gives back what is left of it,
// so that together they hold what was not given back.

// surplusParts makes what else paid the invoice of a surplus payment surplus, and counts what of
// each was given back. The payment is locked and stored.
func (pm *Payment) surplusParts(ctx context.Context, tx bun.Tx, at time.Time) error {
	main := pm
	if pm.PartOf != "" {
		var err error
		main, err = lockInvoice(ctx, tx, pm.Provider, pm.PartOf)
		if err != nil || main.Status != PaymentSurplus {
			return unless(err, ErrNotFound)
		}
	}
	if main.Invoice == "" {
		return nil
	}
	s, err := main.reversals()
	if err != nil {
		return err
	}
	others, err := partsOf(ctx, tx, main, main.Invoice)
	if err != nil || len(others) == 0 && s.Parts[""] == nil {
		return err
	}
	all, was := []*Payment{main}, []Payment{*main}
	for i := range others {
		other := &others[i]
		if other.Ref == pm.Ref {
			other = pm
		}
		before := *other
		if other.Status == PaymentUnmatched {
			other.Status, other.OrderNo, other.UserUUID, other.PaidAt = PaymentSurplus, main.OrderNo, main.UserUUID, main.PaidAt
			other.Net = other.Gross - other.Tax
		}
		if other.Status == PaymentSurplus {
			all, was = append(all, other), append(was, before)
		}
	}
	for _, one := range all {
		told, err := one.reversals()
		if err != nil {
			return err
		}
		one.count(told, one.Gross)
	}
	if notes := s.Parts[""]; notes != nil {
		takeNotes(all, notes.refunded())
	}
	for i, one := range all {
		if *one == was[i] {
			continue
		}
		one.UpdatedAt = at
		if err := one.update(ctx, tx); err != nil {
			return err
		}
	}
	return nil
}

// takeNotes gives back what credit notes did: of what disputes do not hold, first.
func takeNotes(all []*Payment, left int64) {
	for _, held := range []bool{true, false} {
		for _, pm := range all {
			room := pm.Gross - pm.Refunded
			if held {
				room -= pm.Disputed
			}
			take := max(min(left, room), 0)
			pm.Refunded += take
			left -= take
		}
	}
}

// lockMain locks the payment that stands for the invoice of which this one paid a part: it comes
// first.
func (pm *Payment) lockMain(ctx context.Context, tx bun.Tx) error {
	if pm.PartOf == "" {
		return nil
	}
	_, err := lockInvoice(ctx, tx, pm.Provider, pm.PartOf)
	return unless(err, ErrNotFound)
}
