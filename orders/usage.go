package orders

import (
	"cmp"
	"context"
	"time"

	"github.com/uptrace/bun"
)

// What was used beside a plan may be billed by itself, in the middle of a period that is
// paid. That is no second payment of the period: it has an order of its own, which
// grants nothing unless somebody says so.

// billsUsage reports whether the payment is for nothing but what was used beside the plan
// that the first order began.
func (p *period) billsUsage(first *Order) bool {
	return p.money != nil && p.bill != nil && p.bill.metered && p.bill.beside(first.PriceID)
}

// beside reports whether all lines are of other prices than that of the plan, and nobody
// answers what they buy.
func (b bill) beside(price string) bool {
	for i := range b.whole {
		if l := &b.whole[i]; l.Plan != nil || l.PriceID == "" || l.PriceID == price {
			return false
		}
	}
	return price != "" && len(b.parts) == 0 && len(b.whole) > 0
}

// billsMore reports whether the payment is for what was used, or sold beside the plan,
// in a period that another one paid.
func (p *period) billsMore(ctx context.Context, tx bun.Tx, o *Order) (bool, error) {
	if p.bill == nil || p.netted || o.PaidAmount == nil || p.money.ref == "" && p.money.invoice == "" {
		return false, nil
	}
	if !p.bill.metered && !p.bill.beside(o.PriceID) {
		return false, nil
	}
	row, err := findInvoice(ctx, tx, o.PayType, p.money.invoice)
	if err == nil && row == nil && p.money.ref != "" {
		row, err = findPayment(ctx, tx, o.PayType, p.money.ref)
	}
	return err == nil && (row == nil || row.OrderNo != o.OrderNo), err
}

// usage pays what was used by an order of its own. The first order is locked.
func (p *period) usage(ctx context.Context, tx bun.Tx, first *Order) (*Result, error) {
	pay := *p.money // the transaction may be retried
	granted := p.credits
	if granted == nil {
		granted = new(int64)
	}
	bought := ProrateParams{
		SubID: p.subID, Ref: shortRef(cmp.Or(pay.invoice, pay.ref)), Lines: p.bill.whole, Paid: p.due, Credits: granted, used: true,
	}
	if bought.Ref == "" { // nothing names it: the time does
		bought.Ref = shortRef(renewalKey(p.subID, p.start))
	}
	pay.start, pay.end = time.Time{}, time.Time{}
	return bought.settle(ctx, tx, &pay, first, first, *p.bill)
}
