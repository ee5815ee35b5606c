package credits

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/calendar"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/days"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// TotalsParams name a time range and how to divide it.
type TotalsParams struct {
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

// TotalsResult has the credits that moved on all accounts.
type TotalsResult struct {
	// StatsSums are the sums over the whole range.
	StatsSums
	// Series are all periods in order, including empty ones.
	Series []PeriodTotals `json:"series,omitempty"`
}

// PeriodTotals is one day, week or month.
type PeriodTotals struct {
	// Date is the day, or the first of the week or month, as 2026-01-31.
	Date string `json:"date"`
	// From is its first moment and To that of the next period, in the Location.
	From time.Time `json:"from,omitzero"`
	To   time.Time `json:"to,omitzero"`
	StatsSums
}

// Totals sums the entries of all accounts for each day, week or month of a range:
// credits granted, consumed, refunded and taken back. The sums are those of [Stats],
// which also tells them by type, and how many accounts were active.
//
// Where [KeepTotals] runs, it reads totals of quarters of an hour, hours or days,
// whichever the zone needs, and the latest entries; otherwise it reads all of them, as
// Stats does. The numbers are the same, also while accounts are archived, rebuilt or
// redacted. The exceptions are what [RebuildTotals] is for, and an entry whose
// number of the table was given out by other rules than the server's own, such as rows
// that are imported with their ids: once its neighbors are in totals, it is not in the
// sums until KeepTotals has found it.
//
// Errors: *InvalidError for a field of p; dialect.ErrSumTooLarge when sums pass 64 bits;
// *dialect.Error when the engine fails.
func Totals(ctx context.Context, db bun.IDB, p TotalsParams) (*TotalsResult, error) {
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
	found, err := newTotalsQuery(db, span).read(ctx)
	if err != nil {
		return nil, dialect.Classify(err)
	}
	result := &TotalsResult{Series: make([]PeriodTotals, len(span.Dates))}
	for i, date := range span.Dates {
		result.Series[i] = PeriodTotals{Date: date.Format(time.DateOnly), From: span.Edges[i], To: span.Edges[i+1]}
	}
	for _, row := range found {
		result.add(row)
		result.Series[row.Bucket].add(row)
	}
	return result, nil
}
