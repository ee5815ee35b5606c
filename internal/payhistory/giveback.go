package payhistory

import "time"

// giveBack refunds a payment or has it disputed, or writes a credit note.
func (c *Customer) giveBack() {
	type paid struct {
		o *Owed
		p *Payment
	}
	var payments []paid
	var noted []*Owed
	for _, o := range c.Owed[c.since:] {
		if o.Sub != "" && !o.Surplus && o.rest() > 0 && !o.Made.After(c.now) {
			noted = append(noted, o)
		}
		for _, p := range o.Payments {
			if p.ID != "" && p.refunded() < p.Amount && o.rest() > 0 && p.Dispute == nil && !p.At.After(c.now) {
				payments = append(payments, paid{o, p})
			}
		}
	}
	if c.provider.Can().Balance && len(noted) > 0 && (c.chance(20) || len(payments) == 0) {
		c.note(noted[c.rand.IntN(len(noted))])
		return
	}
	if len(payments) == 0 {
		return
	}
	of := payments[c.rand.IntN(len(payments))]
	if c.chance(30) {
		c.dispute(of.p)
		return
	}
	c.refund(of.o, of.p)
}

// rest is what refunds and credit notes left of a bill.
func (o *Owed) rest() int64 {
	rest := o.Paid + o.Balance - o.noted()
	for _, p := range o.Payments {
		rest -= p.refunded()
	}
	return rest
}

// refund gives back all that is left, or half of the payment; it may fail later.
func (c *Customer) refund(o *Owed, p *Payment) {
	before := p.refunded()
	r := &Refund{ID: c.name("re"), Of: p, Amount: min(p.Amount-before, o.rest()), Made: c.now, At: c.now}
	if before == 0 && r.Amount == p.Amount && c.chance(50) {
		r.Amount = p.Amount / 2
	}
	r.Total = before + r.Amount
	p.Refunds = append(p.Refunds, r)
	c.mayFail(r)
}

// note writes a credit note over what is left of a bill, or over half of it. It leaves
// the money with the balance, or gives it back the way that it came.
func (c *Customer) note(o *Owed) {
	r := &Refund{ID: c.name("cn"), Bill: o.Bill, Amount: o.rest(), Made: c.now, At: c.now}
	if all := o.Paid + o.Balance; r.Amount == all && all%2 == 0 && c.chance(50) {
		r.Amount = all / 2
	}
	r.Outside = len(o.Payments) == 1 && o.Payments[0].ID == ""
	o.Notes = append(o.Notes, r)
	c.mayFail(r)
	if !r.Failed && !r.Outside {
		c.balance -= r.Amount
	}
}

// mayFail tells of a refund, and sometimes that it failed.
func (c *Customer) mayFail(r *Refund) {
	c.say(c.provider.Refunded(r))
	if c.chance(25) {
		failed := *r
		failed.Failed, failed.Total, failed.At = true, r.Total-r.Amount, c.now.Add(time.Hour)
		r.Failed = true
		c.say(c.provider.Refunded(&failed))
	}
}

// dispute opens one, over what is left or over all, and decides it.
func (c *Customer) dispute(p *Payment) {
	d := &Dispute{ID: c.name("dp"), Of: p, Amount: p.Amount - p.refunded(), Status: "open", At: c.now}
	if c.chance(30) {
		d.Amount = p.Amount
	}
	p.Dispute = d
	c.say(c.provider.Disputed(d))
	outcomes := [][]string{nil, {"won"}, {"lost"}, {"reinstated"}, {"reinstated", "won"}, {"reinstated", "lost"}}
	if !c.provider.Can().Reinstates {
		outcomes = outcomes[:3]
	}
	for _, outcome := range outcomes[c.rand.IntN(len(outcomes))] {
		decided := *p.Dispute
		decided.Status, decided.At = outcome, decided.At.Add(2*time.Hour)
		c.say(c.provider.Disputed(&decided))
		p.Dispute = &decided
	}
}
