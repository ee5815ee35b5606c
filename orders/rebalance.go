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
	// taken is how many of its credits they took, out the worth that they gave back, and in
	// how much of the money for it was in fact given back otherwise. They are exact, because
	// rounding at each step would accumulate.
	taken, out, in *big.Rat
	// told is how much of the money that was given back twice has been passed on.
	told *big.Rat
	by   string
	// took is what this order took from others, if it is a decrease.
	took []took
	// cuts are what decreases took from each month.
	cuts []cut
}

// took is what a decrease took from an order.
type took struct {
	of      *stake
	credits *big.Rat
}

// rebalance computes from all paid orders of a subscription what changes of plans took from each,
// regardless of the order in which they and their refunds were reported. Orders of other
// subscriptions, and of none, may be among them, because the customer's balance pays for all.
//
// A change gives back the unused part of the periods that run when it begins. Refunding the change
// undoes that, in proportion. If money of a period is refunded after it was moved into the next one,
// it takes credits there, and if it exceeds the worth of that, from what the rest paid for later.
func rebalance(all []*Order) []*stake {
	slices.SortFunc(all, byBeginning)
	stakes := make([]*stake, len(all))
	for i, o := range all {
		stakes[i] = &stake{o: o, taken: new(big.Rat), out: new(big.Rat), in: new(big.Rat), told: new(big.Rat)}
	}
	balances := map[purse]*balance{}
	for i, s := range stakes {
		of := s.o.purse()
		left := balances[of]
		if left == nil {
			left = &balance{lost: new(big.Rat)}
			balances[of] = left
		}
		left.pays(s)
		if s.o.GivesBack == 0 && s.o.TakesBack == 0 {
			continue
		}
		var running []*stake
		for _, before := range stakes[:i] {
			counts := before.o.granted() || before.o.TakesBack > 0
			if before.o.SubID == s.o.SubID && before.by == "" && counts && before.o.PartOf == "" && before.o.PeriodEnd.After(s.o.overlaps()) {
				running = append(running, before)
			}
		}
		switch {
		case s.o.TakesBack > 0 && s.o.Grants > 0:
			s.takeMonthly(running, left)
			continue
		case s.o.TakesBack > 0:
			s.takeBack(running, left)
			continue
		}
		giveBack(running, s, left)
	}
	monthly(stakes)
	return stakes
}

// byBeginning sorts orders by the beginnings of their periods.
func byBeginning(a, b *Order) int {
	return cmp.Or(a.begun().Compare(b.begun()), cmp.Compare(a.ID, b.ID))
}

// overlaps returns until when a period has to last for this one to replace it. A net bill of Creem's
// may also be for a period with an unreported discount.
func (o *Order) overlaps() time.Time {
	if o.PayType == PayTypeCreem {
		return o.PeriodStart.Add(regrantOver)
	}
	return o.PeriodStart
}

// monthly takes from each monthly grant its share of what was given back of its period, and the part
// of it after a change of plans.
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
		replaced := new(big.Rat)
		if into := byNo[of.by]; into != nil {
			kept := new(big.Rat).Sub(big.NewRat(1, 1), into.o.refundedShare())
			replaced.Mul(kept, s.o.left(into.o.PeriodStart))
		}
		part.Add(part, replaced).Add(part, of.cutOff(s.o, replaced))
		s.by = of.by
		s.taken = least(s.o.credits(), part.Mul(part, s.o.credits()))
	}
}

// takeBack takes this many credits from the running periods, the newest first. The money for them
// stays with the provider.
func (s *stake) takeBack(running []*stake, into *balance) {
	left := new(big.Rat).SetInt64(s.o.TakesBack)
	for _, of := range slices.Backward(running) {
		has := new(big.Rat).Sub(of.o.credits(), of.claimed())
		take := least(left, has)
		if take.Sign() <= 0 {
			continue
		}
		of.taken.Add(of.taken, take)
		left.Sub(left, take)
		s.took = append(s.took, took{of, take})
		of.out.Add(of.out, s.gave(take))
		into.lose(of.untold())
	}
	if left.Sign() > 0 { // nothing more to take: its money had been given back
		into.lose(s.gave(left))
	}
}

// claimed returns how many of the order's credits changes and refunds take together.
func (s *stake) claimed() *big.Rat {
	refunded := new(big.Rat).Mul(s.o.refundedShare(), s.o.credits())
	return refunded.Add(refunded, s.taken)
}

// moved returns how many credits changes take in addition to refunds. Only the sum is rounded, up, so
// that what remains is never more than what the kept money bought, without losing a credit per step.
func (s *stake) moved() int64 {
	if s.taken.Sign() <= 0 {
		return 0
	}
	return min(s.o.Credits, ceil(s.claimed())-s.o.creditsOf(s.o.returned()))
}

