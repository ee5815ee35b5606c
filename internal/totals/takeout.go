package totals

import (
	"context"

	"github.com/uptrace/bun"
)

// TakeOut takes out of the totals of a quarter of an hour what a row was that the
// transaction holds. Its column counted is to be set to NULL by the same transaction.
func (t Table[T]) TakeOut(ctx context.Context, tx bun.Tx, quarter int64, sum Sum) error {
	s := sums{}
	s.add(quarter, sum.negative())
	return s.insert(ctx, tx, t.Series)
}
