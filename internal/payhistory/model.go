package payhistory

import (
	"math/big"
	"slices"
	"time"
)

// Owed is what one bill is to its customer: what it bought, for how much, and
// what of the money was given back.
type Owed struct {
	// Order is the order's number where the shop made it; Sub, Bill and Customer are the
	// provider's names.
	Order, Sub, Bill, Customer string
	// Payments are the money that came for it, Notes the credit notes for it.
	Payments []*Payment
	Notes    []*Refund
	// Surplus is money that bought nothing, Trial a time before the first payment,
	// Part a change that keeps the period.
	Surplus, Trial, Part bool
	// Cut says that the trial was over early.
	Cut bool
	// Credits is what it granted, with the shop's Bonus, Takes what it took back of the
	// periods before.
	Credits, Bonus, Takes int64
	// Worth is what it bought in money, negative where it gave something back, and
	// Gives what of the periods before went into it.
	Worth, Gives int64
	// Paid is the money, with Tax.
	Paid, Tax, Discount int64
	// Balance is what the customer's balance paid besides.
	Balance int64
	// Made is when it was billed.
	Made     time.Time
	From, To time.Time
	// Monthly is that Credits come anew each month.
	Monthly bool

	// What follows is what the model finds.

	taken, in, out, told *big.Rat
	into                 *Owed
	// took is what a part took of each payment.
	took map[*Owed]*big.Rat
}

// Pay is the first name of its money, empty for none.
func (o *Owed) Pay() string {
	if len(o.Payments) == 0 {
		return ""
	}
	return o.Payments[0].ID
}

// Back is what of its money is not the merchant's: in all, and for good.
func (o *Owed) Back() (all, final int64) {
	all, final = o.back()
	return min(all, o.Paid), min(final, o.Paid)
}

// back is what of the bill was given back, in all and for good, also of what the balance
// paid of it.
func (o *Owed) back() (all, final int64) {
	for _, p := range o.Payments {
		of, forGood := p.Back()
		all, final = all+of, final+forGood
	}
	all, final = all+o.noted(), final+o.noted()
	return min(all, o.Paid+o.Balance), min(final, o.Paid+o.Balance)
}

// share is the part of what paid the bill that was given back.
func (o *Owed) share() *big.Rat {
	if o.Paid+o.Balance == 0 {
		return new(big.Rat)
	}
	all, _ := o.back()
	return big.NewRat(all, o.Paid+o.Balance)
}

// left is the part of the period that lies after at.
func (o *Owed) left(at time.Time) *big.Rat { return leftOf(o.From, o.To, at) }

// leftOf is the part of a time that lies after at.
func leftOf(from, to, at time.Time) *big.Rat {
	length := to.Sub(from)
	return big.NewRat(int64(min(max(to.Sub(at), 0), length)), int64(length))
}

// Claimed is how many of its credits were taken back: what refunds and changes took is
// added up and then rounded, up, and down where no change took anything.
func (o *Owed) Claimed() int64 {
	if o.Cut {
		return o.Credits
	}
	taken := mul(o.share(), o.Credits)
	if o.taken == nil || o.taken.Sign() <= 0 {
		return new(big.Int).Div(taken.Num(), taken.Denom()).Int64()
	}
	return min(o.Credits, up(taken.Add(taken, o.taken)))
}

// up rounds up.
func up(r *big.Rat) int64 {
	n := new(big.Int).Add(r.Num(), new(big.Int).Sub(r.Denom(), big.NewInt(1)))
	return n.Div(n, r.Denom()).Int64()
}

func mul(r *big.Rat, n int64) *big.Rat { return new(big.Rat).Mul(r, new(big.Rat).SetInt64(n)) }

