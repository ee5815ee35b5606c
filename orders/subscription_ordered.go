package orders

import (
	"cmp"
	"math/big"
	"time"

	"github.com/chameleon-go/chameleon/internal/share"
)

// What the order that began a subscription says is the measure of its periods where
// nobody answers what a price buys. Its payment may have granted something else: the
// credits of several seats, or those of a first period that is shorter.

// ordered is what the order was to grant when it was made.
func (o *Order) ordered() int64 { return cmp.Or(o.OrderedCredits, o.Credits) }

// seatsOrdered is for how many seats that, and its Amount, are.
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

// period is what a whole period of as many seats buys as the first one had.
func (o *Order) period() int64 { return share.Down(o.ordered(), max(o.Quantity, 1), o.seatsOrdered()) }

// shorter is the part of the order's interval that lies between two moments, nil
// for all of it.
func (o *Order) shorter(start, end time.Time) *big.Rat {
	if !o.Interval.recurs() || o.FirstOrderNo != "" || start.IsZero() || !end.After(start) {
		return nil
	}
	full := o.Interval.end(start, start)
	if end.After(full.Add(-24 * time.Hour)) {
		return nil
	}
	return big.NewRat(int64(end.Sub(start)/time.Second), int64(full.Sub(start)/time.Second))
}
