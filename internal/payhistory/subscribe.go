package payhistory

import (
	"slices"
	"time"
)

// begin is a checkout of a subscription: paid, with a coupon, or with a trial.
func (c *Customer) begin() *Subscription {
	p := []Price{month(), month(), month(), team(), team(), year(), monthly()}[c.rand.IntN(7)]
	with, second := p, (*Price)(nil)
	if c.provider.Can().Items && p.Days == month().Days && c.chance(20) {
		more := addon()
		second, with.Amount, with.Credits = &more, p.Amount+more.Amount, p.Credits+more.Credits
	}
	s := &Subscription{
		ID: c.name("sub"), Order: c.order(with, true), Customer: c.customer, Price: p, Addon: second, Seats: 1, Created: c.now, From: c.now, Status: "active",
	}
	c.Subs = append(c.Subs, s)
	if s.Addon == nil && c.chance(20) {
		s.Seats = 2
	}
	if c.chance(25) {
		c.beginTrial(s)
		return s
	}
	s.To = s.From.Add(p.Period())
	b := c.whole(s, "create")
	if c.chance(25) {
		b.Lines[0].takeOff(c.coupon())
	}
	o := c.pay(s, b)
	o.Order = s.Order
	if !o.Monthly {
		o.Bonus = c.Bonus
		o.Credits += o.Bonus
	}
	c.say(c.provider.Begun(*s, b))
	return s
}

// beginTrial begins with a time that costs nothing.
func (c *Customer) beginTrial(s *Subscription) {
	s.Status, s.To = "trialing", s.From.Add(7*Day)
	s.Trial = s.To
	b := c.whole(s, "create")
	b.Trial = true
	for i := range b.Lines {
		b.Lines[i].Amount = 0
	}
	granted := c.TrialCredits
	if granted < 0 {
		granted = c.Orders[len(c.Orders)-1].Price.Credits
	}
	if c.provider.Can().Fees && c.chance(40) {
		b.Lines = append([]Line{{Price: fee(), Seats: 1, Amount: fee().Amount, Once: true, From: s.From, To: s.From}}, b.Lines...)
	}
	o := c.pay(s, b)
	o.Trial, o.Monthly, o.Credits, o.Worth, c.running = true, false, granted, 0, nil
	c.say(c.provider.Begun(*s, b))
}

// extend makes a trial last longer.
func (c *Customer) extend(s *Subscription) {
	if s.Status != "trialing" {
		return
	}
	s.To, s.Extended = s.To.Add(3*Day), true
	s.Trial = s.To
	for _, o := range c.of(s.ID) {
		o.To = s.To
	}
	c.say(c.provider.Stands(*s, c.now))
}

// takeOff takes a part of the line's price off.
func (l *Line) takeOff(part int64) {
	l.Discount = l.Amount / part
	l.Amount -= l.Discount
}

// cut ends a trial that is not over.
func (c *Customer) cut(s *Subscription) {
	for _, o := range c.of(s.ID) {
		o.Cut = o.Trial
	}
}

// beginAgain is a second subscription for the same order: its money is surplus.
func (c *Customer) beginAgain(first *Subscription) {
	if first.Status == "trialing" {
		return
	}
	c.now = c.now.Add(time.Hour)
	s := *first
	s.ID, s.Created, s.From = c.name("sub"), c.now, c.now
	s.To = s.From.Add(s.Price.Period())
	b := c.whole(&s, "create")
	running := c.running
	o := c.pay(&s, b)
	o.Surplus, o.Order, c.running = true, s.Order, running
	c.say(c.provider.Begun(s, b))
	c.now = c.now.Add(-time.Hour)
}

