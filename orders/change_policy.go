package orders

import (
	"cmp"
	"context"
	"math/big"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/rows"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// ChangePolicy says what happens to credits when a change of plans begins a new
// period before the paid one is over and the unused part of the old one is
// refunded or credited.
type ChangePolicy string

// The policies of a change.
const (
	// ChangeReplace grants what the new period buys and takes back the credits for
	// the unused part of the old one; if they were spent, they become debt. It is
	// the default.
	ChangeReplace ChangePolicy = "replace"
	// ChangeTopUp keeps the old credits until they expire, and grants what the
	// new period buys minus the credits for the unused part.
	ChangeTopUp ChangePolicy = "top-up"
	// ChangeKeep keeps the old credits and grants the new ones in full, so that
	// each change gives away the credits for the unused part.
	ChangeKeep ChangePolicy = "keep"
)

// Valid reports whether c is one of the policies above.
func (c ChangePolicy) Valid() bool {
	return c == ChangeReplace || c == ChangeTopUp || c == ChangeKeep
}

func (c ChangePolicy) check() error {
	if c == "" {
		return nil
	}
	return oneOf("Change", c)
}

// changes reports whether the payment is for a change of plans.
func (p *period) changes() bool { return p.bill != nil && p.bill.replaces() }

// planned returns the plan of a period: the caller's, or that of the most expensive line, nil for
// the first order's.
func (p *period) planned() *Plan {
	if p.plan == nil && p.bill != nil {
		if main := p.bill.main(); main != nil {
			return main.Plan
		}
	}
	return p.plan
}

// count sets on the order of a period what its lines bought, and what they gave back of earlier
// periods.
func (p *period) count(ctx context.Context, tx bun.Tx, o, first *Order) error {
	if p.bill == nil {
		if p.credits != nil {
			o.Credits = *p.credits
		}
		return nil
	}
	if p.plan == nil && p.credits == nil {
		if err := p.bill.measured(first, p.due); err != nil {
			return err
		}
	}
	if main := p.bill.main(); main != nil {
		o.Quantity, o.PriceID = main.seats(), main.PriceID
	}
	list, worth := p.bill.list()
	if o.Worth = &worth; list == 0 && o.Amount > 0 {
		o.Worth = nil
	}
	o.Credits = p.bill.wholeCredits(first, p.due)
	if p.plan != nil {
		o.Credits = p.plan.Credits
	}
	if p.credits != nil {
		o.Credits = *p.credits
	}
	if err := p.net(ctx, tx, o); err != nil {
		return err
	}
	switch {
	case !p.changes():
		return p.countParts(ctx, tx, o, first)
	case p.change == ChangeTopUp:
		return p.topUp(ctx, tx, o)
	case p.change != ChangeKeep:
		o.GivesBack = p.bill.givesBack()
	}
	return valid.AmountOrZero("Plan.Credits", o.Credits)
}

// net adds the line that a provider which bills the net of a change omits. A period that is
// reported before the one that it follows is also treated as a change, which takes nothing until
// an overlapping period is known.
func (p *period) net(ctx context.Context, tx bun.Tx, o *Order) error {
	lacks := p.lacks()
	if lacks == 0 {
		return nil
	}
	before, err := p.running(ctx, tx, o, Line{Start: o.PeriodStart.Add(-regrantOver)})
	if err != nil {
		return err
	}
	var end time.Time
	if len(before) == 0 {
		end = o.PeriodEnd
	}
	for i := range before {
		if before[i].PeriodEnd.After(o.PeriodStart.Add(regrantOver)) {
			end = before[i].PeriodEnd
		}
	}
	if end.IsZero() { // it follows another period: the difference is a discount
		return nil
	}
	again := *p.bill // the transaction may be retried
	again.parts = []Line{{Amount: -lacks, Proration: true, Start: o.PeriodStart, End: end}}
	p.bill = &again
	return nil
}

// lacks returns by how much a net bill was less than its price minus the reported discount: what
// was given back of an earlier period, or an unreported discount.
func (p *period) lacks() int64 {
	if !p.netted || p.bill == nil || p.due == nil || len(p.bill.parts) > 0 {
		return 0
	}
	_, worth := p.bill.list()
	return max(worth-p.untaxed(), 0)
}

// untaxed returns how much of the price was paid.
func (p *period) untaxed() int64 {
	if p.due == nil {
		return 0
	}
	if p.onTop && p.money != nil {
		return max(p.due.Amount-p.money.tax, 0)
	}
	return p.due.Amount
}

// countParts adds changes within the previous period that are billed together with this one. If
// more is given back than this period costs, the rest goes to the customer's balance, and takes
// credits from what that pays for later.
func (p *period) countParts(ctx context.Context, tx bun.Tx, o, first *Order) error {
	if p.plan == nil && p.credits == nil && len(p.bill.parts) > 0 {
		base, err := p.base(ctx, tx, o, p.bill.parts[0])
		if err != nil {
			return err
		}
		m := measure{Whole: new(o.Credits), Parts: p.bill.parts}
		if o.Worth != nil {
			m.Worth = *o.Worth
			for _, l := range p.bill.parts {
				m.Worth += l.Amount
			}
			o.Worth = new(max(m.Worth, 0))
		}
		m.apply(o, first, cmp.Or(base, o))
		o.keepParts(m, base)
	}
	return valid.First(valid.AmountOrZero("Plan.Credits", o.Credits), valid.AmountOrZero("Plan.Credits", o.TakesBack))
}

// topUp makes the new period grant the difference.
func (p *period) topUp(ctx context.Context, tx bun.Tx, o *Order) error {
	base, err := p.running(ctx, tx, o, Line{Start: o.PeriodStart})
	if err != nil {
		return err
	}
	if len(base) == 0 && p.netted {
		return nil
	}
	missing, err := p.follows(ctx, tx, o, base)
	if err != nil {
		return err
	}
	if missing {
		return &NotStartedError{SubID: p.subID, OrderNo: o.OrderNo, Status: o.Status}
	}
	_, worth := p.bill.list()
	m := &measure{Beyond: new(o.inAll()), Worth: worth - p.bill.givesBack(), Parts: p.bill.parts}
	m.topUp(o, pointers(base))
	m.keep(o)
	return valid.AmountOrZero("Plan.Credits", o.Credits)
}

// follows reports whether the bill gives back something that is not known yet: a period that it
// identifies by its end, or whose start Stripe has not stated yet, or more than the running
// periods are worth.
func (p *period) follows(ctx context.Context, tx bun.Tx, o *Order, running []Order) (missing bool, err error) {
	worth := new(big.Rat)
	for i := range running {
		worth.Add(worth, (&stake{o: &running[i]}).unused(o.PeriodStart))
		if running[i].PayType == PayTypeStripe && running[i].RenewalKey == "" {
			return true, nil
		}
	}
	gives := p.bill.givesBack()
	if len(running) == 0 || new(big.Rat).SetInt64(gives-gives/soon-1).Cmp(worth) > 0 {
		return true, nil
	}
	for i := range p.bill.parts {
		l := p.bill.parts[i]
		if l.Amount >= 0 || p.netted {
			continue
		}
		l.Start = o.PeriodStart
		if base, err := p.base(ctx, tx, o, l); err != nil || base == nil {
			return true, err
		}
	}
	return false, nil
}

// base returns the paid period that a line is a part of, nil for none. The line ends with the
// period, or did before the period's end was moved. A period that was replaced earlier ends at
// another time.
func (p *period) base(ctx context.Context, tx bun.Tx, o *Order, l Line) (*Order, error) {
	found, err := p.running(ctx, tx, o, l)
	if err != nil {
		return nil, err
	}
	return baseOf(pointers(found), &l), nil
}

// pointers are those to the elements of a list.
func pointers(list []Order) []*Order {
	all := make([]*Order, len(list))
	for i := range list {
		all[i] = &list[i]
	}
	return all
}

// baseOf returns the period that a line is a part of, among those that run when it begins.
func baseOf(running []*Order, l *Line) *Order {
	var base, moved *Order
	for _, b := range running {
		switch {
		case b.part():
		case b.PeriodEnd.Sub(l.End).Abs() <= regrantOver:
			base = b
		case b.ReplacedBy == "" && b.billedUntil(l).Equal(l.End):
			moved = b
		}
	}
	if base == nil {
		base = moved
	}
	return base
}

// running returns the paid periods of the subscription in which a line begins, the earliest first.
// Trials do not count, and months that were paid out count with the order that they are part of.
func (p *period) running(ctx context.Context, tx bun.Tx, o *Order, l Line) ([]Order, error) {
	var found []Order
	err := rows.Now(ctx, tx, tx.NewSelect().Model(&found)).
		Where("user_uuid = ?", o.UserUUID).Where("sub_id = ?", p.subID).
		Where("order_no <> ?", o.OrderNo).Where("paid_amount IS NOT NULL").
		Where("(renewal_key IS NULL OR renewal_key <> ?)", trialKey(p.subID)).Where("part_of IS NULL").
		Where("period_start <= ?", l.Start).Where("period_end > ?", l.Start).
		Where("status IN (?, ?)", StatusPaid, StatusRefunded).
		OrderExpr("period_start, id").Scan(ctx)
	return found, dialect.Classify(err)
}
