package content

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/calendar"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/days"
	"github.com/chameleon-go/chameleon/internal/moment"
	"github.com/chameleon-go/chameleon/internal/totals"
	"github.com/chameleon-go/chameleon/internal/valid"
	"github.com/chameleon-go/chameleon/internal/width"
)

// FeedbackStatsParams say which feedback to count.
type FeedbackStatsParams struct {
	// From and To bound the time of the feedback: From is included, To is not;
	// zero is no bound.
	From, To time.Time
	// Period, when set, divides the range into a series of days, weeks or months; a
	// zero To then means the end of the day of At, and a zero From 90 days before
	// To.
	Period calendar.Unit
	// Location is the time zone of the calendar; nil means UTC.
	Location *time.Location
	// At is the present; zero means now.
	At time.Time
}

// FeedbackStatsResult has statistics of feedback.
type FeedbackStatsResult struct {
	// Count, Rated, Average and Distribution are as in FeedbackSums.
	Count        int64            `json:"count"`
	Rated        int64            `json:"rated"`
	Average      float64          `json:"average"`
	Distribution [MaxRating]int64 `json:"distribution"`
	// Series are all periods in order; empty without a Period.
	Series []FeedbackPeriod `json:"series,omitempty"`
}

// FeedbackPeriod is one day, week or month.
type FeedbackPeriod struct {
	// Date is the day, or the first of the week or month, as 2026-01-31.
	Date string `json:"date"`
	// From is its first moment and To that of the next period, in the Location.
	From time.Time `json:"from,omitzero"`
	To   time.Time `json:"to,omitzero"`
	FeedbackSums
}

// FeedbackSums are sums of feedback.
type FeedbackSums struct {
	// Count is how many there are, with or without a rating.
	Count int64 `json:"count"`
	// Rated is how many have a rating of 1 to 5. Other ratings, which other
	// programs may have stored, do not count.
	Rated int64 `json:"rated"`
	// Average is the average rating, 0 if there are none.
	Average float64 `json:"average"`
	// Distribution is how many have each rating, starting with 1.
	Distribution [MaxRating]int64 `json:"distribution"`
}

// FeedbackStats counts feedback and averages its ratings. The average is computed
// in Go from the engine's counts, so that it is the same on every engine, to the
// last bit.
//
// It reads an index, and only the range: one entry for each feedback or, where
// [KeepTotals] runs, one for each rating and quarter of an hour, hour or day, whichever
// the zone needs. The numbers are the same.
//
// Errors: *InvalidError for a field of p, and
// *dialect.Error when the engine fails.
func FeedbackStats(ctx context.Context, db bun.IDB, p FeedbackStatsParams) (*FeedbackStatsResult, error) {
	span, during, err := p.span()
	if err != nil {
		return nil, err
	}
	ctx, db, done, err := dialect.Reading(ctx, db)
	if err != nil {
		return nil, err
	}
	defer done()
	counts, err := readRatings(ctx, db, span, during)
	if err != nil {
		return nil, err
	}
	var all FeedbackSums
	var series []FeedbackPeriod
	if span != nil {
		for i, date := range span.Dates {
			series = append(series, FeedbackPeriod{Date: date.Format(time.DateOnly), From: span.Edges[i], To: span.Edges[i+1]})
		}
	}
	for _, c := range counts {
		all.add(c.Rating, int64(c.N))
		if span != nil {
			series[c.Period].add(c.Rating, int64(c.N))
		}
	}
	return &FeedbackStatsResult{
		Count: all.Count, Rated: all.Rated, Average: all.Average, Distribution: all.Distribution, Series: series,
	}, nil
}

// ratings is how many feedbacks of a period have a rating, 0 for none.
type ratings struct {
	Period int
	Rating int64
	N      width.Sum
}

// readRatings counts the feedbacks of each period, by totals and by those that are in
// none, in one statement.
func readRatings(ctx context.Context, db bun.IDB, span *days.Span, during period) ([]ratings, error) {
	parts, number, total := totals.Between(during.from, during.to), "0", "0"
	var args, totalArgs []any
	if span != nil {
		parts = totals.Of(span)
		number, args = span.Number(dialect.Of(db), "?TableAlias.created_at")
		total, totalArgs = parts.Number()
	}
	queries := parts.Rows("?TableAlias.created_at", func() *bun.SelectQuery {
		return db.NewSelect().Model((*Feedback)(nil)).ColumnExpr(number+" AS period", args...).
			ColumnExpr("CASE WHEN ?TableAlias.rating BETWEEN ? AND ? THEN ?TableAlias.rating ELSE 0 END AS rating", MinRating, MaxRating).
			ColumnExpr("COUNT(*) AS n").GroupExpr("1, 2")
	})
	queries = append(queries, parts.Kept(db, feedbackTotals).ColumnExpr(total+" AS period", totalArgs...).
		ColumnExpr(ratingOf("name")+" AS rating").ColumnExpr("SUM(n) AS n").GroupExpr("1, 2"))
	var found []ratings
	err := totals.Union(db, queries...).Scan(ctx, &found)
	return found, dialect.Classify(err)
}

// span checks p and returns the periods, nil for none, and the whole time.
func (p FeedbackStatsParams) span() (*days.Span, period, error) {
	if p.Period == calendar.None {
		during, err := checkPeriod(p.From, p.To)
		return nil, during, err
	}
	at, err := valid.Time("At", p.At)
	if err != nil {
		return nil, period{}, err
	}
	span, err := days.Asked{From: p.From, To: p.To, Unit: p.Period, Location: p.Location, At: at}.Span()
	if err != nil {
		return nil, period{}, err
	}
	return span, period{span.Edges[0].UTC(), span.Edges[len(span.Edges)-1].UTC()}, nil
}

// add adds n feedbacks with a rating, 0 for none.
func (s *FeedbackSums) add(rating, n int64) {
	s.Count += n
	if rating == 0 {
		return
	}
	s.Rated += n
	s.Distribution[rating-1] += n
	var sum int64
	for i, n := range s.Distribution {
		sum += int64(i+1) * n
	}
	s.Average = float64(sum) / float64(s.Rated)
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
