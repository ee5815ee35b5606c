package generations

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/calendar"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/days"
	"github.com/chameleon-go/chameleon/internal/totals"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// StatsParams say which generations to count, by their time of creation.
type StatsParams struct {
	// From and To are the time range: From is included, To is not. A zero To means
	// the end of the day of At. A zero From means the start of the period 90 days
	// before To.
	From, To time.Time
	// Period divides the range; calendar.None means days.
	Period calendar.Unit
	// Location is the time zone of the calendar; nil means UTC.
	Location *time.Location
	// At is the present; zero means now.
	At time.Time
}

// StatsResult has numbers of generations by provider and status.
type StatsResult struct {
	// Series are all periods in order, including empty ones.
	Series []PeriodStats `json:"series,omitempty"`
	// Counts are the sums over all of them.
	Counts []ProviderCount `json:"counts,omitempty"`
}

// PeriodStats is one day, week or month.
type PeriodStats struct {
	// Date is the day, or the first of the week or month, as 2026-01-31.
	Date string `json:"date"`
	// From is its first moment and To that of the next period, in the Location.
	From time.Time `json:"from,omitzero"`
	To   time.Time `json:"to,omitzero"`
	// Counts are the counts by provider and status, in that order.
	Counts []ProviderCount `json:"counts,omitempty"`
}

// ProviderCount is how many generations of a provider have a status.
type ProviderCount struct {
	Provider string `json:"provider"`
	// Status is one of the four, or whatever else another program wrote. Equivalents
	// of the four count as one of them.
	Status      Status `json:"status"`
	Generations int64  `json:"generations"`
}

// Stats counts generations by provider and status for each day, week or month of a
// range. Statuses are the current ones.
//
// It reads an index of the table and of its archive, and only the range: one entry for
// each generation or, where [KeepTotals] runs, one for each provider, status and quarter
// of an hour, hour or day, whichever the zone needs. The numbers are the same.
//
// Errors: *InvalidError for a field of p; *dialect.Error when the engine fails.
func Stats(ctx context.Context, db bun.IDB, p StatsParams) (*StatsResult, error) {
	at, err := valid.Time("At", p.At)
	if err != nil {
		return nil, err
	}
	span, err := days.Asked{From: p.From, To: p.To, Unit: p.Period, Location: p.Location, At: at}.Span()
	if err != nil {
		return nil, err
	}
	ctx, db, done, err := dialect.Reading(ctx, db)
	if err != nil {
		return nil, err
	}
	defer done()
	parts := totals.Of(span)
	var row, total numbered
	row.expr, row.args = span.Number(dialect.Of(db), "created_at")
	total.expr, total.args = parts.Number()
	found, err := tallies(ctx, db, parts, row, total)
	if err != nil {
		return nil, err
	}
	result := &StatsResult{Series: make([]PeriodStats, len(span.Dates))}
	for i, date := range span.Dates {
		result.Series[i] = PeriodStats{Date: date.Format(time.DateOnly), From: span.Edges[i], To: span.Edges[i+1]}
	}
	for _, f := range found {
		if f.N == 0 { // one that a total took back
			continue
		}
		c := ProviderCount{Provider: f.Provider, Status: f.Status, Generations: int64(f.N)}
		result.Counts = addCount(result.Counts, c)
		result.Series[f.Period].Counts = addCount(result.Series[f.Period].Counts, c)
	}
	return result, nil
}

// addCount adds a count to those of its provider and status, in their order.
func addCount(counts []ProviderCount, c ProviderCount) []ProviderCount {
	i, found := slices.BinarySearchFunc(counts, c, func(a, b ProviderCount) int {
		return cmp.Or(cmp.Compare(a.Provider, b.Provider), cmp.Compare(a.Status, b.Status))
	})
	if found {
		counts[i].Generations += c.Generations
		return counts
	}
	return slices.Insert(counts, i, c)
}
