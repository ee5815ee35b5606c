package orders

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/calendar"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/days"
	"github.com/chameleon-go/chameleon/internal/totals"
	"github.com/chameleon-go/chameleon/internal/valid"
	"github.com/chameleon-go/chameleon/internal/width"
)

// Limits of Revenue, in days.
const (
	// DefaultDays is the number of days when RevenueParams.Days is 0.
	DefaultDays = calendar.DefaultDays
	// MaxDays is the maximum.
	MaxDays = calendar.MaxDays
)

// RevenueParams name a time range and how to divide it.
type RevenueParams struct {
	// From and To are the time range: From is included, To is not. A zero To means
	// the end of the day of At.
	From, To time.Time
	// Period divides the range; calendar.None means days.
	Period calendar.Unit
	// Days is the number of days if From is zero: 1 to 366; 0 means 90. The
	// series begins with the period that contains the first of them.
	Days int
	// Location is the time zone of the days; nil means UTC.
	Location *time.Location
	// Currency, when set, is the only one to add up.
	Currency string
	// At is a moment on the last day; zero means now. Payments later on that
	// day count.
	At time.Time
}

// RevenueResult is what was paid, by period and currency.
type RevenueResult struct {
	// Days are all periods in order, including those without orders.
	Days []DayRevenue `json:"days,omitempty"`
	// Totals are the sums over all of them, by currency.
	Totals []CurrencyRevenue `json:"totals,omitempty"`
}

// DayRevenue is one day, week or month.
type DayRevenue struct {
	// Date is the day, or the first of the week or month, as 2026-01-31.
	Date string `json:"date"`
	// From is its first moment and To that of the next period, in the Location.
	From time.Time `json:"from,omitzero"`
	To   time.Time `json:"to,omitzero"`
	// Currencies are those of the whole result, in alphabetical order, with
	// zeros where nothing was paid. Orders of other programs that lack a
	// currency stand under "".
	Currencies []CurrencyRevenue `json:"currencies,omitempty"`
}

// CurrencyRevenue is what was paid in one currency, in its smallest unit.
type CurrencyRevenue struct {
	Currency string `json:"currency"`
	// Orders is how many were paid, including those refunded since.
	Orders int64 `json:"orders"`
	// Gross is what was paid for them, Refunded the part that has been given
	// back or is in dispute, and Net the rest.
	Gross    int64 `json:"gross"`
	Refunded int64 `json:"refunded"`
	Net      int64 `json:"net"`
	// Tax is the tax included in Gross, as far as the provider reports it.
	Tax int64 `json:"tax"`
	// Surplus is what was paid for orders that had been paid already. It has to
	// be given back, and is in none of the other sums.
	Surplus int64 `json:"surplus"`
}

// Revenue adds up what was paid in each day, week or month of a range, by currency.
// An order counts on the day it was paid, and so do its refunds, whenever they came.
//
// It reads an index, and only the range: one entry for each order or, where
// [KeepTotals] runs, one for each currency and quarter of an hour, hour or day,
// whichever the zone needs. The numbers are the same. The exception is a caller's
// transaction at REPEATABLE READ on MySQL and MariaDB that has changed an old order:
// until it commits, it may see the order as changed next to older totals.
//
// Days are those of the caller's Location, with daylight saving time. Midnights
// are computed in Go, so that every engine agrees on them. Paid orders of other
// programs without a paid_at belong to no day.
//
// Errors: *InvalidError for a field of p, dialect.ErrSumTooLarge, and
// *dialect.Error when the engine fails.
func Revenue(ctx context.Context, db bun.IDB, p RevenueParams) (*RevenueResult, error) {
	span, err := p.span()
	if err != nil {
		return nil, err
	}
	if p.Currency != "" {
		if p.Currency, err = valid.Currency("Currency", p.Currency); err != nil {
			return nil, err
		}
	}
	ctx, db, done, err := dialect.Reading(ctx, db)
	if err != nil {
		return nil, err
	}
	defer done()
	found, err := readRevenue(ctx, db, span, p.Currency)
	if err != nil {
		return nil, err
	}
	return addUp(span, found, p.Currency), nil
}

// span finds the days.
func (p RevenueParams) span() (*days.Span, error) {
	at, err := valid.Time("At", p.At)
	if err != nil {
		return nil, err
	}
	return days.Asked{From: p.From, To: p.To, Unit: p.Period, Location: p.Location, Days: p.Days, At: at}.Span()
}

// revenueRow is a sum that the database made.
type revenueRow struct {
	Day                                   int
	Currency                              string
	Orders, Gross, Refunded, Tax, Surplus width.Sum
}

