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
// buys beyond what runs, for the rest of the period.
func (p *period) within(ctx context.Context, tx bun.Tx, o, first *Order, pay *payment) (*Result, error) {
	main := *p.bill.main()
	main.Discount = 0
	main.Amount, main.Proration, main.Start, main.End, main.Plan = p.untaxed(), true, pay.at, o.PeriodEnd, nil
	change := ProrateParams{SubID: p.subID, Ref: shortRef(p.payRef), Lines: []Line{main}, Paid: p.due, Credits: p.credits}
	planned := change.Credits == nil && p.planned() != nil && p.planned().Credits > 0 && o.Credits > 0
	if planned {
		self := &Order{UserUUID: o.UserUUID, OrderNo: renewalNo(p.subID + "#" + change.Ref)}
		difference, err := p.beyond(ctx, tx, self, o, pay.at, times(p.planned().whole(first), main.seats()))
		if err != nil {
			return nil, err
		}
		change.Credits = &difference
	}
	b := newBill(change.Lines)
	pay.start, pay.end = time.Time{}, time.Time{}
	result, err := change.settle(ctx, tx, pay, first, o, b)
	if err != nil || !planned || result.Replayed {
		return result, err
	}
	return result, p.lessLater(ctx, tx, result.Order, o, pay)
}

// beyond is what a plan of so many credits a period buys from at on beyond what
// runs then, until the period of base ends.
func (p *period) beyond(ctx context.Context, tx bun.Tx, self, base *Order, at time.Time, buys int64) (int64, error) {
	running, err := p.running(ctx, tx, self, Line{Start: at})
	if err != nil {
		return 0, err
	}
	sum := spread(buys, base, at, base.PeriodEnd)
	for i := range running {
		over, err := running[i].over(ctx, tx, at)
		if err != nil {
			return 0, err
		}
		if !over {
			sum.Sub(sum, spread(running[i].inAll(), &running[i], at, base.PeriodEnd))
		}
	}
	return floor(sum), nil
}

// over reports whether a change of plans had replaced the order's period by then.
func (o *Order) over(ctx context.Context, tx bun.Tx, at time.Time) (bool, error) {
	if o.ReplacedBy == "" {
		return false, nil
	}
	by, err := GetParams{OrderNo: o.ReplacedBy}.find(ctx, tx)
	if err != nil {
		return false, err
	}
	return !by.PeriodStart.After(at), nil
}

// lessLater takes of the change that follows this one in the period of base what this
// one buys of the time from there: it was told first, and bought the difference to what
// ran without this one.
func (p *period) lessLater(ctx context.Context, tx bun.Tx, o, base *Order, pay *payment) error {
	var later []Order
	err := tx.NewSelect().Model(&later).
		Where("user_uuid = ?", o.UserUUID).Where("sub_id = ?", p.subID).Where("order_no <> ?", o.OrderNo).
		Where("paid_amount IS NOT NULL").Where("part_of IS NULL").
		Where("period_start > ?", o.PeriodStart).Where("period_start < ?", base.PeriodEnd).
		OrderExpr("period_start, id").Limit(1).Scan(ctx)
	if err != nil || len(later) == 0 || !later[0].part() || later[0].trial() {
		return dialect.Classify(err)
	}
	next, err := lockOrder(ctx, tx, o.UserUUID, later[0].OrderNo)
	if err != nil {
		return err
	}
	bought := new(big.Rat).SetInt64(next.Credits - next.TakesBack)
	whole := floor(bought.Sub(bought, spread(o.Credits-o.TakesBack, o, next.PeriodStart, base.PeriodEnd)))
	if err := next.regrant(ctx, tx, max(whole, 0), next.CreditsExpireAt, pay.at, pay.ahead); err != nil {
		return err
	}
	next.TakesBack, next.UpdatedAt = max(-whole, 0), pay.at
	if err := update(ctx, tx, next); err != nil {
		return err
	}
	return o.rebalance(ctx, tx, pay.at, pay.ahead)
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
