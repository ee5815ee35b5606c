package content

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/rows"
	"github.com/chameleon-go/chameleon/internal/totals"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// feedbackTotals is the series of the totals of feedback.
const feedbackTotals = "feedback"

// counted is how feedback is counted.
func counted() totals.Table[Feedback] {
	return totals.Table[Feedback]{
		Series: feedbackTotals, Time: "created_at", Columns: []string{"id", "created_at", "rating"},
		Where: func(q *bun.SelectQuery) *bun.SelectQuery { return q },
		Row: func(f *Feedback) (int64, time.Time, totals.Sum, bool) {
			return f.ID, f.CreatedAt, f.total(), true
		},
	}
}

// total is what the feedback adds to the totals of when it was given. Their name is the
// rating, 0 for none.
func (f *Feedback) total() totals.Sum {
	rating := f.Rating
	if rating < MinRating || rating > MaxRating {
		rating = 0
	}
	return totals.Sum{Name: strconv.FormatInt(rating, 10), N: 1}
}

// ratingOf is the SQL of the number that a total's name is.
func ratingOf(name string) string {
	var text strings.Builder
	text.WriteString("CASE " + name)
	for rating := int64(MinRating); rating <= MaxRating; rating++ {
		fmt.Fprintf(&text, " WHEN '%d' THEN %d", rating, rating)
	}
	text.WriteString(" ELSE 0 END")
	return text.String()
}

// remove deletes a feedback, and takes it out of the totals that it is in. It returns
// how many these were.
func remove(ctx context.Context, tx bun.Tx, id int64) (int64, error) {
	found := new(Feedback)
	err := rows.Lock(ctx, tx, found, func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where("?TableAlias.id = ?", id)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	if err != nil {
		return 0, dialect.Classify(err)
	}
	if found.Counted != 0 {
		if err := counted().TakeOut(ctx, tx, found.Counted, found.total()); err != nil {
			return 0, err
		}
	}
	return rows.DeleteEach(ctx, tx, (*Feedback)(nil), "id = ?", id)
}

// KeepTotalsParams are the parameters of [KeepTotals].
type KeepTotalsParams struct {
	// At is the present; zero means now. Later feedback is left out.
	At time.Time
}

// KeepTotalsResult is the result of [KeepTotals].
type KeepTotalsResult struct {
	// Counted is the number of feedbacks that were added to totals.
	Counted int64 `json:"counted"`
}

// KeepTotals adds the feedback that came in since it last ran to totals of quarters of an
// hour, hours and days. [FeedbackStats] reads these together with the feedback that is in
// none yet, so its numbers are the same whether KeepTotals runs or not; it only saves
// reading. The package maintain runs it. It can be interrupted at any time, and several
// processes can run it at once.
//
// Rows that another program inserts need nothing, whenever they arrive and whatever time
// they have. After another program has deleted feedback, or changed its rating or time,
// run [RebuildTotals].
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
	// Uncounted is the number of feedbacks that were in discarded totals.
	Uncounted int64 `json:"uncounted"`
}

// RebuildTotals discards totals, so that [FeedbackStats] counts the feedback itself until
// [KeepTotals] has counted it again. It is needed after another program has deleted or
// changed feedback; From and To are when that was given.
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
