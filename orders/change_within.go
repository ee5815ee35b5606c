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

// changesWithin reports whether the payment is for another price than runs in a period
// that is paid: a change that its provider tells by nothing else.
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
		if r.part() && r.PartOf == "" && r.PriceID != "" && !r.PeriodStart.Before(o.PeriodStart) {
			last = r // an earlier change within the period
		}
	}
	return main.PriceID != last.PriceID || main.Quantity > 0 && last.Quantity > 0 && main.Quantity != last.Quantity, nil
}

// within pays such a change. Where the new price has a plan it grants what that
// buys beyond what runs, for the rest of the period.
func (p *period) within(ctx context.Context, tx bun.Tx, o, first *Order, pay *payment) (*Result, error) {
	main := *p.bill.main()
	main.Discount = 0
	main.Amount, main.Proration, main.Start, main.End, main.Plan = p.untaxed(), true, pay.at, o.PeriodEnd, nil
	change := ProrateParams{SubID: p.subID, Ref: shortRef(p.payRef), Paid: p.due, Credits: p.credits}
	whole := false // the difference is granted at once
	if plan := p.planned(); change.Credits == nil && plan != nil && plan.Credits > 0 && o.Credits > 0 {
		self := &Order{UserUUID: o.UserUUID, OrderNo: renewalNo(p.subID + "#" + change.Ref)}
		runs, err := p.runs(ctx, tx, self, o, pay.at)
		if err != nil {
			return nil, err
		}
		buys := times(plan.Credits, main.seats())
		if o.Grants > 0 && p.grants(first) > 0 {
			next, err := p.nextChange(ctx, tx, self, o, pay.at)
			if err != nil {
				return nil, err
			}
			if next != nil {
				runs.until = next.PeriodStart.UTC()
			}
			main.End, change.each = runs.until, new(runs.beyondMonthly(buys))
		} else {
			whole, change.Credits = true, new(runs.beyond(times(buys, max(p.grants(first), 1)), o))
		}
	}
	change.Lines = []Line{main}
	pay.start, pay.end = time.Time{}, time.Time{}
	result, err := change.settle(ctx, tx, pay, first, o, newBill(change.Lines))
	if err != nil || !whole || result.Replayed {
		return result, err
	}
	return result, p.lessLater(ctx, tx, result.Order, o, pay)
}

// runs is what runs of a subscription from a moment on, until the period that it is in
// ends: where that is paid out monthly, until it changes again.
type runs struct {
	from, until time.Time
	orders      []Order
}

// runs finds it. Monthly grants are those of the orders that they are a part of, and what
// was replaced by then, or is kept as a present, does not run.
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
		if o.PartOf == "" && !over && !present {
			r.orders = append(r.orders, *o)
		}
	}
	return r, nil
}

// nextChange is what changed the period of base next after a moment, other than self;
// nil for nothing.
func (p *period) nextChange(ctx context.Context, tx bun.Tx, self, base *Order, at time.Time) (*Order, error) {
	var later []Order
	err := tx.NewSelect().Model(&later).
		Where("user_uuid = ?", base.UserUUID).Where("sub_id = ?", p.subID).Where("order_no <> ?", self.OrderNo).
		Where("paid_amount IS NOT NULL").Where("part_of IS NULL").
		Where("period_start > ?", at).Where("period_start < ?", base.PeriodEnd).
		OrderExpr("period_start, id").Limit(1).Scan(ctx)
	if err != nil || len(later) == 0 {
		return nil, dialect.Classify(err)
	}
	return &later[0], nil
}

// beyond is what a plan of so many credits in the period of base buys beyond what runs.
func (r *runs) beyond(buys int64, base *Order) int64 {
	sum := spread(new(big.Rat).SetInt64(buys), base, r.from, r.until)
	for i := range r.orders {
		sum.Sub(sum, spread(r.orders[i].total(), &r.orders[i], r.from, r.until))
	}
	return floor(sum)
}

// beyondMonthly is what a plan of so many credits a month buys each month beyond what
// runs. An order that grants at once counts by the month that it begins with.
func (r *runs) beyondMonthly(buys int64) int64 {
	sum := new(big.Rat).SetInt64(buys)
	for i := range r.orders {
		o := &r.orders[i]
		each := o.total()
		if o.Grants > 0 {
			each.Quo(each, new(big.Rat).SetInt64(o.Grants))
		} else if length := int64(o.PeriodEnd.Sub(o.PeriodStart) / time.Second); length > 0 {
			month := int64(addMonths(o.PeriodStart, 1).Sub(o.PeriodStart) / time.Second)
			each.Mul(each, big.NewRat(month, length))
		}
		sum.Sub(sum, each)
	}
	return floor(sum)
}

// total is what the order grants in its period, less what it takes.
func (o *Order) total() *big.Rat {
	sum := new(big.Rat).SetInt64(o.Credits - o.TakesBack)
	return sum.Mul(sum, new(big.Rat).SetInt64(max(o.Grants, 1)))
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
	later, err := p.nextChange(ctx, tx, o, base, o.PeriodStart)
	if err != nil || later == nil || !later.part() || later.trial() {
		return err
	}
	next, err := lockOrder(ctx, tx, o.UserUUID, later.OrderNo)
	if err != nil {
		return err
	}
	bought := new(big.Rat).SetInt64(next.Credits - next.TakesBack)
	whole := floor(bought.Sub(bought, spread(o.total(), o, next.PeriodStart, base.PeriodEnd)))
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
func spread(credits *big.Rat, o *Order, from, to time.Time) *big.Rat {
	part := new(big.Rat).Sub(o.left(from), o.left(to))
	return part.Mul(part, credits)
}

// shortRef is a name that fits into that of a bill.
func shortRef(ref string) string {
	if len(ref) <= maxBillRef {
		return ref
	}
	sum := sha256.Sum256([]byte(ref))
	return hex.EncodeToString(sum[:])[:maxBillRef]
}
