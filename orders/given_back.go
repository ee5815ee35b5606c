package orders

import "maps"

// back is what refunds, disputes and credit notes gave back of an order.
type back struct {
	// all is money, with what open disputes hold, and final what is gone for good.
	all, final int64
	// balance is what credit notes gave back of what the customer's balance had paid.
	// Refunds and disputes are of money alone.
	balance int64
}

// back adds up what was reported. Credit notes give back money first: the rest of them
// was the balance's.
func (o *Order) back(s *reversals) back {
	var b back
	paid := o.Paid()
	b.all, b.final = s.sums(paid)
	notes := s.Parts[""]
	if notes == nil || o.FromBalance <= 0 {
		return b
	}
	others := *s
	others.Parts = maps.Clone(s.Parts)
	delete(others.Parts, "")
	money, _ := others.sums(paid)
	b.balance = min(max(money+notes.refunded()-paid, 0), o.FromBalance)
	return b
}

// returned is all that paid the order and was given back.
func (b back) returned() int64 { return b.all + b.balance }

// closes reports whether it leaves the order refunded: all its money is gone for good, or
// all that the customer's balance paid where that paid alone.
func (b back) closes(o *Order) bool {
	if o.Paid() == 0 && o.FromBalance > 0 {
		return b.balance == o.FromBalance
	}
	return b.final == o.Paid()
}

// kept reports whether the order is paid, or a part of it still is whose money was given
// back: that which the customer's balance paid.
func (o *Order) kept() bool {
	part := o.RefundedAmount >= o.Paid() && o.RefundedBalance < o.FromBalance
	return o.Status == StatusPaid || o.Status == StatusRefunded && part
}
