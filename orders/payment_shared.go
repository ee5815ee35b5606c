package orders

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/affiliates"
)

// A Checkout Session of Stripe states the total, but not which part the customer's balance paid; its
// invoice does. If the session is reported first, the order has more money than was paid until the
// invoice is reported.

// shares reports whether the payment says that part of what paid the order, which was taken for
// money, came from the customer's balance.
func (p *payment) shares(o *Order) bool {
	return p.balance > 0 && p.paid != nil && o.PaidAmount != nil && o.FromBalance == 0 &&
		p.paid.Currency == o.Currency && o.Paid() == p.paid.Amount+p.balance
}

// sharesSurplus is shares for a payment that is one too many.
func (p *payment) sharesSurplus(row *Payment) bool {
	return row.Status == PaymentSurplus && p.balance > 0 && p.paid != nil &&
		p.paid.Currency == row.Currency && row.Gross == p.paid.Amount+p.balance
}

// learnBalance records that and bases the commission on the money alone. What the order bought does
// not change. It reports whether that was new.
func (p *payment) learnBalance(ctx context.Context, tx bun.Tx, o *Order, result *Result) (bool, error) {
	if !p.shares(o) {
		return false, nil
	}
	s, err := o.reversals()
	if err != nil {
		return false, err
	}
	paid := p.paid.Amount
	o.PaidAmount, o.FromBalance, o.PaidTax = &paid, p.balance, p.taxOf(paid)
	o.follow(s)
	return true, p.restate(ctx, tx, o, s, result)
}

// restate recomputes the commission from what was paid without taxes, minus what was given back.
func (p *payment) restate(ctx context.Context, tx bun.Tx, o *Order, s *reversals, result *Result) error {
	all, _ := s.sums(o.Paid())
	earned, err := affiliates.Restate(ctx, tx, affiliates.RestateParams{
		OrderNo: o.OrderNo, Amount: o.untaxed(o.Paid()), Remaining: o.untaxed(o.Paid() - all), Tiers: p.tiers, At: p.at,
	})
	if err != nil {
		return err
	}
	if c := earned.Commission; c != nil {
		o.CommissionRate, o.CommissionAmount = c.CommissionRate, c.CommissionAmount+c.ReversedAmount
		result.Commission = c
	}
	return nil
}
