package orders

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"math/big"
	"slices"
	"time"

	"github.com/uptrace/bun"
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
	change := ProrateParams{SubID: p.subID, Ref: shortRef(p.payRef), Paid: p.due, Credits: p.credits, Lines: []Line{main}}
	if plan := p.planned(); change.Credits == nil && plan != nil && plan.Credits > 0 && o.Credits > 0 {
		self := &Order{OrderNo: renewalNo(p.subID + "#" + change.Ref), SubID: p.subID, PeriodStart: pay.at}
		all, err := o.siblings(ctx, tx)
		if err != nil {
			return nil, err
		}
		buys := times(plan.Credits, main.seats())
		m := &measure{Parts: change.Lines, Keep: p.change == ChangeKeep, Within: true}
		if m.Each = o.Grants > 0 && p.grants(first) > 0; !m.Each {
			buys = times(buys, max(p.grants(first), 1))
		}
		m.Beyond, change.beyond = &buys, m
		if beyond := m.more(self, o, all); m.Each {
			change.each = &beyond
		} else {
			change.Credits = &beyond
		}
	}
	pay.start, pay.end = time.Time{}, time.Time{}
	return change.settle(ctx, tx, pay, first, o, newBill(change.Lines))
}

// more returns how many credits a change within the period of base buys beyond what runs, in all or
// each month. What was replaced by then does not run, nor, with ChangeKeep, an earlier period.
func (m *measure) more(o, base *Order, all []*Order) int64 {
	r := &runs{from: o.PeriodStart, until: base.billedUntil(&m.Parts[0])}
	for _, b := range o.runningAmong(all, o.PeriodStart) {
		if m.Keep && b.PeriodStart.Before(base.PeriodStart) || b.replacedBy(all, o.PeriodStart) {
			continue
		}
		billed := *b
		if b.PeriodEnd.Sub(base.PeriodEnd).Abs() <= regrantOver {
			billed.PeriodEnd = r.until
		}
		r.orders = append(r.orders, billed)
	}
	if m.Each {
		return r.beyondMonthly(*m.Beyond)
	}
	billed := *base
	billed.PeriodEnd = r.until
	return r.beyond(*m.Beyond, &billed)
}

// replacedBy reports whether a change of plans among these had replaced the order's period by then.
func (o *Order) replacedBy(all []*Order, at time.Time) bool {
	return o.ReplacedBy != "" && slices.ContainsFunc(all, func(by *Order) bool {
		return by.OrderNo == o.ReplacedBy && !by.PeriodStart.After(at)
	})
}

// runs is what runs of a subscription from a moment until the end of the period that contains it.
type runs struct {
	from, until time.Time
	orders      []Order
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
