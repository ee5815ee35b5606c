package payhistory

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/chameleon-go/chameleon/orders"
)

// Customer is one customer with a life.
type Customer struct {
	Name string
	User string
	// TrialCredits is the shop's policy.
	TrialCredits int64
	Orders       []Ordered
	Events       []Event
	Owed         []*Owed
	Subs         []*Subscription

	// CarryOver is the shop's policy, too: what renewals keep of unspent credits. So is
	// Change: what becomes of the old credits.
	CarryOver int64
	Change    orders.ChangePolicy
	// Bonus is what the shop grants with the first payment beside what was bought, negative
	// for what it keeps: its callback says so, which not every event asks.
	Bonus int64

	rand     *rand.Rand
	provider Provider
	now, end time.Time
	named    int
	// since is the first of the bills of the purchase that goes on; balance is what is
	// with the provider, running what runs of the subscription.
	since    int
	customer string
	balance  int64
	running  []*Owed
	spent    int64
}

// Ordered is an order that the shop made before its payment.
type Ordered struct {
	No     string
	Price  Price
	Recurs bool
	At     time.Time
}

// New makes up a life that ends at end.
func New(name string, provider Provider, r *rand.Rand, end time.Time) *Customer {
	c := &Customer{Name: name, provider: provider, rand: r, end: end}
	c.TrialCredits = []int64{0, 500, -1}[r.IntN(3)]
	c.CarryOver = []int64{0, 0, 1000, 5500, 20000}[r.IntN(5)]
	c.Change = []orders.ChangePolicy{"", "", "", orders.ChangeTopUp, orders.ChangeKeep}[r.IntN(5)]
	if c.Change == "" && provider.Can().Lines {
		c.Bonus = []int64{0, 0, 1800, -1800}[r.IntN(4)]
	}
	begins := end.Add(-time.Duration(20+r.IntN(60)) * Day)
	for more := true; more; more = c.chance(25) {
		// The provider knows them by the same name again, later, or by another one.
		if again := c.customer != "" && c.now.Before(c.end) && c.chance(60); again {
			c.now = c.now.Add(time.Hour)
		} else {
			c.now, c.balance, c.customer = begins.Add(time.Duration(r.IntN(5))*time.Hour), 0, c.name("cus")
		}
		c.since, c.running = len(c.Owed), nil
		if c.chance(25) {
			c.buyOnce()
		} else {
			c.subscribe()
		}
	}
	c.settle()
	return c
}

// settle finds what changes took, for each of the provider's customers.
func (c *Customer) settle() {
	byCustomer := map[string][]*Owed{}
	for _, o := range c.Owed {
		byCustomer[o.Customer] = append(byCustomer[o.Customer], o)
	}
	for customer, all := range byCustomer {
		if customer != "" {
			settle(all)
		}
	}
}

func (c *Customer) chance(percent int) bool { return c.rand.IntN(100) < percent }

func (c *Customer) name(what string) string {
	c.named++
	return fmt.Sprintf("%s_%s_%d", what, c.Name, c.named)
}

func (c *Customer) say(events []Event) { c.Events = append(c.Events, events...) }

// of are the bills of a subscription, in the order of their time.
func (c *Customer) of(sub string) (all []*Owed) {
	for _, o := range c.Owed {
		if o.Sub == sub {
			all = append(all, o)
		}
	}
	return all
}

func (c *Customer) order(p Price, recurs bool) string {
	no := c.name("O")
	c.Orders = append(c.Orders, Ordered{No: no, Price: p, Recurs: recurs, At: c.now.Add(-time.Minute)})
	return no
}

// buyOnce is a life of purchases, some of them paid twice.
func (c *Customer) buyOnce() {
	for n := 1 + c.rand.IntN(3); n > 0 && c.now.Before(c.end); n-- {
		p := month()
		no := c.order(p, false)
		c.sell(no, p, false)
		if c.chance(25) && c.tomorrow() {
			c.sell(no, p, true)
		}
		for n := c.rand.IntN(3); n > 0 && c.tomorrow(); n-- {
			c.giveBack()
		}
	}
}

// tomorrow goes on by a day, if the life does.
func (c *Customer) tomorrow() bool {
	next := c.now.Add(Day)
	if next.After(c.end) {
		return false
	}
	c.now = next
	return true
}

func (c *Customer) sell(no string, p Price, again bool) {
	s := &Sale{
		Order: no, Pay: c.name("pi"), Units: 1, At: c.now,
		FailedBefore: c.chance(20), Async: c.chance(20), GivenUp: c.chance(10),
	}
	if c.provider.Can().Units && !again && c.chance(25) {
		s.Units = 3
	}
	s.List = p.Amount * s.Units
	if c.chance(25) {
		s.Discount = s.List / c.coupon()
	}
	if c.chance(25) {
		s.Tax = (s.List - s.Discount) / 5
	}
	o := &Owed{
		Order: no, Surplus: again, Credits: p.Credits * s.Units, Worth: s.List - s.Discount,
		Paid: s.Gross(), Tax: s.Tax, Discount: s.Discount,
	}
	if s.Gross() == 0 {
		s.Pay, s.FailedBefore, s.Async, s.GivenUp = "", false, false, false
	} else {
		o.Payments = []*Payment{{ID: s.Pay, Amount: s.Gross(), Tax: s.Tax, At: c.now}}
	}
	c.say(c.provider.Sold(s))
	c.Owed = append(c.Owed, o)
}

// coupon is for which part of the price one is: all, or half.
func (c *Customer) coupon() int64 {
	if c.chance(30) {
		return 1
	}
	return 2
}

// subscribe is some months of a subscriber's.
func (c *Customer) subscribe() {
	s := c.begin()
	if c.chance(12) {
		c.beginAgain(s)
	}
	for range 7 {
		c.now = c.now.Add(time.Duration(1+c.rand.IntN(9)) * Day)
		if c.now.After(c.end) {
			break
		}
		if !c.now.Before(s.To) {
			c.now = s.To
			if s.Cancels || !c.renew(s) {
				break
			}
			continue
		}
		c.act(s)
	}
	if c.now.After(c.end) {
		c.now = c.end
	}
	if c.chance(80) {
		if s.Status == "trialing" && c.now.Before(s.To) {
			if s.Extended { // it goes on
				return
			}
			c.cut(s)
		}
		s.Status = "canceled"
		c.say(c.provider.Stands(*s, c.now))
	}
}

// act is something that a subscriber does within a period.
func (c *Customer) act(s *Subscription) {
	switch c.rand.IntN(13) {
	case 0, 1:
		c.change(s)
	case 2, 3:
		c.within(s)
	case 4, 5:
		c.seats(s)
	case 6, 7, 8, 9:
		c.giveBack()
	case 10:
		if s.Status == "active" {
			s.Cancels = c.chance(50)
			c.say(c.provider.Stands(*s, c.now))
		}
	case 11:
		c.pause(s)
	case 12:
		c.extend(s)
	}
}

// pause pauses a subscription, and goes on with it.
func (c *Customer) pause(s *Subscription) {
	if s.Status != "active" {
		return
	}
	s.Status = "paused"
	c.say(c.provider.Stands(*s, c.now))
	s.Status = "active"
	c.say(c.provider.Stands(*s, c.now.Add(time.Hour)))
}
