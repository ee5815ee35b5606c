package payhistory

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

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
// with those, and has the time of the last of them: its own credits ended with its period, or with
// the first month of one that is paid out by the month.
func (b *books) live(o *orders.Order, now time.Time) bool {
	own := Owed{From: o.PeriodStart, To: o.PeriodEnd, Monthly: o.Grants > 0}
	for _, by := range b.orders {
		if by.CarriedFrom == o.OrderNo && !own.ownEnd().After(now) {
			return false
		}
	}
	return o.CreditsExpireAt.After(now)
}

// follows checks that each renewal looked at the period before it, whichever was told first.
func (c *Customer) follows(t *testing.T, b *books) {
	t.Helper()
	for _, s := range c.Subs {
		var paid []*orders.Order
		for _, o := range b.orders {
			if o.SubID == s.ID && o.PaidAmount != nil && !strings.Contains(o.RenewalKey, "#") {
				paid = append(paid, o)
			}
		}
		slices.SortFunc(paid, func(a, b *orders.Order) int { return a.PeriodStart.Compare(b.PeriodStart) })
		for i, o := range paid {
			if o.CarryOver > 0 && i > 0 && paid[i-1].Grants == 0 { // else it may be a month of it
				assert.Equal(t, paid[i-1].OrderNo, o.CarriedFrom, "%s: %s of %s carries on", c.Name, o.OrderNo, s.ID)
			}
		}
	}
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
