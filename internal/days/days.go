// Package days splits time into the calendar days of a time zone, for
// statistics that every engine counts the same way: the edges are computed
// here, and the database only compares times with them.
package days

import (
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/moment"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// Limits of Last.
const (
	// Default is the number of days when none is asked for.
	Default = 90
	// Max is the largest number of days.
	Max = 366
)

// Span is a run of calendar days.
type Span struct {
	// Dates are the days, the oldest first, each at midnight UTC.
	Dates []time.Time
	// Edges are where the days begin, and the end of the last: one more than
	// there are days, in the zone. A day that the zone skipped begins where the
	// next one does.
	Edges []time.Time
}

// Last returns the n days up to the one that at lies in, in loc. 0 means 90
// days, and a nil loc UTC. The field's name is for the error, a *dialect.InvalidError.
func Last(field string, n int, at time.Time, loc *time.Location) (*Span, error) {
	if n == 0 {
		n = Default
	}
	if n < 0 || n > Max {
		return nil, valid.Failf(field, "%d is outside 1 to %d", n, Max)
	}
	if loc == nil {
		loc = time.UTC
	}
	y, m, d := at.In(loc).Date()
	s := &Span{}
	for i := 1 - n; i <= 1; i++ {
		s.Edges = append(s.Edges, Start(y, m, d+i, loc))
		if i < 1 {
			s.Dates = append(s.Dates, time.Date(y, m, d+i, 0, 0, 0, 0, time.UTC))
		}
	}
	return s, nil
}

// Where restricts q to rows whose column's time lies within the span.
func (s *Span) Where(q *bun.SelectQuery, column string) *bun.SelectQuery {
	return moment.Within(q, column, s.Edges[0].UTC(), s.Edges[len(s.Edges)-1].UTC())
}

// Number is an expression for the number, from 0, of the day that column's time
// lies in. It holds for times within the span.
func (s *Span) Number(caps dialect.Capabilities, column string) (expr string, args []any) {
	var b strings.Builder
	args = s.search(&b, moment.Column(caps, column), 0, len(s.Dates)-1, nil)
	return b.String(), args
}

// search writes a binary search for the day among those from low to high.
func (s *Span) search(b *strings.Builder, at string, low, high int, args []any) []any {
	if low == high {
		b.WriteString("?")
		return append(args, low)
	}
	middle := (low + high + 1) / 2
	b.WriteString("CASE WHEN " + at + " < ? THEN ")
	args = append(args, s.Edges[middle].UTC())
	args = s.search(b, at, low, middle-1, args)
	b.WriteString(" ELSE ")
	args = s.search(b, at, middle, high, args)
	b.WriteString(" END")
	return args
}

// Start is the first moment of a date in loc: midnight; the first of two where
// clocks go back over it; the end of the gap where they skip it.
func Start(y int, m time.Month, d int, loc *time.Location) time.Time {
	t := time.Date(y, m, d, 0, 0, 0, 0, loc)
	start, end := t.ZoneBounds()
	date := time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	clock := onClock(t)
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

// onClock is what a clock shows at t, as a time in UTC.
func onClock(t time.Time) time.Time {
	_, offset := t.Zone()
	return t.UTC().Add(time.Duration(offset) * time.Second)
}
