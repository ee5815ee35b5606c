package orders

import (
	"context"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/rows"
	"github.com/chameleon-go/chameleon/internal/totals"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// revenueTotals is the series of the totals of revenue.
const revenueTotals = "revenue"

// counted is how orders are counted.
func counted() totals.Table[Order] {
	return totals.Table[Order]{
		Series: revenueTotals, Time: "paid_at",
		Columns: []string{
			"id", "paid_at", "status", "currency", "paid_amount", "amount", "paid_tax", "refunded_amount", "counted",
		},
		Where: isRevenue,
		Row: func(o *Order) (int64, time.Time, totals.Sum, bool) {
			sum, ok := o.sum()
			return o.ID, o.PaidAt, sum, ok
		},
	}
}

// isRevenue restricts q to orders that count.
func isRevenue(q *bun.SelectQuery) *bun.SelectQuery {
	return totals.Among(q, []Status{StatusPaid, StatusRefunded})
}

// sum is what the order adds to the totals of when it was paid, false if it is in none
// and read itself: what no verb of this package writes is not for totals.
func (o *Order) sum() (totals.Sum, bool) {
	refunded := o.RefundedAmount
	if o.Status == StatusRefunded {
		refunded = o.Paid()
	}
	sum := totals.Sum{Name: strings.ToUpper(o.Currency), N: 1, Gross: o.Paid(), Refunded: refunded, Tax: o.PaidTax}
	plain := strings.Trim(sum.Name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
	counts := o.Status == StatusPaid || o.Status == StatusRefunded
	return sum, counts && plain && min(sum.Gross, sum.Refunded, sum.Tax) >= 0
}

// takeOut takes the order, which the transaction holds and is about to write, out of
// the totals that it is in, unless it adds the same to them as before. It is read again,
// because what it was counted as is what is stored.
func (o *Order) takeOut(ctx context.Context, tx bun.Tx) error {
	if o.Counted == 0 {
		return nil
	}
	own, stored := o.own(), new(Order)
	q := tx.NewSelect().Model(stored).Column(counted().Columns...).Where("id = ?", own.ID)
	for _, c := range own.Key {
		q = q.Where(c.Name+" = ?", c.Value)
	}
	if err := rows.ForUpdate(q, tx).Scan(ctx); err != nil {
		return dialect.Classify(err)
	}
	was, _ := stored.sum()
	is, ok := o.sum()
	switch {
	case stored.Counted == 0:
	case ok && is == was && totals.StartOf(o.PaidAt) == stored.Counted:
		return nil
	default:
		if err := counted().TakeOut(ctx, tx, stored.Counted, was); err != nil {
			return err
		}
	}
	o.Counted = 0
	return nil
}

// KeepTotalsParams are the parameters of [KeepTotals].
type KeepTotalsParams struct {
	// At is the present; zero means now. Orders paid later are left out.
	At time.Time
}

// KeepTotalsResult is the result of [KeepTotals].
type KeepTotalsResult struct {
	// Counted is the number of orders that were added to totals.
	Counted int64 `json:"counted"`
}

// KeepTotals adds the orders that were paid since it last ran to totals of quarters of
// an hour, hours and days. [Revenue] reads these together with the orders that are in none
// yet, so its numbers are the same whether KeepTotals runs or not; it only saves
// reading. The package maintain runs it. It can be interrupted at any time, and several
// processes can run it at once.
//
// Orders that another program inserts or marks as paid need nothing, whenever that
// happens and whatever time they have. Verbs take an order that they change out of its
// totals, in their own transaction. After another program has deleted paid orders, or
// changed their amounts, currency, status or time, run [RebuildTotals].
//
// Errors: *InvalidError for a field of p; *dialect.Error, after which what was counted
// stays, and the result says how much.
func KeepTotals(ctx context.Context, db *bun.DB, p KeepTotalsParams) (*KeepTotalsResult, error) {
	at, err := valid.Time("At", p.At)
	if err != nil {
		return nil, err
	}
	n, err := counted().Keep(ctx, db, at)
	return &KeepTotalsResult{Counted: n}, err
}

// RebuildTotalsParams name the time whose totals are discarded.
type RebuildTotalsParams struct {
	// From and To are the time range, in whole days of UTC; zero means no bound.
	From, To time.Time
}

// RebuildTotalsResult is the result of [RebuildTotals].
type RebuildTotalsResult struct {
	// Uncounted is the number of orders that were in discarded totals.
	Uncounted int64 `json:"uncounted"`
}

// RebuildTotals discards totals, so that [Revenue] adds up the orders themselves until
// [KeepTotals] has counted them again. It is needed after another program has deleted or
// changed paid orders; From and To are when these were paid before the change.
//
// Errors: *InvalidError for a field of p; *dialect.Error, after which earlier days are
// done, and the result says how much.
func RebuildTotals(ctx context.Context, db *bun.DB, p RebuildTotalsParams) (*RebuildTotalsResult, error) {
	from, to, err := totals.Bounds(p.From, p.To)
	if err != nil {
		return nil, err
	}
	n, err := counted().Rebuild(ctx, db, from, to)
	return &RebuildTotalsResult{Uncounted: n}, err
}
