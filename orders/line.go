package orders

import (
	"cmp"
	"math/big"
	"time"

	"github.com/chameleon-go/chameleon/internal/share"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// Line is one line of a subscription's bill: something bought or credited.
type Line struct {
	// PriceID is the provider's ID of the price or product, empty if unknown.
	PriceID string `json:"price_id,omitempty"`
	// Quantity is how many seats; 0 means 1.
	Quantity int64 `json:"quantity"`
	// Amount is in the currency's smallest unit, after discounts and without
	// taxes. It is negative for what is credited, such as the unused time of the
	// previous plan.
	Amount int64 `json:"amount"`
	// Discount is what discounts took off the price.
	Discount int64 `json:"discount"`
	// Proration is true for a part of a period, false for a whole one.
	Proration bool `json:"proration"`
	// Metered is true for usage billed in arrears. Unless the caller says what it
	// buys, it is not part of the period and buys nothing, except when its price is
	// the subscription's own.
	Metered bool `json:"metered"`
	// Start and End bound the time that the line covers.
	Start time.Time `json:"start,omitzero"`
	End   time.Time `json:"end,omitzero"`
	// Plan is what a whole period at this price buys for one seat; nil if
	// unknown.
	Plan *Plan `json:"plan,omitzero"`
}

func (l *Line) seats() int64 { return max(l.Quantity, 1) }

func checkLines(lines []Line) error {
	for i := range lines {
		l := &lines[i]
		err := valid.First(l.Plan.check(), valid.AmountOrZero("Lines.Quantity", l.Quantity),
			valid.AmountOrZero("Lines.Discount", max(l.Discount, -l.Discount)),
			valid.AmountOrZero("Lines.Amount", max(l.Amount, -l.Amount)))
		if err != nil {
			return err
		}
		if l.Start.IsZero() || !l.End.IsZero() && l.End.Before(l.Start) {
			return valid.Failf("Lines", "a line ends before it starts, or has no start")
		}
		if l.End.IsZero() && (l.Proration || l.Amount < 0) { // it would be no part of anything
			return valid.Failf("Lines", "a part of a period has no end")
		}
	}
	return nil
}

// bill is the lines of one payment, sorted by what they do.
type bill struct {
	// whole are lines of a whole period, parts the prorations.
	whole, parts []Line
	// metered says that the whole lines are what was used, and there are no others.
	metered bool
}

func newBill(lines []Line) bill {
	var b bill
	var used []Line
	for _, l := range lines {
		switch {
		case l.Proration || l.Amount < 0:
			b.parts = append(b.parts, l)
		case l.Metered && l.Plan == nil:
			used = append(used, l)
		default:
			b.whole = append(b.whole, l)
		}
	}
	if b.metered = len(b.whole)+len(b.parts) == 0 && len(used) > 0; b.metered {
		b.whole = used
	}
	return b
}

// main is the whole line that stands for the period, nil for none: one that somebody
// answered for, of the period that ends last, which costs most. An add-on is not the
// plan, nor is what was used in the period before.
func (b bill) main() *Line {
	var best *Line
	for i := range b.whole {
		if l := &b.whole[i]; best == nil || l.before(best) {
			best = l
		}
	}
	return best
}

// before reports whether the line rather stands for the period than another one.
func (l *Line) before(other *Line) bool {
	switch {
	case (l.Plan != nil) != (other.Plan != nil):
		return l.Plan != nil
	case !l.End.Equal(other.End):
		return l.End.After(other.End)
	}
	return l.list() > other.list()
}

// list is what the whole lines cost before discounts, worth after them.
func (b bill) list() (list, worth int64) {
	for _, l := range b.whole {
		list += l.list()
		worth += l.Amount
	}
	return list, worth
}

// lists reports whether the bill says which price and how many seats an order is of, of which
// that is not known.
func (b bill) lists(o *Order) bool {
	main := b.main()
	return main != nil && main.PriceID != "" && main.Quantity > 0 && o.PriceID == "" && o.Interval.recurs() && o.FirstOrderNo == ""
}

// multiple is how often the bill sells what was ordered, where the Amount of the order is the price
// of one seat. Add-ons may be beside the seats.
func (b bill) multiple(o *Order) int64 {
	main, all := b.main(), times(o.Amount, o.Quantity)
	if main == nil || o.Quantity <= 1 || o.ordered() > valid.MaxAmount/o.Quantity {
		return 1
	}
	if list, _ := b.list(); list == all || all > 0 && main.list() == all {
		return o.Quantity
	}
	return 1
}

// list is what the line costs before discounts.
func (l *Line) list() int64 { return l.Amount + l.Discount }

// byPrice is what whole lines buy whose price nobody has compared with that of the order which began
// the subscription: what their money does. Add-ons beside that price, for one seat or for each,
// buy nothing.
func (b bill) byPrice(first *Order) int64 {
	list, _ := b.list()
	return share.Down(first.ordered(), cmp.Or(b.sells(first), list), first.Amount)
}

// sells is what the line costs that is what the order is of, for one seat or for each, as far as its
// price tells; 0 for none.
func (b bill) sells(o *Order) (list int64) {
	for i := range b.whole {
		if l := &b.whole[i]; l.list() == o.Amount || l.list() == times(o.Amount, l.seats()) {
			list = max(list, l.list())
		}
	}
	return list
}

// givesBack is the money that the parts give back.
func (b bill) givesBack() int64 {
	var sum int64
	for _, l := range b.parts {
		if l.Amount < 0 {
			sum -= l.Amount
		}
	}
	return sum
}

// replaces reports whether the bill begins a period before the one that was
// paid is over, and gives back what is unused of that.
func (b bill) replaces() bool {
	main := b.main()
	if main == nil {
		return false
	}
	for _, l := range b.parts {
		if l.Amount < 0 && l.End.After(main.Start.Add(time.Minute)) {
			return true
		}
	}
	return false
}

// wholeCredits is what the whole lines buy. A line that nobody answers for buys
// nothing beside one that has an answer; where none has, they buy what the
// subscription's first order bought, by the seat. A period that costs nothing,
// and not because of a discount, buys nothing unless somebody says so.
func (b bill) wholeCredits(first *Order, paid *Money) int64 {
	var sum int64
	answered := false
	for i := range b.whole {
		if l := &b.whole[i]; l.Plan != nil {
			answered = true
			sum = min(sum+times(l.Plan.Credits, l.seats()), valid.MaxAmount+1)
		}
	}
	if answered {
		return sum
	}
	list, _ := b.list()
	main := b.main()
	switch {
	case main == nil, list == 0 && paid != nil && paid.Amount == 0:
		return 0
	case list == 0, first.Amount == 0: // what the lines cost is not known
		return first.period()
	case first.PriceID != "" && main.PriceID != "" && first.PriceID != main.PriceID:
		return share.Down(first.ordered(), list, first.Amount)
	case first.PriceID == "" && main.PriceID != "" && (paid == nil || paid.Currency == first.Currency):
		return b.byPrice(first)
	case first.Quantity > 0:
		return share.Down(first.ordered(), main.seats(), first.seatsOrdered())
	case list == times(first.Amount, main.seats()):
		return times(first.ordered(), main.seats())
	}
	return first.period()
}

// partCredits is what the parts buy, less what they give back: each by the share
// of the period base that it is for. A part that nobody answers for is worth
// what its money buys at the first order's price.
func (b bill) partCredits(first, base *Order) *big.Rat {
	sum := new(big.Rat)
	for i := range b.parts {
		l := &b.parts[i]
		length := int64(base.billedUntil(l).Sub(base.PeriodStart) / time.Second)
		part := new(big.Rat)
		switch {
		case l.Plan != nil && length > 0:
			seconds := int64(l.End.Sub(l.Start) / time.Second)
			part.SetFrac64(min(seconds, length), length)
			part.Mul(part, new(big.Rat).SetInt64(times(l.Plan.whole(first), l.seats())))
			if l.Amount < 0 {
				part.Neg(part)
			}
		case first.Amount > 0:
			part.SetFrac64(l.Amount, first.Amount)
			part.Mul(part, new(big.Rat).SetInt64(times(first.ordered(), max(first.Grants, 1))))
		}
		sum.Add(sum, part)
	}
	return sum
}

// floor is the largest whole number that is not above r; beyond what an amount
// may be it is one more than that.
func floor(r *big.Rat) int64 {
	q := new(big.Int).Div(r.Num(), r.Denom()) // Euclidean: down, for a positive denominator
	if q.IsInt64() {
		return max(min(q.Int64(), valid.MaxAmount+1), -valid.MaxAmount-1)
	}
	return int64(q.Sign()) * (valid.MaxAmount + 1)
}

// times is a × b; math.MaxInt64 where it would be more.
func times(a, b int64) int64 { return share.Down(a, b, 1) }
