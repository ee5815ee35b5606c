package orders

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"math/big"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
)

// changesWithin reports whether the payment is for another price in a period
// that is paid: a change that its provider tells by nothing else.
func (p *period) changesWithin(o *Order) bool {
	if !p.netted || p.bill == nil || p.bill.main() == nil || o.PaidAmount == nil {
		return false
	}
	if p.payRef == "" || o.PayRef == "" || o.PayRef == p.payRef || o.PriceID == "" {
		return false
	}
	main := p.bill.main()
	return main.PriceID != o.PriceID || main.Quantity > 0 && o.Quantity > 0 && main.Quantity != o.Quantity
}

// within pays such a change. Where the new price has a plan it grants what that
// buys beyond what runs, for the rest of the period or until the change that
// follows, which may have been told first.
func (p *period) within(ctx context.Context, tx bun.Tx, o, first *Order, pay *payment) (*Result, error) {
	main := *p.bill.main()
	main.Discount = 0
	main.Amount, main.Proration, main.Start, main.End, main.Plan = p.untaxed(), true, pay.at, o.PeriodEnd, nil
	change := ProrateParams{SubID: p.subID, Ref: shortRef(p.payRef), Lines: []Line{main}, Paid: p.due, Credits: p.credits}
	if change.Credits == nil && p.planned() != nil && p.planned().Credits > 0 && o.Credits > 0 {
		self := &Order{UserUUID: o.UserUUID, OrderNo: renewalNo(p.subID + "#" + change.Ref)}
		difference, err := p.beyond(ctx, tx, self, o, pay.at, times(p.planned().whole(first), main.seats()))
		if err != nil {
			return nil, err
		}
		change.Credits = &difference
	}
	b := newBill(change.Lines)
	pay.start, pay.end = time.Time{}, time.Time{}
	return change.settle(ctx, tx, pay, first, o, b)
}

// beyond is what a plan of so many credits a period buys from at on beyond what
// runs then, until the period of base ends or changes again.
func (p *period) beyond(ctx context.Context, tx bun.Tx, self, base *Order, at time.Time, buys int64) (int64, error) {
	running, err := p.running(ctx, tx, self, Line{Start: at})
	if err != nil {
		return 0, err
	}
	var later []Order
	err = tx.NewSelect().Model(&later).
		Where("user_uuid = ?", base.UserUUID).Where("sub_id = ?", p.subID).Where("order_no <> ?", self.OrderNo).
		Where("paid_amount IS NOT NULL").Where("period_start > ?", at).Where("period_start < ?", base.PeriodEnd).
		OrderExpr("period_start").Limit(1).Scan(ctx)
	if err != nil {
		return 0, dialect.Classify(err)
	}
	until := base.PeriodEnd
	if len(later) > 0 {
		until = later[0].PeriodStart
	}
	sum := spread(buys, base, at, until)
	for i := range running {
		sum.Sub(sum, spread(running[i].inAll(), &running[i], at, until))
	}
	return floor(sum), nil
}

// inAll is what the order grants in its period: where that is paid out month by month,
// in all of them, which are none of their own.
func (o *Order) inAll() int64 {
	if o.PartOf != "" {
		return 0
	}
	return times(o.Credits, max(o.Grants, 1))
}

// spread is the part of credits for the time of an order that lies between two
// moments.
func spread(credits int64, o *Order, from, to time.Time) *big.Rat {
	part := new(big.Rat).Sub(o.left(from), o.left(to))
	return part.Mul(part, new(big.Rat).SetInt64(credits))
}

// shortRef is a name that fits into that of a bill.
func shortRef(ref string) string {
	if len(ref) <= maxBillRef {
		return ref
	}
	sum := sha256.Sum256([]byte(ref))
	return hex.EncodeToString(sum[:])[:maxBillRef]
}
