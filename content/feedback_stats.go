package content

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/moment"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// FeedbackStatsParams says which feedback is counted.
type FeedbackStatsParams struct {
	// From and To, when set, count what was said from From on and before To.
	From, To time.Time
}

// FeedbackStatsResult says what the feedback amounts to.
type FeedbackStatsResult struct {
	// Count is how many there are, with or without a rating.
	Count int64 `json:"count"`
	// Rated is how many have a rating of 1 to 5. Nothing else counts as one,
	// whatever other programs stored.
	Rated int64 `json:"rated"`
	// Average is that of the ratings, 0 when there are none.
	Average float64 `json:"average"`
	// Distribution is how many have each rating: that of 1 first.
	Distribution [MaxRating]int64 `json:"distribution"`
}

// FeedbackStats counts feedback and averages its ratings. The engine counts
// whole numbers and the average is computed here, so that it is the same to the
// last bit on each. Without a period it reads the whole table.
//
// Errors: *InvalidError for a period that ends before it starts, and
// *dialect.Error when the engine fails.
func FeedbackStats(ctx context.Context, db bun.IDB, p FeedbackStatsParams) (*FeedbackStatsResult, error) {
	during, err := checkPeriod(p.From, p.To)
	if err != nil {
		return nil, err
	}
	ctx, db, done, err := dialect.Reading(ctx, db)
	if err != nil {
		return nil, err
	}
	defer done()
	var counts []struct {
		Rating int64
		N      int64
	}
	rated := db.NewSelect().Model((*Feedback)(nil)).
		ColumnExpr("CASE WHEN ?TableAlias.rating BETWEEN ? AND ? THEN ?TableAlias.rating ELSE 0 END AS rating", MinRating, MaxRating)
	err = db.NewSelect().TableExpr("(?) AS rated", during.where(rated)).
		ColumnExpr("rating, COUNT(*) AS n").
		GroupExpr("rating").
		Scan(ctx, &counts)
	if err != nil {
		return nil, dialect.Classify(err)
	}
	result := new(FeedbackStatsResult)
	var sum int64
	for _, c := range counts {
		result.Count += c.N
		if c.Rating == 0 {
			continue
		}
		result.Rated += c.N
		result.Distribution[c.Rating-1] = c.N
		sum += c.Rating * c.N
	}
	if result.Rated > 0 {
		result.Average = float64(sum) / float64(result.Rated)
	}
	return result, nil
}

// period is a time from one moment on and before another, zero for open ends.
type period struct{ from, to time.Time }

func checkPeriod(from, to time.Time) (p period, err error) {
	var fromErr, toErr error
	p.from, fromErr = valid.Bound("From", from)
	p.to, toErr = valid.Bound("To", to)
	if err := valid.First(fromErr, toErr); err != nil {
		return p, err
	}
	if !to.IsZero() && p.to.Before(p.from) {
		return p, valid.Failf("To", "before From")
	}
	return p, nil
}

// where applies the period to a query of feedbacks.
func (p period) where(q *bun.SelectQuery) *bun.SelectQuery {
	return moment.Within(q, "?TableAlias.created_at", p.from, p.to)
}
