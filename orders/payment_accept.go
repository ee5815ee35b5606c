package orders

import (
	"context"
	"math/big"

	"github.com/chameleon-go/chameleon/internal/share"
)

// Mismatch is a payment that does not match its order.
type Mismatch struct {
	// Order is the order as it stands, before the payment.
	Order Order `json:"order"`
	// Paid is the amount paid, after discounts and with taxes; Tax, Discount and
	// Subtotal are as in MarkPaidParams.
	Paid     Money `json:"paid"`
	Tax      int64 `json:"tax"`
	Discount int64 `json:"discount"`
	Subtotal int64 `json:"subtotal"`
}

// stated returns what the provider says was paid, in the currency of the payment; nil if it does not
// say.
func (p *payment) stated() *Money {
	if p.local != nil {
		return p.local
	}
	return p.paid
}

// accepted returns what a payment counts as for an order, in the order's currency.
func (p *payment) accepted(ctx context.Context, o *Order) (int64, error) {
	if p.paid == nil {
		return o.Amount, nil
	}
	if o.Currency == "" {
		o.Currency = p.paid.Currency
	}
	subtotal := p.subtotal
	if subtotal == 0 {
		subtotal = p.paid.Amount + portion(p.stated().Amount, p.paid.Amount)(p.discount)
	}
	foreign := o.Currency != p.paid.Currency
	if !foreign && (p.accept == nil || subtotal >= p.asked(o)) {
		return p.paid.Amount, nil
	}
	yes := p.accept != nil && p.accept(ctx, Mismatch{
		Order: *o, Paid: *p.paid, Tax: p.tax, Discount: p.discount, Subtotal: subtotal,
	})
	switch {
	case yes && foreign:
		return o.Amount, nil
	case yes:
		return p.paid.Amount, nil
	case foreign:
		return 0, &CurrencyError{OrderNo: o.OrderNo, Want: o.Currency, Got: p.paid.Currency}
	}
	return 0, &AmountError{OrderNo: o.OrderNo, Currency: o.Currency, Want: o.Amount, Got: subtotal}
}

// asked returns the minimum price of the order. A first period that is shorter than the others,
// because they begin on a fixed day, costs its share.
func (p *payment) asked(o *Order) int64 {
	part := o.shorter(p.start, p.end)
	if part == nil {
		return o.Amount
	}
	return floor(part.Mul(part, new(big.Rat).SetInt64(o.Amount))) - 1 // providers round
}

// lessens makes a first period that is shorter, and therefore cost less, grant what its money buys.
func (p *payment) lessens(o *Order) {
	seats := int64(1)
	if p.bill != nil && p.bill.main() != nil {
		seats = p.bill.main().seats()
	}
	if p.accept == nil || p.subtotal <= 0 || p.subtotal >= times(o.Amount, seats) || o.shorter(p.start, p.end) == nil {
		return
	}
	o.Credits = share.Down(o.Credits, p.subtotal, o.Amount)
}

// taxOf returns how much of an amount in the order's currency was tax.
func (p *payment) taxOf(paid int64) int64 {
	if p.paid == nil || p.tax == 0 {
		return min(p.tax, paid)
	}
	return min(portion(p.stated().Amount, paid)(p.tax), paid)
}
