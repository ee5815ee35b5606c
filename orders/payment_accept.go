package orders

import "context"

// Mismatch is a payment that is not what its order asks for.
type Mismatch struct {
	// Order is the order as it stands, before the payment.
	Order Order
	// Paid is what the payment was, after discounts and with taxes; Tax, Discount
	// and Subtotal are as in MarkPaidParams.
	Paid                    Money
	Tax, Discount, Subtotal int64
}

// stated is what the provider says was paid, in the currency that it was paid
// in; nil where it does not say.
func (p *payment) stated() *Money {
	if p.local != nil {
		return p.local
	}
	return p.paid
}

// accepted is what a payment counts as for an order, in the order's currency.
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
	if !foreign && (p.accept == nil || subtotal >= o.Amount) {
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

// taxOf is what of an amount in the order's currency was tax.
func (p *payment) taxOf(paid int64) int64 {
	if p.paid == nil || p.tax == 0 {
		return min(p.tax, paid)
	}
	return min(portion(p.stated().Amount, paid)(p.tax), paid)
}
