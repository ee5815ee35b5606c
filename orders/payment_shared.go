package orders

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/affiliates"
)

// A Checkout Session of Stripe's says what it is of, and not what of that the customer's
// balance paid: its invoice does. Where the session is told first the order has more money
// than came, until then.

// shares reports whether the payment tells that a part of what paid the order was the
// customer's balance, which was taken for money.
func (p *payment) shares(o *Order) bool {
	return p.balance > 0 && p.paid != nil && o.PaidAmount != nil && o.FromBalance == 0 &&
		p.paid.Currency == o.Currency && o.Paid() == p.paid.Amount+p.balance
}

// learnBalance notes that, and makes the commission that of the money. What the order
// bought stays as it is. It reports whether it was news.
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

// restate makes the commission that of what was paid without taxes, less what was given
// back of it.
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