// whole is the bill of the period that a subscription is in.
func (c *Customer) whole(s *Subscription, reason string) *Bill {
	b := &Bill{ID: c.name("in"), Reason: reason, At: c.now, Lines: []Line{{
		Price: s.Price, Seats: s.Seats, Amount: s.Price.Amount * s.Seats, From: s.From, To: s.To,
	}}}
	if s.Addon != nil {
		b.Lines = append(b.Lines, Line{Price: *s.Addon, Seats: 1, Amount: s.Addon.Amount, From: s.From, To: s.To})
	}
	return b
}

// pay settles a bill with the customer's balance and money, and notes what it
// bought: what its whole lines are of.
func (c *Customer) pay(s *Subscription, b *Bill) *Owed {
	if c.balance == 0 && b.Total() > 0 && c.chance(25) {
		b.Tax = (b.Subtotal() - b.Discount()) / 5
	}
	due := b.Total() + c.balance
	b.Before, b.Paid, c.balance = c.balance, max(due, 0), min(due, 0)
	b.After = c.balance
	c.settleWith(b)
	o := &Owed{
		Sub: s.ID, Bill: b.ID, Customer: s.Customer, Payments: b.Payments, Paid: b.Paid, Tax: b.Tax, Discount: b.Discount(), Made: b.At, From: s.From, To: s.To,
		Balance: max(b.Total()-b.Paid, 0), Monthly: s.Price.Plan.Monthly,
	}
	for _, l := range b.Lines {
		if !l.Part && !l.Once {
			o.Credits += l.Price.Credits * l.Seats
			o.Worth += l.Amount
		}
	}
	c.Owed, c.running = append(c.Owed, o), []*Owed{o}
	return o
}

// settleWith finds the payments of a bill: one, two, or none that the provider knows.
func (c *Customer) settleWith(b *Bill) {
	if b.Paid == 0 {
		b.Payments = nil
		return
	}
	if len(b.Payments) == 0 {
		b.Payments = []*Payment{{ID: c.name("pi")}}
	}
	main := b.Payments[0]
	main.Amount, main.Tax, main.At = b.Paid, b.Tax, b.At
	switch can := c.provider.Can(); {
	case can.Otherwise && c.chance(10):
		main.ID = ""
	case can.Parts && b.Paid%4 == 0 && c.chance(20):
		main.Amount = b.Paid / 4
		b.Payments = append(b.Payments, &Payment{ID: c.name("pi"), Amount: b.Paid - main.Amount, At: b.At})
	}
}

// renew begins the next period, and reports whether it was paid at last.
func (c *Customer) renew(s *Subscription) bool {
	first := s.Status == "trialing"
	s.From, s.To, s.Status = s.To, s.To.Add(s.Price.Period()), "active"
	b := c.whole(s, "cycle")
	parts := s.Later
	b.Lines, s.Later = append(slices.Clone(parts), b.Lines...), nil
	if c.chance(20) && c.balance == 0 {
		s.Status, b.Payments = "past_due", []*Payment{{ID: c.name("pi")}}
		c.say(c.provider.Unpaid(*s, b, c.now))
		if c.chance(25) || c.now.Add(2*Day).After(c.end) {
			return false
		}
		s.Status, c.now = "active", c.now.Add(2*Day)
		b.At = c.now
	}
	if len(parts) == 0 && c.balance == 0 && c.chance(10) {
		b.Lines[0].takeOff(c.coupon())
	}
	o := c.pay(s, b)
	if first {
		o.Order = s.Order
	}
	o.defers(parts)
	c.say(c.provider.Billed(*s, b))
	return true
}

// defers adds what parts of the period before bought, and gave back, to the bill that
// they were put off to.
func (o *Owed) defers(parts []Line) {
	for _, l := range parts {
		length := int64(l.Price.Days)
		bought := l.Price.Credits * l.Seats * int64(l.To.Sub(l.From)/Day) / length
		if l.Amount < 0 {
			bought = -bought
		}
		o.Credits, o.Worth = o.Credits+bought, o.Worth+l.Amount
	}
	if o.Credits < 0 {
		o.Credits, o.Takes = 0, -o.Credits
	}
}
