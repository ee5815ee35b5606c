// Package days splits time into the calendar days, weeks and months of a time zone,
// for statistics that every engine counts the same way: the edges are computed
// here, and the database only compares times with them.
package days

import (
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/moment"
	"github.com/chameleon-go/chameleon/internal/wallclock"
)

// Where restricts q to rows whose column's time lies within the span.
func (s *Span) Where(q *bun.SelectQuery, column string) *bun.SelectQuery {
	return moment.Within(q, column, s.Edges[0].UTC(), s.Edges[len(s.Edges)-1].UTC())
}

// Number is an expression for the number, from 0, of the period that column's time
// lies in. It holds for times within the span.
func (s *Span) Number(caps dialect.Capabilities, column string) (expr string, args []any) {
	var b strings.Builder
	at := moment.Column(caps, column)
	edge := func(edge time.Time) any { return edge.UTC() }
	if at == column {
		args = s.Search(&b, at, edge)
		return b.String(), args
	}
	// A long expression is named, and not repeated for each edge: SQLite takes a second to
	// read a year of them, however few the rows.
	args = s.Search(&b, "moment", edge)
	return "(SELECT " + b.String() + " FROM (SELECT " + at + " AS moment))", args
}

// Search writes a binary search for the number of the period that at lies in, whatever
// edges are as arguments of comparisons with it.
func (s *Span) Search(b *strings.Builder, at string, arg func(edge time.Time) any) []any {
	return s.search(b, at, arg, 0, len(s.Dates)-1, nil)
}

// search is Search among the periods from low to high.
func (s *Span) search(b *strings.Builder, at string, arg func(time.Time) any, low, high int, args []any) []any {
	if low == high {
		b.WriteString("?")
		return append(args, low)
	}
	middle := (low + high + 1) / 2
	b.WriteString("CASE WHEN " + at + " < ? THEN ")
	args = append(args, arg(s.Edges[middle]))
	args = s.search(b, at, arg, low, middle-1, args)
	b.WriteString(" ELSE ")
	args = s.search(b, at, arg, middle, high, args)
	b.WriteString(" END")
	return args
}

// Start is the first moment of a date in loc: midnight; the first of two where
// clocks go back over it; the end of the gap where they skip it.
func Start(y int, m time.Month, d int, loc *time.Location) time.Time {
	t := time.Date(y, m, d, 0, 0, 0, 0, loc)
	start, end := t.ZoneBounds()
	date := time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	clock := wallclock.Shown(t)
	switch {
	case clock.Before(date): // skipped, and t lies before the gap
		return end
	case clock.After(date):
		return start
	}
	if start.IsZero() {
		return t
	}
	// The same clock time in the zone before: a moment of it if it lies there.
	_, offset := start.Add(-1).Zone()
	earlier := date.Add(-time.Duration(offset) * time.Second)
	if earlier.Before(start) {
		return earlier.In(loc)
	}
	return t
}
