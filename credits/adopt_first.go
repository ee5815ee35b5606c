package credits

import (
	"context"
	"slices"
)

// The original writes a row and its balance in two statements, and the first verb on an
// account may come between them. The balance then lacks the row, and correcting the
// difference would mint credits, because the original's own number comes later. So rows of
// the last minutes are assumed to be included in the balance only as far as the sums say so.

// bookShown posts the rows that left_credits includes.
func (t *takeover) bookShown(ctx context.Context) error {
	from := slices.IndexFunc(t.rows, func(row foreignRow) bool { return !t.aged(&row) })
	if from < 0 || t.rowsCount {
		return t.bookAll(ctx, t.rows, false)
	}
	if err := t.bookAll(ctx, t.rows[:from], false); err != nil {
		return err
	}
	if err := t.advance(ctx, t.limit-lateRows.Microseconds()); err != nil {
		return err
	}
	recent := t.rows[from:]
	if rows, ok := t.included(recent); ok {
		t.said += sumOf(rows) - sumOf(recent)
		return t.bookAll(ctx, rows, false)
	}
	// The balance also differs from the rows for other reasons, so the sums do not tell
	// which of these it includes: all are assumed, until a number says otherwise.
	for i := range recent {
		if err := t.bookAs(ctx, &recent[i], &adoptedData{Assumed: true, Shown: t.shown}); err != nil {
			return err
		}
	}
	return nil
}

// included returns those of the recent rows that, with all before them, add up to what was
// shown. The original's number may or may not include what has expired.
func (t *takeover) included(recent []foreignRow) ([]foreignRow, bool) {
	all := sumOf(recent)
	rest := []int64{t.shown - t.sum + all, t.shown - (t.available() - t.DebtCredits)}
	if slices.Contains(rest, all) {
		return recent, true
	}
	for _, rest := range rest {
		if rows := explaining(recent, rest); rows != nil || rest == 0 {
			return rows, true
		}
	}
	return nil, false
}

// numberCame recognizes that left_credits has now moved by a row that the first takeover
// assumed to be included: the number is what was shown then plus the row, and perhaps some
// of the rows that have come since.
func (t *takeover) numberCame(ctx context.Context, recent recentOps) (bool, error) {
	for _, row := range recent {
		if row.adopted == nil || !row.adopted.Assumed {
			continue
		}
		rest := t.shown - row.adopted.Shown - row.Credits
		if rest == 0 || explaining(t.rows, rest) != nil {
			return true, t.correct(ctx, row.Credits, AdoptionUnexplained, &row)
		}
	}
	return false, nil
}

func sumOf(rows []foreignRow) (sum int64) {
	for i := range rows {
		sum += rows[i].Credits
	}
	return sum
}
