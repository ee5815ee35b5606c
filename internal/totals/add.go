package totals

import (
	"context"

	"github.com/uptrace/bun"
)

// Guard holds the row that whoever writes the totals of a series holds, until the
// transaction ends.
func Guard(ctx context.Context, tx bun.Tx, series string) error { return guard(ctx, tx, series) }

// Add adds the sums of quarters of an hour to the totals of a series whose guard the
// transaction holds. It returns false, and has written nothing, if 64 bits do not hold
// what they add up to.
func Add(ctx context.Context, tx bun.Tx, series string, quarters map[int64][]Sum) (bool, error) {
	s := sums{}
	for start, all := range quarters {
		for _, sum := range all {
			if !s.add(start, sum) {
				return false, nil
			}
		}
	}
	return true, s.store(ctx, tx, series)
}

// Cut are the quarters of an hour of which no total is read, in seconds since 1970.
func (p Parts) Cut() []int64 { return p.cut }
