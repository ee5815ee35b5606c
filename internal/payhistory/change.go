package payhistory

import (
	"math/big"
	"slices"

	"github.com/chameleon-go/chameleon/orders"
)

// unused is what is left of what runs, in money; 0 where that is no whole number, and
// nobody changes anything.
func (c *Customer) unused() int64 {
	sum := new(big.Rat)
	for _, o := range c.running {
		sum.Add(sum, mul(o.left(c.now), o.Worth))
	}
	if !sum.IsInt() {
		return 0
	}
	return sum.Num().Int64()
}

// part is what is left of an amount for a whole period of the subscription.
func (c *Customer) part(s *Subscription, amount int64) int64 {
	return amount * int64(s.To.Sub(c.now)/Day) / int64(s.To.Sub(s.From)/Day)
}

// change begins a period of another length, and gives back the rest of this one.
// Out of a trial it only begins one.
func (c *Customer) change(s *Subscription) {
	next := []Price{year(), monthly()}[c.rand.IntN(2)]
	if s.Price.Days == next.Days {
		if !c.provider.Can().Balance {
			return
		}
		next = month()
	}
	if s.Status == "trialing" {
		if !s.Extended {
			c.endTrial(s)
		}
		return
	}
	rest, old, beyond := c.unused(), s.Price, c.beyond(s, next)
	if len(s.Later) > 0 || rest <= 0 || beyond == 0 {
		return
	}
	s.Addon, s.Mixed = nil, c.Change != ""
	seats, to := s.Seats, s.To
	s.Price, s.Seats, s.From, s.To = next, 1, c.now, c.now.Add(next.Period())
	b := c.whole(s, "update")
	b.Lines = append([]Line{{Price: old, Seats: seats, Amount: -rest, Part: true, From: c.now, To: to}}, b.Lines...)
	o := c.pay(s, b)
	switch c.Change {
	case orders.ChangeTopUp:
		if o.Credits = beyond; o.Monthly {
			o.Credits = beyond / 12
		}
	case orders.ChangeKeep:
	default:
		o.Gives = rest
	}
	c.say(c.provider.Billed(*s, b))
}

// beyond is how many credits a period of a price buys beyond those of what runs, 0 where
// nobody changes to it.
func (c *Customer) beyond(s *Subscription, next Price) int64 {
	sum := new(big.Rat).SetInt64(next.whole())
	for _, o := range c.of(s.ID) {
		if c.Change == "" || o.Surplus || o.Trial || !o.To.After(c.now) {
			continue
		}
		if o.Part && o.Monthly {
			return 0
		}
		all := o.Credits
		if o.Monthly {
			all *= 12
		}
		sum.Sub(sum, mul(o.left(c.now), all))
	}
	if sum.Sign() <= 0 || c.Change == orders.ChangeKeep && next.Amount < c.unused() {
		return 0
	}
	return new(big.Int).Div(sum.Num(), sum.Denom()).Int64()
}

// endTrial begins the first paid period early.
func (c *Customer) endTrial(s *Subscription) {
	c.cut(s)
	s.Status, s.From, s.To, s.Trial = "active", c.now, c.now.Add(s.Price.Period()), c.now
	b := c.whole(s, "update")
	c.pay(s, b).Order = s.Order
	c.say(c.provider.Billed(*s, b))
}

// within changes the plan and keeps the period.
func (c *Customer) within(s *Subscription) {
	next := team()
	switch {
	case s.Mixed && !c.provider.Can().Lines:
		return
	case s.Status != "active" || s.Price.Days == year().Days || s.alone():
		return
	case s.Price.ID == next.ID && (!c.provider.Can().Balance || c.Change != ""):
		return
	case s.Price.ID == next.ID:
		next = month()
	}
	rest, old := c.unused(), s.Price
	if rest <= 0 {
		return
	}
	s.Price = next
	if c.provider.Can().Items && len(c.running) == 1 && c.running[0].Discount == 0 && c.chance(40) {
		c.putOff(s, old)
		return
	}
	c.adjust(s, Line{Price: old, Seats: s.Seats, Amount: -rest}, c.part(s, (next.Credits-old.Credits)*s.Seats))
}

// alone reports whether the subscription's changes are told apart from others: with a
// second item, or with one that is put off, there is one at a time.
func (s *Subscription) alone() bool { return s.Addon != nil || len(s.Later) > 0 }

// putOff changes the plan now, and has it billed with the next period.
func (c *Customer) putOff(s *Subscription, old Price) {
	s.Later = []Line{
		{Price: old, Seats: s.Seats, Amount: -c.part(s, old.Amount*s.Seats), Part: true, From: c.now, To: s.To},
		{Price: s.Price, Seats: s.Seats, Amount: c.part(s, s.Price.Amount*s.Seats), Part: true, From: c.now, To: s.To},
	}
	c.say(c.provider.Stands(*s, c.now))
}

// seats adds one or takes one away. Coupons would make their share uneven.
func (c *Customer) seats(s *Subscription) {
	if s.Status != "active" || s.alone() || c.running[0].Discount > 0 || s.Mixed && !c.provider.Can().Lines {
		return
	}
	old, n := s.Seats, int64(1)
	if s.Seats > 1 && c.provider.Can().Balance && c.Change == "" && !s.Price.Plan.Monthly && c.chance(50) {
		n = -1
	}
	rest := c.unused()
	if rest <= 0 {
		return
	}
	s.Seats += n
	difference := c.part(s, s.Price.whole()*n)
	monthly := s.Price.Plan.Monthly
	if monthly {
		difference = s.Price.Credits * n
	}
	c.adjust(s, Line{Price: s.Price, Seats: old, Amount: -rest}, difference)
	c.running[len(c.running)-1].Monthly = monthly
}

// adjust bills the rest of a period: what is given back, and what is used now.
func (c *Customer) adjust(s *Subscription, back Line, difference int64) {
	back.Part, back.From, back.To = true, c.now, s.To
	used := Line{
		Price: s.Price, Seats: s.Seats, Amount: c.part(s, s.Price.Amount*s.Seats), Part: true, From: c.now, To: s.To,
	}
	running := slices.Clone(c.running)
	b := &Bill{ID: c.name("in"), Reason: "update", At: c.now, Lines: []Line{back, used}}
	o := c.pay(s, b)
	o.From, o.Part, o.Worth, o.Monthly = c.now, true, b.Subtotal(), false
	o.Credits, o.Takes = max(difference, 0), max(-difference, 0)
	running = append(running, o)
	c.running = running
	c.say(c.provider.Billed(*s, b))
}
