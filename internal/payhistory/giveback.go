package payhistory

import "time"

// giveBack refunds a payment or has it disputed.
func (c *Customer) giveBack() {
	type paid struct {
		o *Owed
		p *Payment
	}
	var payments []paid
	for _, o := range c.Owed[c.since:] {
		for _, p := range o.Payments {
			if p.refunded() < p.Amount && p.Dispute == nil && !p.At.After(c.now) {
				payments = append(payments, paid{o, p})
			}
		}
	}
	if len(payments) == 0 {
		return
	}
	of := payments[c.rand.IntN(len(payments))]
	switch notes := c.provider.Can().Balance && of.o.Sub != "" && !of.o.Surplus; {
	case of.p.ID == "" && !notes:
	case of.p.ID == "" || notes && c.chance(20):
		c.refund(of.p, of.o.Bill)
	case c.chance(30):
		c.dispute(of.p)
	default:
		c.refund(of.p, "")
	}
}

// refund gives back all that is left, or half of the payment; it may fail later. With
// a bill it is by a credit note for that, which leaves the money with the balance.
func (c *Customer) refund(p *Payment, bill string) {
	before := p.refunded()
	r := &Refund{ID: c.name("re"), Of: p, Amount: p.Amount - before, Made: c.now, At: c.now, Note: bill != "", Bill: bill}
	if before == 0 && c.chance(50) {
		r.Amount = p.Amount / 2
	}
	r.Total = p.charged() + r.Amount
	p.Refunds = append(p.Refunds, r)
	c.say(c.provider.Refunded(r))
	if c.chance(25) {
		failed := *r
		failed.Failed, failed.Total, failed.At = true, r.Total-r.Amount, c.now.Add(time.Hour)
		r.Failed = true
		c.say(c.provider.Refunded(&failed))
	}
	if r.Note && !r.Failed && p.ID != "" {
		c.balance -= r.Amount
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
