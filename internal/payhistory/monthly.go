package payhistory

import (
	"math/big"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/chameleon-go/chameleon/orders"
)

// monthStart is when the n-th month of the period begins, from 0, by the calendar.
func (o *Owed) monthStart(n int) time.Time {
	if n >= 12 {
		return o.To
	}
	first := time.Date(o.From.Year(), o.From.Month()+time.Month(n), 1, 0, 0, 0, 0, time.UTC)
	day := min(o.From.Day(), first.AddDate(0, 1, -1).Day())
	clock := o.From.Sub(o.From.Truncate(Day))
	return first.AddDate(0, 0, day-1).Add(clock)
}

// ownEnd is when the credits end that the payment itself granted.
func (o *Owed) ownEnd() time.Time {
	if o.Monthly {
		return o.monthStart(1)
	}
	return o.To
}

// ofMonth is how many of a month's credits were taken back.
func (o *Owed) ofMonth(n int) int64 {
	part := o.share()
	if o.in != nil && o.Worth > 0 {
		part.Add(part, new(big.Rat).Quo(o.in, new(big.Rat).SetInt64(o.Worth)))
	}
	if o.into != nil {
		kept := new(big.Rat).Sub(big.NewRat(1, 1), o.into.share())
		part.Add(part, kept.Mul(kept, leftOf(o.monthStart(n), o.monthStart(n+1), o.into.From)))
	}
	return min(o.Credits, up(mul(part, o.Credits)))
}

// eachMonth compares the months after the first that are due, and returns what is left
// of their credits.
func (o *Owed) eachMonth(t *testing.T, b *books, stored *orders.Order, name string) (sum int64) {
	t.Helper()
	for n := 1; o.Monthly && n < 12 && !o.monthStart(n).After(time.Now()); n++ {
		want, got := o.Credits-o.ofMonth(n), int64(0)
		for _, part := range b.orders {
			// It may have been paid out before the provider stated when the period began.
			if part.PartOf == stored.OrderNo && part.PeriodStart.Sub(o.monthStart(n)).Abs() < time.Hour {
				got += part.Credits - part.RefundedCredits
			}
		}
		assert.Equal(t, want, got, "%s: month %d", name, n)
		sum += want
	}
	return sum
}
