package orders

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"math/big"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/rows"
)

// changesWithin reports whether the payment is for another price than the one that runs in a paid
// period, or for a part of it: its provider does not otherwise report such a change.
func (p *period) changesWithin(ctx context.Context, tx bun.Tx, o *Order) (bool, error) {
	if !p.netted || p.bill == nil || p.bill.main() == nil || o.PaidAmount == nil {
		return false, nil
	}
	if p.payRef == "" || o.PayRef == "" || o.PayRef == p.payRef || o.PriceID == "" {
		return false, nil
	}
	running, err := p.running(ctx, tx, o, Line{Start: p.at})
	if err != nil {
		return false, err
	}
	last, main := o, p.bill.main()
	for i := range running {
		r := &running[i]
		if r.part() && r.PriceID != "" && !r.PeriodStart.Before(o.PeriodStart) {
			last = r // an earlier change within the period
		}
	}
	other := main.PriceID != last.PriceID || main.Quantity > 0 && last.Quantity > 0 && main.Quantity != last.Quantity
	// A payment below the price of the running plan reverts a change that was not reported yet.
	back := p.lacks() > 0 && p.at.After(o.PeriodStart.Add(regrantOver))
	return other || back, nil
}

// within pays such a change. If the new price has a plan, it grants what that buys beyond what runs,
// for the rest of the period.
func (p *period) within(ctx context.Context, tx bun.Tx, o, first *Order, pay *payment) (*Result, error) {
	main := *p.bill.main()
	main.Discount = 0
	main.Amount, main.Proration, main.Start, main.End, main.Plan = p.untaxed(), true, pay.at, o.PeriodEnd, nil
	change := ProrateParams{SubID: p.subID, Ref: shortRef(p.payRef), Paid: p.due, Credits: p.credits}
	beyond := false // it buys the difference from what runs
	if plan := p.planned(); change.Credits == nil && plan != nil && plan.Credits > 0 && o.Credits > 0 {
		self := &Order{UserUUID: o.UserUUID, OrderNo: renewalNo(p.subID + "#" + change.Ref)}
		runs, err := p.runs(ctx, tx, self, o, pay.at)
		if err != nil {
			return nil, err
		}
		beyond = true
		buys := times(plan.Credits, main.seats())
		if o.Grants > 0 && p.grants(first) > 0 {
			change.each = new(runs.beyondMonthly(buys))
		} else {
			change.Credits = new(runs.beyond(times(buys, max(p.grants(first), 1)), o))
		}
	}
	change.Lines = []Line{main}
	pay.start, pay.end = time.Time{}, time.Time{}
	result, err := change.settle(ctx, tx, pay, first, o, newBill(change.Lines))
	if err != nil || !beyond || result.Replayed {
		return result, err
	}
	return result, p.lessLater(ctx, tx, result.Order, o, pay)
}

// runs is what runs of a subscription from a moment until the end of the period that contains it.
type runs struct {
	from, until time.Time
	orders      []Order
}

// runs finds it. What was replaced by then does not run, nor, with ChangeKeep, an earlier period.
func (p *period) runs(ctx context.Context, tx bun.Tx, self, base *Order, at time.Time) (*runs, error) {
	running, err := p.running(ctx, tx, self, Line{Start: at})
	if err != nil {
		return nil, err
	}
	r := &runs{from: at, until: base.PeriodEnd}
	for i := range running {
		o := &running[i]
		present := p.change == ChangeKeep && o.PeriodStart.Before(base.PeriodStart)
		over, err := o.over(ctx, tx, at)
		if err != nil {
			return nil, err
		}
		if !over && !present {
			r.orders = append(r.orders, *o)
		}
	}
	return r, nil
}

// nextChange returns the next change of the period of base after a moment, other than self, nil for
// none.
func (p *period) nextChange(ctx context.Context, tx bun.Tx, self, base *Order, at time.Time) (*Order, error) {
	var later []Order
	err := rows.Now(ctx, tx, tx.NewSelect().Model(&later)).
		Where("user_uuid = ?", base.UserUUID).Where("sub_id = ?", p.subID).Where("order_no <> ?", self.OrderNo).
		Where("paid_amount IS NOT NULL").Where("part_of IS NULL").
		Where("period_start > ?", at).Where("period_start < ?", base.PeriodEnd).
		OrderExpr("period_start, id").Limit(1).Scan(ctx)
	if err != nil || len(later) == 0 {
		return nil, dialect.Classify(err)
	}
	return &later[0], nil
}

// beyond returns what a plan with that many credits buys beyond what runs in the period of base.
func (r *runs) beyond(buys int64, base *Order) int64 {
	sum := new(big.Rat).Sub(base.left(r.from), base.left(r.until))
	sum.Mul(sum, new(big.Rat).SetInt64(buys))
	for i := range r.orders {
		sum.Sub(sum, r.orders[i].buys(r.from, r.until))
	}
	return floor(sum)
}

// beyondMonthly returns what a plan with that many credits per month buys each month beyond what
// runs.
func (r *runs) beyondMonthly(buys int64) int64 {
	sum := new(big.Rat).SetInt64(buys)
	for i := range r.orders {
		sum.Sub(sum, r.orders[i].each())
	}
	return floor(sum)
}

// over reports whether a change of plans had replaced the order's period by then.
func (o *Order) over(ctx context.Context, tx bun.Tx, at time.Time) (bool, error) {
	if o.ReplacedBy == "" {
		return false, nil
	}
	by, err := o.replacement(ctx, tx)
	if err != nil {
		return false, err
	}
	return !by.PeriodStart.After(at), nil
}

// inAll returns what the order grants in its whole period: if that is paid out monthly, in all
// months.
func (o *Order) inAll() int64 {
	if o.PartOf != "" {
		return 0
	}
	return times(o.Credits, max(o.Grants, 1))
}

// shortRef returns a name that is short enough for a bill's.
func shortRef(ref string) string {
	if len(ref) <= maxBillRef {
		return ref
	}
	sum := sha256.Sum256([]byte(ref))
	return hex.EncodeToString(sum[:])[:maxBillRef]
}