// settle finds what changes took of the payments of all subscriptions of one of the
// provider's customers, which are in the order of their time. A change gives back what is unused of what runs; its own
// refund undoes that in proportion; money that is given back after it went over
// takes what it bought there, or what the customer's balance bought with it later.
func settle(all []*Owed) {
	lost := new(big.Rat)
	for i, o := range all {
		o.taken, o.in, o.out, o.told = new(big.Rat), new(big.Rat), new(big.Rat), new(big.Rat)
		o.took, o.into = map[*Owed]*big.Rat{}, nil
		if o.Surplus || o.Trial {
			continue
		}
		if o.Credits > 0 {
			used := least(lost, new(big.Rat).SetInt64(o.Balance))
			lost.Sub(lost, used)
			lost.Add(lost, o.lose(used))
			if used.Sign() > 0 {
				lost.Add(lost, o.twice())
			}
		}
		var running []*Owed
		for _, b := range all[:i] {
			if b.Sub == o.Sub && !b.Surplus && !b.Trial && b.into == nil && b.To.After(o.From) {
				running = append(running, b)
			}
		}
		switch {
		case o.Takes > 0:
			o.lower(running, lost)
		case o.Gives > 0:
			o.replace(running, lost)
		}
	}
}

func least(a, b *big.Rat) *big.Rat {
	if a.Cmp(b) < 0 {
		b = a
	}
	return new(big.Rat).Set(b)
}

// lose takes what this money bought, and returns what is more than the bill is
// worth.
func (o *Owed) lose(money *big.Rat) *big.Rat {
	here := least(money, new(big.Rat).Sub(new(big.Rat).SetInt64(o.Worth), o.in))
	if here.Sign() > 0 {
		o.in.Add(o.in, here)
		o.taken.Add(o.taken, mul(new(big.Rat).Quo(here, new(big.Rat).SetInt64(o.Worth)), o.Credits))
		if whole := new(big.Rat).SetInt64(o.Credits); o.taken.Cmp(whole) > 0 {
			o.taken.Set(whole)
		}
		return new(big.Rat).Sub(money, here)
	}
	return money
}

// twice is the money that was given back of a bill beyond what was left in it, as
// far as it was not told before.
func (o *Owed) twice() *big.Rat {
	over := new(big.Rat).Add(mul(o.share(), o.Worth), o.in)
	over.Add(over, o.out).Sub(over, new(big.Rat).SetInt64(o.Worth)).Sub(over, o.told)
	if over.Sign() <= 0 {
		return new(big.Rat)
	}
	o.told.Add(o.told, over)
	return over
}

// lower takes what a part of a period took, of the newest first.
func (o *Owed) lower(running []*Owed, lost *big.Rat) {
	left := new(big.Rat).SetInt64(o.Takes)
	for _, b := range slices.Backward(running) {
		has := new(big.Rat).Sub(mul(new(big.Rat).Sub(big.NewRat(1, 1), b.share()), b.Credits), b.taken)
		if has = least(has, left); has.Sign() <= 0 {
			continue
		}
		o.took[b] = has
		b.taken.Add(b.taken, has)
		left.Sub(left, has)
		b.out.Add(b.out, o.gave(has))
		lost.Add(lost, b.twice())
	}
	if left.Sign() > 0 { // there is nothing more to take: its money had been given back
		lost.Add(lost, o.gave(left))
	}
}

// gave is the money that a part of a period gave back for so many credits.
func (o *Owed) gave(credits *big.Rat) *big.Rat {
	return mul(new(big.Rat).Quo(credits, new(big.Rat).SetInt64(o.Takes)), -o.Worth)
}

// replace moves what is unused of the periods that run into this one.
func (o *Owed) replace(running []*Owed, lost *big.Rat) {
	kept := new(big.Rat).Sub(big.NewRat(1, 1), o.share())
	for _, b := range running {
		b.into = o
		part := new(big.Rat).Mul(b.left(o.From), kept)
		if b.Takes == 0 {
			own := new(big.Rat).Mul(leftOf(b.From, b.ownEnd(), o.From), kept)
			b.taken.Add(b.taken, mul(own, b.Credits))
			b.out.Add(b.out, mul(part, b.Worth))
			continue
		}
		for of, took := range b.took { // what would have been given back later had been already
			of.taken.Sub(of.taken, new(big.Rat).Mul(part, took))
			of.out.Sub(of.out, new(big.Rat).Mul(part, b.gave(took)))
		}
	}
	for _, b := range running {
		if b.Takes > 0 {
			continue
		}
		b.taken = least(b.taken, new(big.Rat).SetInt64(b.Credits))
		lost.Add(lost, o.lose(b.twice()))
	}
}
