package orders

import "math/big"

// balance is what changes of plans left with the provider for later bills. lost is how much of that
// had been given back otherwise.
type balance struct{ lost *big.Rat }

// untold returns the money that was given back of the order beyond what remained in it, because it had
// been moved on, and that has not been passed on yet.
func (s *stake) untold() *big.Rat {
	worth := new(big.Rat).SetInt64(s.o.worth())
	lost := new(big.Rat).Mul(s.o.refundedShare(), worth)
	lost.Add(lost, s.in).Add(lost, s.out).Sub(lost, worth).Sub(lost, s.told)
	if lost.Sign() < 0 {
		return new(big.Rat)
	}
	s.told.Add(s.told, lost)
	return lost
}

// lose takes the credits that this money bought, and returns what exceeds the order's worth.
func (s *stake) lose(money *big.Rat) (rest *big.Rat) {
	room := new(big.Rat).Sub(new(big.Rat).SetInt64(s.o.worth()), s.in)
	if room.Sign() <= 0 || money.Sign() == 0 {
		return money
	}
	lost := money
	if lost.Cmp(room) > 0 {
		lost = room
	}
	s.in.Add(s.in, lost)
	part := new(big.Rat).Quo(lost, new(big.Rat).SetInt64(s.o.worth()))
	s.taken = least(s.o.credits(), s.taken.Add(s.taken, part.Mul(part, s.o.credits())))
	return new(big.Rat).Sub(money, lost)
}

// lose records money that is with the provider and had been given back otherwise.
func (b *balance) lose(money *big.Rat) { b.lost.Add(b.lost, money) }

// pays takes from an order the lost money with which it was paid.
func (b *balance) pays(s *stake) {
	if b.lost.Sign() == 0 || s.o.FromBalance == 0 || !s.o.granted() {
		return
	}
	// Its part of what was billed, with or without taxes, as that is.
	billed := min(s.o.worth()-s.o.GivesBack, s.o.Paid()+s.o.FromBalance)
	used := big.NewRat(max(billed, 0), s.o.Paid()+s.o.FromBalance)
	used = least(b.lost, used.Mul(used, new(big.Rat).SetInt64(s.o.FromBalance)))
	b.lost.Sub(b.lost, used)
	b.lost.Add(b.lost, s.lose(used))
	b.lose(s.untold()) // a credit note may have returned it there
}
