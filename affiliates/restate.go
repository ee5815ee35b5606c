package affiliates

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// RestateParams describe an order's corrected amount.
type RestateParams struct {
	// OrderNo is the order.
	OrderNo string
	// Amount is what was paid, without taxes, and Remaining what of it was not
	// given back, in the currency's smallest unit.
	Amount, Remaining int64
	// Tiers is the scale; nil means DefaultTiers.
	Tiers Tiers
	// At is when this became known; zero means now.
	At time.Time
}

// Restate recomputes the commission of an order for another amount, as when the
// payment turns out to include taxes. Package orders calls it in the transaction
// that learns of them. A commission that was paid out, or rejected by somebody,
// stays as it is. An order without a commission is no error: the Result has
// none.
//
// Errors, after which nothing is written: *InvalidError for a field of p, and
// *dialect.Error when the engine fails.
func Restate(ctx context.Context, db bun.IDB, p RestateParams) (*Result, error) {
	at, atErr := valid.Time("At", p.At)
	err := valid.First(
		valid.Identifier("OrderNo", p.OrderNo, maxName), valid.AmountOrZero("Amount", p.Amount),
		valid.AmountOrZero("Remaining", p.Remaining), p.Tiers.Check(), atErr,
	)
	if err != nil {
		return nil, err
	}
	var result *Result
	err = dialect.InTx(ctx, db, func(ctx context.Context, tx bun.Tx) error {
		result = &Result{Replayed: true}
		found, err := ofOrder(ctx, tx, p.OrderNo)
		if err != nil || len(found) != 1 {
			return err
		}
		c, err := lock(ctx, tx, &found[0])
		if err != nil {
			return err
		}
		result.Commission, result.Replayed = c, !p.restate(c, at)
		if result.Replayed {
			return nil
		}
		return update(ctx, tx, c)
	})
	if err != nil {
		return nil, err
	}
	return result, nil
}

// restate changes a commission and reports whether it did.
func (p RestateParams) restate(c *Commission, at time.Time) bool {
	status := c.Status.means()
	settled := status == StatusPaid || status == StatusRejected && c.RefundRejectedAt.IsZero()
	if settled || c.OrderAmount == p.Amount {
		return false
	}
	earned := p.Tiers.Commission(p.Amount, c.Currency)
	c.OrderAmount, c.CommissionRate = p.Amount, p.Tiers.Percent(p.Amount, c.Currency)
	c.CommissionAmount = part(earned, p.Remaining, p.Amount)
	c.ReversedAmount, c.UpdatedAt = earned-c.CommissionAmount, at
	return true
}
