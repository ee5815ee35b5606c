package orders

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/affiliates"
	"github.com/chameleon-go/chameleon/internal/width"
)

// fits checks the order's amounts against the columns of an adopted database before anything is
// written: its own, those that may result from refunds, and those of the commission.
func (o *Order) fits(ctx context.Context, tx bun.Tx, tiers affiliates.Tiers) error {
	most := *o
	most.RefundedAmount, most.RefundedBalance, most.RefundedCredits = o.Paid(), o.FromBalance, o.Credits
	earned := tiers.Commission(o.Paid(), o.Currency)
	return width.Check(ctx, tx, &most, &affiliates.Commission{
		OrderAmount: o.Paid(), CommissionAmount: earned, ReversedAmount: earned, PaidAmount: earned,
	})
}
