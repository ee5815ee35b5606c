package orders

import (
	"cmp"
	"math/big"
	"slices"
	"time"
)

// stake is what changes of plans do to one order of a subscription.
type stake struct {
	o *Order
	// taken is how many of its credits they took, out the worth that they gave
	// back, and in what of the money for it turned out to have been given back
	// otherwise.
	taken   int64
	out, in *big.Rat
	by      string
}

// rebalance computes from all paid orders of a subscription what changes of
// plans took from each: it does not depend on the order in which they and their
// refunds were reported.
//
// A change gives back what is unused of the periods that run when it begins. Its
// own refund undoes that, in proportion. Money of a period that is given back
// after it was moved into the next one takes credits there.
func rebalance(all []*Order) []*stake {
	slices.SortFunc(all, func(a, b *Order) int {
		return cmp.Or(a.PeriodStart.Compare(b.PeriodStart), cmp.Compare(a.ID, b.ID))
	})
	stakes := make([]*stake, len(all))
	for i, o := range all {
		stakes[i] = &stake{o: o, out: new(big.Rat), in: new(big.Rat)}
	}
	for i, s := range stakes {
		if s.o.GivesBack == 0 && s.o.TakesBack == 0 {
			continue
		}
		var running []*stake
		for _, before := range stakes[:i] {
			if before.by == "" && before.o.granted() && before.o.PartOf == "" && before.o.PeriodEnd.After(s.o.PeriodStart) {
				running = append(running, before)
			}
		}
		if s.o.TakesBack > 0 {
			takeBack(running, s.o)
			continue
		}
		giveBack(running, s)
	}
	monthly(stakes)
	return stakes
}

// monthly takes from each monthly grant what was given back of the period that
// it is a part of, and what of it lies after a change of plans.
func monthly(stakes []*stake) {
	byNo := map[string]*stake{}
	for _, s := range stakes {
		byNo[s.o.OrderNo] = s
	}
	for _, s := range stakes {
		of := byNo[s.o.PartOf]
		if of == nil {
			continue
		}
		part := of.o.refundedShare()
		if worth := of.o.worth(); worth > 0 {
			part.Add(part, new(big.Rat).Quo(of.in, new(big.Rat).SetInt64(worth)))
		}
		if into := byNo[of.by]; into != nil {
			kept := new(big.Rat).Sub(big.NewRat(1, 1), into.o.refundedShare())
			part.Add(part, kept.Mul(kept, s.o.left(into.o.PeriodStart)))
		}
		s.by = of.by
		s.taken = min(s.o.Credits, ceil(part.Mul(part, new(big.Rat).SetInt64(s.o.Credits))))
	}
}

// takeBack takes so many credits from the periods that run, the newest first.
func takeBack(running []*stake, o *Order) {
	left := o.TakesBack
	for _, s := range slices.Backward(running) {
		take := min(left, max(s.o.Credits-s.o.creditsOf(s.o.RefundedAmount)-s.taken, 0))
		s.taken += take
		left -= take
	}
}

// giveBack moves what is unused of the periods that run into the one that
// replaces them.
func giveBack(running []*stake, into *stake) {
	kept := new(big.Rat).Sub(big.NewRat(1, 1), into.o.refundedShare())
	unused, known := new(big.Rat), true
	for _, s := range running {
		if s.o.Worth == nil {
			known = false
		}
		unused.Add(unused, s.unused(into.o.PeriodStart))
	}
	known = known && unused.Sign() > 0
	for _, s := range running {
		part, of := s.o.left(into.o.PeriodStart), s.o.Credits-s.taken
		if known {
			of = s.o.Credits
			// By money: what was given back, as each period has its part in it.
			part.Mul(part, new(big.Rat).Quo(new(big.Rat).SetInt64(into.o.GivesBack), unused))
		}
		part.Mul(part, kept)
		moves := part
		if s.o.Grants > 0 { // its own credits are those of its first month
			moves = s.o.leftOf(s.o.lotEnd(), into.o.PeriodStart)
			moves.Mul(moves, kept)
		}
		worth := new(big.Rat).SetInt64(s.o.worth())
		s.out.Add(s.out, new(big.Rat).Mul(worth, part))
		s.taken = min(s.o.Credits, s.taken+ceil(new(big.Rat).Mul(moves, new(big.Rat).SetInt64(of))))
		s.by = into.o.OrderNo
		into.lose(s.excess())
	}
}

// unused is what the period is worth that lies after at.
func (s *stake) unused(at time.Time) *big.Rat {
	part := s.o.left(at)
	return part.Mul(part, new(big.Rat).SetInt64(s.o.worth()))
}

// excess is the money that was given back of the order beyond what remained in
// it: it had been moved on.
func (s *stake) excess() *big.Rat {
	worth := new(big.Rat).SetInt64(s.o.worth())
	lost := new(big.Rat).Mul(s.o.refundedShare(), worth)
	lost.Add(lost, s.in).Add(lost, s.out).Sub(lost, worth)
	if lost.Sign() < 0 {
		lost.SetInt64(0)
	}
	return lost
}

// lose takes the credits that this money bought.
func (s *stake) lose(money *big.Rat) {
	if money.Sign() == 0 || s.o.worth() == 0 {
		return
	}
	s.in.Add(s.in, money)
	part := new(big.Rat).Quo(money, new(big.Rat).SetInt64(s.o.worth()))
	s.taken = min(s.o.Credits, s.taken+ceil(part.Mul(part, new(big.Rat).SetInt64(s.o.Credits))))
}

// worth is what the order bought, in money.
func (o *Order) worth() int64 {
	if o.Worth != nil {
		return *o.Worth
	}
	return o.Paid()
}

// left is the part of the order's period that lies after at.
func (o *Order) left(at time.Time) *big.Rat { return o.leftOf(o.PeriodEnd, at) }

// leftOf is the part of the time from the order's start to end that lies after
// at.
func (o *Order) leftOf(end, at time.Time) *big.Rat {
	length := int64(end.Sub(o.PeriodStart) / time.Second)
	if length <= 0 {
		return new(big.Rat)
	}
	return big.NewRat(min(max(int64(end.Sub(at)/time.Second), 0), length), length)
}

// refundedShare is the part of the order's payment that was given back.
func (o *Order) refundedShare() *big.Rat {
	if o.Paid() <= 0 {
		return new(big.Rat)
	}
	return big.NewRat(min(o.RefundedAmount, o.Paid()), o.Paid())
}

// ceil is the smallest whole number that is not below r.
func ceil(r *big.Rat) int64 { return -floor(new(big.Rat).Neg(r)) }
