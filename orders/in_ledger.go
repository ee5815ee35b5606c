package orders

// An order's credits and the grant that the ledger has for them are one number as long as
// the grant lives. Once it has expired, or a renewal has kept what was left of it, its
// number cannot change: then what the ledger takes back of it makes up for what the order
// turned out to buy.

// inLedger returns how many credits the ledger's grant has.
func (o *Order) inLedger() int64 {
	if o.Granted > 0 {
		return o.Granted
	}
	return o.Credits
}

// note makes the order say how many credits the ledger's grant has.
func (o *Order) note(granted int64) {
	if o.Granted = granted; granted == o.Credits {
		o.Granted = 0
	}
}

// takes returns how many credits are taken back of the ledger's grant in all, if refunds and
// changes take this many of the order's. What the order bought beyond what the grant may
// hold has expired before it was known, so they take that first.
func (o *Order) takes(on *carriedOn, claimed int64) int64 {
	most := o.inLedger()
	if on != nil && !on.lives {
		most = min(most, on.net)
	}
	return o.inLedger() - min(max(o.Credits-claimed, 0), most)
}

// net returns how many of the order's credits were granted and not taken back.
func (o *Order) net() int64 {
	if !o.granted() {
		return 0
	}
	return o.inLedger() - o.takes(nil, o.RefundedCredits)
}
