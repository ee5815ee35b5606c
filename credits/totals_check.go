package credits

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/archived"
	"github.com/chameleon-go/chameleon/internal/totals"
)

// checkedSegments is how many segments a call of KeepTotals compares with their entries.
const checkedSegments = 20

// check compares the next few segments with their entries, and discards all totals if one
// has other entries than it counted: which of them are in totals is not known then.
func (k *totalsKeeper) check(ctx context.Context) error {
	return k.guarded(ctx, func(ctx context.Context, tx bun.Tx) error {
		k.result.Uncounted = 0
		after := everything().from
		last, err := readState(ctx, tx, checkRow)
		if err != nil {
			return err
		}
		if last != nil {
			after = last.Start
		}
		var next []totals.Total
		err = isSegment(tx.NewSelect().Model(&next)).Where("start > ?", after).OrderExpr("start").Limit(checkedSegments).Scan(ctx)
		if err != nil || len(next) == 0 && last == nil {
			return err
		}
		for _, s := range next {
			same, err := agrees(ctx, tx, s)
			if err != nil {
				return err
			}
			if !same {
				k.result.Uncounted, err = discard(ctx, tx)
				return err
			}
		}
		after = everything().from // the next round
		if len(next) == checkedSegments {
			after = next[len(next)-1].Start
		}
		return writeState(ctx, tx, after, totals.Sum{Name: checkRow})
	})
}

// agrees reports whether a segment has as many entries as were counted.
func agrees(ctx context.Context, tx bun.Tx, segment totals.Total) (bool, error) {
	var n int64
	of := archived.Entries.Both("SELECT COUNT(*) AS n FROM credits_trans WHERE id >= ? AND id < ?", segment.Start, segment.Start+segment.Width)
	err := tx.NewRaw("SELECT SUM(n) FROM (?) AS counts", of).Scan(ctx, &n)
	return n == segment.N, err
}

// discard removes all totals, and returns of how many entries they were.
func discard(ctx context.Context, tx bun.Tx) (uncounted int64, err error) {
	segments, err := readSegments(ctx, tx)
	if err != nil {
		return 0, err
	}
	for _, s := range segments {
		uncounted += s.N
	}
	for _, series := range []string{totalsSeries, segmentsSeries} {
		_, err := tx.NewDelete().Model((*totals.Total)(nil)).Where("series = ?", series).Where("guard IS NULL").Exec(ctx)
		if err != nil {
			return 0, err
		}
	}
	return uncounted, nil
}

// RebuildTotalsParams are the parameters of [RebuildTotals]. There are none: totals are
// of entries in the order of the table, and not of times.
type RebuildTotalsParams struct{}

// RebuildTotalsResult is the result of [RebuildTotals].
type RebuildTotalsResult struct {
	// Uncounted is the number of entries that were in discarded totals.
	Uncounted int64 `json:"uncounted"`
}

// RebuildTotals discards all totals, so that [Totals] reads entries until [KeepTotals] has
// counted them again. It is needed after another program has changed the credits, time or
// type of entries, which is also what audit.Verify reports as a breach. Over shards, where
// there are none, it does nothing.
//
// Errors: *dialect.Error when the engine fails: nothing is written.
func RebuildTotals(ctx context.Context, db *bun.DB, _ RebuildTotalsParams) (*RebuildTotalsResult, error) {
	if dialect.Of(db).Sharded {
		return &RebuildTotalsResult{}, nil
	}
	result := &RebuildTotalsResult{}
	k := totalsKeeper{db: db}
	err := k.guarded(ctx, func(ctx context.Context, tx bun.Tx) (err error) {
		result.Uncounted, err = discard(ctx, tx)
		return err
	})
	return result, err
}