func readRevenue(ctx context.Context, db bun.IDB, span *days.Span, currency string) ([]revenueRow, error) {
	parts := totals.Of(span)
	number, args := span.Number(dialect.Of(db), "paid_at")
	queries := parts.Rows("paid_at", func() *bun.SelectQuery {
		q := isRevenue(db.NewSelect().Model((*Order)(nil))).
			ColumnExpr(number+" AS day", args...).
			ColumnExpr(totals.Text(db, "COALESCE(currency, '')")+" AS currency").
			ColumnExpr("COUNT(*) AS orders").
			ColumnExpr("SUM(COALESCE(paid_amount, amount)) AS gross").
			ColumnExpr("SUM(CASE WHEN status = ? THEN COALESCE(paid_amount, amount) ELSE refunded_amount END) AS refunded",
				StatusRefunded).
			ColumnExpr("SUM(paid_tax) AS tax").
			GroupExpr("1, 2")
		if currency != "" {
			q = q.Where("UPPER(currency) = ?", currency)
		}
		return q
	})
	number, args = parts.Number()
	kept := parts.Kept(db, revenueTotals).
		ColumnExpr(number+" AS day", args...).ColumnExpr(totals.Text(db, "name") + " AS currency").
		ColumnExpr("SUM(n) AS orders").ColumnExpr("SUM(gross) AS gross").
		ColumnExpr("SUM(refunded) AS refunded").ColumnExpr("SUM(tax) AS tax").
		GroupExpr("1, 2")
	if currency != "" {
		kept = kept.Where("name = ?", currency)
	}
	var found []revenueRow
	if err := totals.Union(db, append(queries, kept)...).Scan(ctx, &found); err != nil {
		return nil, dialect.Classify(err)
	}
	surplus, err := readSurplus(ctx, db, span, currency)
	if err != nil {
		return nil, err
	}
	found = append(found, surplus...)
	sums := make([]width.Sum, 0, 4*len(found))
	for _, row := range found {
		sums = append(sums, row.Gross, row.Refunded, row.Tax, row.Surplus)
	}
	return found, width.Addable(sums...)
}

// readSurplus adds up what surplus payments hold.
func readSurplus(ctx context.Context, db bun.IDB, span *days.Span, currency string) ([]revenueRow, error) {
	number, args := span.Number(dialect.Of(db), "paid_at")
	q := db.NewSelect().Model((*Payment)(nil)).
		ColumnExpr(number+" AS day", args...).
		ColumnExpr("COALESCE(currency, '') AS currency").
		ColumnExpr("SUM(CASE WHEN refunded + disputed < gross THEN gross - refunded - disputed ELSE 0 END) AS surplus").
		Where("status = ?", PaymentSurplus).
		GroupExpr("1, 2")
	if currency != "" {
		q = q.Where("UPPER(currency) = ?", currency)
	}
	q = span.Where(q, "paid_at")
	var found []revenueRow
	err := q.Scan(ctx, &found)
	return found, dialect.Classify(err)
}

// addUp fills the days and the totals.
func addUp(span *days.Span, found []revenueRow, currency string) *RevenueResult {
	totals := []CurrencyRevenue{}
	if currency != "" {
		totals = append(totals, CurrencyRevenue{Currency: currency})
	}
	for i := range found {
		found[i].Currency = strings.ToUpper(found[i].Currency)
		if place(totals, found[i].Currency) < 0 {
			totals = append(totals, CurrencyRevenue{Currency: found[i].Currency})
		}
	}
	slices.SortFunc(totals, func(a, b CurrencyRevenue) int { return strings.Compare(a.Currency, b.Currency) })
	result := &RevenueResult{Totals: totals}
	for i, date := range span.Dates {
		result.Days = append(result.Days, DayRevenue{
			Date: date.Format(time.DateOnly), From: span.Edges[i], To: span.Edges[i+1], Currencies: slices.Clone(totals),
		})
	}
	for _, row := range found {
		i := place(totals, row.Currency)
		result.Days[row.Day].Currencies[i].add(row)
	}
	for _, row := range found {
		totals[place(totals, row.Currency)].add(row)
	}
	return result
}

func place(all []CurrencyRevenue, currency string) int {
	return slices.IndexFunc(all, func(c CurrencyRevenue) bool { return c.Currency == currency })
}

func (c *CurrencyRevenue) add(row revenueRow) {
	c.Orders += int64(row.Orders)
	c.Gross += int64(row.Gross)
	c.Refunded += int64(row.Refunded)
	c.Tax += int64(row.Tax)
	c.Surplus += int64(row.Surplus)
	c.Net = c.Gross - c.Refunded
}
