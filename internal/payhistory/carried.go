package payhistory

import (
	"time"

	"github.com/chameleon-go/chameleon/orders"
)

// Bought is webhook.Options.Bought of the customer's shop.
func (c *Customer) Bought(p orders.Purchase) *orders.Bought {
	for _, o := range c.Owed {
		if o.Bonus != 0 && o.Sub == p.SubID && o.Order == p.OrderNo && p.Reason == orders.ReasonFirst {
			return &orders.Bought{Credits: o.Credits}
		}
	}
	return nil
}

// live reports whether the order's own credits live. What renewals kept of them is counted
// with those.
func (b *books) live(o *orders.Order, now time.Time) bool {
	for _, by := range b.orders {
		if by.CarriedFrom == o.OrderNo && !o.PeriodEnd.After(now) {
			return false
		}
	}
	return o.CreditsExpireAt.After(now)
}

// carried is what renewals whose credits live keep of periods that are over: what these
// granted in the end, whenever that was told, up to the maximum. Nothing was spent of them
// before: whoever spends does so now. It depends on the order of events where several look
// at one period, since one is told late, and where a period had itself kept something: the
// renewal kept the period's own credits first, as they were by then, and the rest was over.
func (c *Customer) carried(b *books, now time.Time) (least, most int64) {
	looked, live := map[string]int64{}, map[string]int64{}
	for _, o := range b.orders {
		looked[o.CarriedFrom]++
		if b.live(o, now) {
			live[o.CarriedFrom]++
		}
	}
	for no, keep := range live {
		from := b.orders[no]
		if from == nil || b.live(from, now) {
			continue
		}
		has := from.Credits - from.RefundedCredits
		if looked[no] == 1 {
			least += min(c.CarryOver, has)
		}
		if from.CarriedFrom != "" {
			has += c.CarryOver
		}
		most += min(keep*c.CarryOver, has)
	}
	return least, most
}
