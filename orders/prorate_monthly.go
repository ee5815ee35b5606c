package orders

import (
	"math/big"
	"slices"
	"time"
)

// A change within a period that is paid out monthly changes what each remaining month grants: an
// increase is an order that is itself paid out monthly, a decrease is cut from each month.

// byMonth reports whether everything on the bill is paid out monthly.
func (b bill) byMonth(base *Order) bool {
	if base.Grants == 0 || len(b.whole) > 0 || !base.PeriodEnd.After(base.PeriodStart) {
		return false
	}
	for i := range b.parts {
		l := &b.parts[i]
		if l.Plan != nil && !l.Plan.Monthly || !l.End.After(l.Start) {
			return false
		}
	}
	return true
}

// rate returns what the parts buy each month, minus what they give back.
func (b bill) rate(first, base *Order) *big.Rat {
	sum := new(big.Rat)
	for i := range b.parts {
		l := &b.parts[i]
		length := int64(base.billedUntil(l).Sub(base.PeriodStart) / time.Second)
		each := new(big.Rat)
		switch {
		case l.Plan != nil && l.Amount < 0:
			each.SetInt64(-times(l.Plan.Credits, l.seats()))
		case l.Plan != nil:
			each.SetInt64(times(l.Plan.Credits, l.seats()))
		case first.Amount > 0: // what its money buys, spread over its time
			each.SetFrac64(l.Amount, first.Amount)
			each.Mul(each, new(big.Rat).SetInt64(first.ordered()))
			each.Mul(each, big.NewRat(length, max(int64(l.End.Sub(l.Start)/time.Second), 1)))
		}
		sum.Add(sum, each)
	}
	return sum
}

// payMonthly makes the order of a change grant, or take, this much each month until its period ends.
func (o *Order) payMonthly(each, base int64) {
	if o.Credits, o.TakesBack = max(each, 0), max(-each, 0); o.TakesBack > 0 {
		o.Grants = base
		return
	}
	for o.Grants = 1; addMonths(o.PeriodStart, int(o.Grants)).Before(o.PeriodEnd); {
		o.Grants++
	}
	if o.Grants == 1 {
		o.Credits, o.Grants = o.monthCredits(1), 0
	}
}

// monthCredits returns what the n-th month grants: the last one of a change may be shorter.
func (o *Order) monthCredits(n int64) int64 {
	from, whole := addMonths(o.PeriodStart, int(n-1)), addMonths(o.PeriodStart, int(n))
	if !o.part() || !o.PeriodEnd.Before(whole) {
		return o.Credits
	}
	part := big.NewRat(int64(o.PeriodEnd.Sub(from)/time.Second), int64(whole.Sub(from)/time.Second))
	return floor(part.Mul(part, o.credits()))
}

// cut is the share that a decrease takes from each month from at on.
type cut struct {
	at    time.Time
	share *big.Rat
}

// takeMonthly cuts this many credits from each month of the running periods, the newest first.
func (s *stake) takeMonthly(running []*stake, into *balance) {
	left := new(big.Rat).SetInt64(s.o.TakesBack)
	for _, of := range slices.Backward(running) {
		if of.o.Grants == 0 || of.o.Credits == 0 {
			continue
		}
		has := of.o.credits()
		for _, c := range of.cuts {
			has.Sub(has, new(big.Rat).Mul(c.share, of.o.credits()))
		}
		take := least(left, has)
		if take.Sign() <= 0 {
			continue
		}
		left.Sub(left, take)
		of.cuts = append(of.cuts, cut{s.o.PeriodStart, new(big.Rat).Quo(take, of.o.credits())})
		own := of.o.leftOf(of.o.lotEnd(), s.o.PeriodStart)
		of.taken = least(of.o.credits(), of.taken.Add(of.taken, own.Mul(own, take)))
		of.out.Add(of.out, s.gave(take))
		into.lose(of.untold())
	}
	if left.Sign() > 0 {
		into.lose(s.gave(left))
	}
}

// cutOff returns the share of a month of the order that decreases cut off, before a change of plans
// took the rest.
func (s *stake) cutOff(month *Order, replaced *big.Rat) *big.Rat {
	sum := new(big.Rat)
	for _, c := range s.cuts {
		part := month.left(c.at)
		if part.Sub(part, replaced).Sign() > 0 {
			sum.Add(sum, part.Mul(part, c.share))
		}
	}
	return sum
}

// resume makes up for months that were not paid out because the period had been refunded or replaced,
// and reports whether there are any.
func (o *Order) resume() bool {
	if !o.kept() || o.GrantsMade == 0 || o.GrantsMade >= o.Grants || !o.NextGrantAt.IsZero() {
		return false
	}
	o.NextGrantAt = o.monthEnd(o.GrantsMade)
	return true
}
