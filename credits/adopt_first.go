package credits

import (
	"context"
	"slices"
)

// The original writes a row and the number in two statements, and what meets an
// account for the first time may come between them. Then the number is without the
// row, and to make up for the difference would mint it: the original's own number
// comes later. So rows of the last minutes are taken for part of what was shown only
// as far as the sums say so.

// bookShown books the rows that left_credits includes.
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
	// What was shown differs from the rows for other reasons, too, so that the sums
	// do not tell which of these it includes: all, until a number says otherwise.
	for i := range recent {
		if err := t.bookAs(ctx, &recent[i], &adoptedData{Assumed: true, Shown: t.shown}); err != nil {
			return err
		}
	}
	return nil
}

// included are those of the recent rows which, with all before them, add up to what
// was shown. The original's number may or may not include what has expired.
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

// numberCame is how left_credits is known to have moved by a row that the first
// takeover had assumed to be included in what was shown: the number is what was shown
// then and the row, and perhaps some of the rows that have come since.
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
