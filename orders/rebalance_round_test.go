package orders

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
)

// What changes of plans and refunds take of one order is added up before it is rounded,
// up: two parts that are no whole numbers take no credit too many, and what is left is
// never more than what the kept money bought.
func TestPartsAreRoundedOnce(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	paid, worth := int64(300), int64(300)
	o := func(from int, credits, refunded int64) *Order {
		at := start.Add(time.Duration(from) * 24 * time.Hour)
		return &Order{
			ID: int64(from), OrderNo: "O", Interval: IntervalMonth, Credits: credits, PaidAmount: &paid, Worth: &worth,
			RefundedAmount: refunded, Status: StatusPaid, PeriodStart: at, PeriodEnd: at.Add(30 * 24 * time.Hour),
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		base := o(0, rapid.Int64Range(1, 2000).Draw(t, "credits"), rapid.Int64Range(0, 300).Draw(t, "refunded"))
		parts := make([]*Order, rapid.IntRange(1, 4).Draw(t, "parts"))
		all, takes := []*Order{base}, int64(0)
		for i := range parts {
			less := o(1+i, 0, 0)
			less.PeriodEnd, less.TakesBack, less.GivesBack = base.PeriodEnd, rapid.Int64Range(1, 50).Draw(t, "takes"), 10
			all, takes = append(all, less), takes+less.TakesBack
		}
		rebalance(all)
		for _, s := range rebalance(all) {
			if s.o != base {
				continue
			}
			s.o.MovedCredits = s.moved()
			left := base.Credits - base.claimed(back{all: base.RefundedAmount})
			bought := base.Credits*(paid-base.RefundedAmount) - takes*paid // in parts of paid
			assert.Equal(t, max(bought/paid, 0), left, "of %d", base.Credits)
		}
	})
}
