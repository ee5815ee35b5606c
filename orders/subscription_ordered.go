package orders

import (
	"cmp"
	"math/big"
	"time"

	"github.com/chameleon-go/chameleon/internal/share"
)

// If it is not known what a price buys, the order that began the subscription determines what its
// periods buy. Its payment may have granted something else: the credits of several seats, or those of
// a shorter first period.

// ordered returns what the order was to grant when it was made.
func (o *Order) ordered() int64 { return cmp.Or(o.OrderedCredits, o.Credits) }

// seatsOrdered returns the number of seats for that, and for its Amount.
func (o *Order) seatsOrdered() int64 {
	if o.OrderedCredits == 0 || o.Quantity <= 1 {
		return max(o.Quantity, 1)
	}
	each := new(big.Rat).SetInt64(o.OrderedCredits)
	if part := o.shorter(o.PeriodStart, o.PeriodEnd); part != nil {
		each.Mul(each, part)
	}
	if each.Mul(each, big.NewRat(3, 2)).Cmp(new(big.Rat).SetInt64(o.Credits)) <= 0 {
		return 1 // they were multiplied
	}
	return o.Quantity
}

// period returns what a whole period buys with as many seats as the first one had.
func (o *Order) period() int64 { return share.Down(o.ordered(), max(o.Quantity, 1), o.seatsOrdered()) }

// shorter returns the part of the order's interval between two moments, nil for all of it. Providers
// take it of the interval that ends when the next one begins, whose months may be longer than those
// after its start.
func (o *Order) shorter(start, end time.Time) *big.Rat {
	if !o.Interval.recurs() || o.FirstOrderNo != "" || start.IsZero() || !end.After(start) {
		return nil
	}
	full := o.Interval.end(start, start)
	if end.After(full.Add(-24 * time.Hour)) {
		return nil
	}
	whole := max(full.Sub(start), end.Sub(o.Interval.before(end)))
	return big.NewRat(int64(end.Sub(start)/time.Second), int64(whole/time.Second))
}