// gave returns the money that a decrease gave back for this many credits.
func (s *stake) gave(credits *big.Rat) *big.Rat {
	part := new(big.Rat).Quo(credits, new(big.Rat).SetInt64(s.o.TakesBack))
	return part.Mul(part, new(big.Rat).SetInt64(s.o.GivesBack))
}

// giveBack moves the unused part of the running periods into the one that replaces them.
func giveBack(running []*stake, into *stake, left *balance) {
	kept := new(big.Rat).Sub(big.NewRat(1, 1), into.o.refundedShare())
	unused, known := new(big.Rat), true
	for _, s := range running {
		if s.o.Worth == nil {
			known = false
		}
		unused.Add(unused, s.unused(into.o.PeriodStart))
	}
	known = known && unused.Sign() > 0
	scaled := new(big.Rat).Set(kept)
	if known { // by money: what was given back, in proportion to each period's part
		scaled.Mul(kept, new(big.Rat).Quo(new(big.Rat).SetInt64(into.o.GivesBack), unused))
	}
	for _, s := range running {
		s.by = into.o.OrderNo
		part, of := s.o.left(into.o.PeriodStart), new(big.Rat).Sub(s.o.credits(), s.taken)
		part.Mul(part, scaled)
		if s.o.TakesBack > 0 {
			s.undo(part)
			continue
		}
		if known {
			of = s.o.credits()
		}
		moves := part
		if s.o.Grants > 0 { // its own credits are those of its first month
			moves = s.o.leftOf(s.o.lotEnd(), into.o.PeriodStart)
			moves.Mul(moves, kept)
		}
		worth := new(big.Rat).SetInt64(s.o.worth())
		s.out.Add(s.out, new(big.Rat).Mul(worth, part))
		s.taken.Add(s.taken, of.Mul(of, moves))
	}
	for _, s := range running {
		if s.taken = least(s.o.credits(), s.taken); s.taken.Sign() < 0 {
			s.taken = new(big.Rat)
		}
		left.lose(into.lose(s.untold()))
	}
}

// undo undoes a part of what a decrease took: that part is not unused now, because it was given back
// then.
func (s *stake) undo(part *big.Rat) {
	for _, t := range s.took {
		t.of.taken.Sub(t.of.taken, new(big.Rat).Mul(part, t.credits))
		t.of.out.Sub(t.of.out, new(big.Rat).Mul(part, s.gave(t.credits)))
	}
}

// unused returns the worth of the period after at, minus what was given back of it before.
func (s *stake) unused(at time.Time) *big.Rat {
	part := s.o.left(at)
	if s.o.TakesBack > 0 {
		return part.Mul(part, new(big.Rat).SetInt64(-s.o.GivesBack))
	}
	return part.Mul(part, new(big.Rat).SetInt64(s.o.worth()))
}

// worth returns what the order bought, in money.
func (o *Order) worth() int64 {
	if o.Worth != nil {
		return *o.Worth
	}
	return o.untaxed(o.Paid() + o.FromBalance)
}

// left returns the part of the order's period after at.
func (o *Order) left(at time.Time) *big.Rat { return o.leftOf(o.PeriodEnd, at) }

// leftOf returns the part after at of the time from the order's start to end.
func (o *Order) leftOf(end, at time.Time) *big.Rat {
	length := int64(end.Sub(o.PeriodStart) / time.Second)
	if length <= 0 {
		return new(big.Rat)
	}
	return big.NewRat(min(max(int64(end.Sub(at)/time.Second), 0), length), length)
}

// refundedShare returns the part of the order's payment that was given back.
func (o *Order) refundedShare() *big.Rat {
	if o.Paid()+o.FromBalance <= 0 {
		return new(big.Rat)
	}
	return big.NewRat(o.returned(), o.Paid()+o.FromBalance)
}

// returned is what of that was given back, as the row has it.
func (o *Order) returned() int64 {
	return min(o.RefundedAmount, o.Paid()) + min(o.RefundedBalance, o.FromBalance)
}

// credits returns the order's credits for computations.
func (o *Order) credits() *big.Rat { return new(big.Rat).SetInt64(o.Credits) }

// least returns the smaller one.
func least(a, b *big.Rat) *big.Rat {
	if b.Cmp(a) < 0 {
		a = b
	}
	return new(big.Rat).Set(a)
}

// ceil returns the smallest integer not below r.
func ceil(r *big.Rat) int64 { return -floor(new(big.Rat).Neg(r)) }
