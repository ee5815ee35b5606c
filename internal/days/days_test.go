package days_test

import (
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/calendar"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/days"
)

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	require.NoError(t, err)
	return loc
}

// A day begins at its first moment, wherever clocks go.
func TestStart(t *testing.T) {
	for _, c := range []struct{ zone, date, want string }{
		{"Europe/Berlin", "2026-03-29", "2026-03-29T00:00:00+01:00"},
		{"Europe/Berlin", "2026-03-30", "2026-03-30T00:00:00+02:00"},
		{"America/Santiago", "2026-09-06", "2026-09-06T01:00:00-03:00"}, // midnight is skipped
		{"America/Havana", "2026-11-01", "2026-11-01T00:00:00-04:00"},   // and comes twice
		{"Asia/Beirut", "2026-03-29", "2026-03-29T01:00:00+03:00"},
		{"Pacific/Apia", "2011-12-30", "2011-12-31T00:00:00+14:00"}, // the date does not exist
		{"UTC", "2026-01-31", "2026-01-31T00:00:00Z"},
	} {
		date, err := time.Parse(time.DateOnly, c.date)
		require.NoError(t, err)
		y, m, d := date.Date()
		got := days.Start(y, m, d, zone(t, c.zone))
		require.Equal(t, c.want, got.Format(time.RFC3339), "%s %s", c.zone, c.date)
	}
}

func TestLast(t *testing.T) {
	span, err := days.Asked{At: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)}.Span()
	require.NoError(t, err)
	require.Len(t, span.Dates, 90)
	require.Len(t, span.Edges, 91)
	require.Equal(t, time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), span.Dates[89])
	require.Equal(t, time.Date(2025, 12, 2, 0, 0, 0, 0, time.UTC), span.Edges[0].UTC())
	require.Equal(t, time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC), span.Edges[90].UTC())

	for _, n := range []int{-1, 367} {
		_, err := days.Asked{Days: n, At: time.Now()}.Span()
		require.ErrorIs(t, err, dialect.ErrInvalid)
	}
}

// TestLastWhereClocksChange names zones by what they do to midnight.
func TestLastWhereClocksChange(t *testing.T) {
	cases := map[string]struct {
		zone  string
		at    time.Time
		hours []int
	}{
		"an hour less": {"America/New_York", time.Date(2026, 3, 9, 12, 0, 0, 0, time.UTC), []int{24, 23, 24}},
		"an hour more": {"America/New_York", time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC), []int{24, 25, 24}},
		// Midnight of the 4th came twice: clocks went back to the 3rd, 23:00.
		"midnight twice": {"America/Asuncion", time.Date(2018, 3, 25, 12, 0, 0, 0, time.UTC), []int{24, 25, 24}},
		// Sunday began at 1:00.
		"no midnight": {"America/Sao_Paulo", time.Date(2018, 11, 5, 12, 0, 0, 0, time.UTC), []int{24, 23, 24}},
		// 30 December 2011 did not happen.
		"no day": {"Pacific/Apia", time.Date(2011, 12, 31, 0, 0, 0, 0, time.UTC), []int{24, 0, 24}},
	}
	for name, c := range cases {
		loc := zone(t, c.zone)
		span, err := days.Asked{Days: 3, At: c.at, Location: loc}.Span()
		require.NoError(t, err)
		for i, want := range c.hours {
			require.Equal(t, time.Duration(want)*time.Hour, span.Edges[i+1].Sub(span.Edges[i]),
				"%s: %v to %v", name, span.Edges[i], span.Edges[i+1])
		}
		// A moment before an edge is the day before, in the zone's own words.
		for i, date := range span.Dates {
			if c.hours[i] == 0 {
				continue
			}
			last := span.Edges[i+1].Add(-time.Nanosecond).In(loc)
			require.Equal(t, date.Format(time.DateOnly), last.Format(time.DateOnly), name)
			require.Equal(t, date.Format(time.DateOnly), span.Edges[i].In(loc).Format(time.DateOnly), name)
		}
	}
}

// TestDivide: weeks begin on Monday, months on the first, and the ends are cut.
func TestDivide(t *testing.T) {
	berlin := zone(t, "Europe/Berlin")
	from, to := time.Date(2026, 3, 25, 12, 0, 0, 0, berlin), time.Date(2026, 4, 8, 0, 0, 0, 0, berlin)
	for unit, want := range map[calendar.Unit][]string{
		calendar.Week:  {"2026-03-25T12:00:00+01:00", "2026-03-30T00:00:00+02:00", "2026-04-06T00:00:00+02:00", "2026-04-08T00:00:00+02:00"},
		calendar.Month: {"2026-03-25T12:00:00+01:00", "2026-04-01T00:00:00+02:00", "2026-04-08T00:00:00+02:00"},
	} {
		span, err := days.Asked{From: from, To: to, Unit: unit, Location: berlin}.Span()
		require.NoError(t, err)
		var got []string
		for _, edge := range span.Edges {
			got = append(got, edge.Format(time.RFC3339))
		}
		require.Equal(t, want, got)
		require.Len(t, span.Dates, len(want)-1)
	}
	weeks, err := days.Asked{Unit: calendar.Week, Days: 8, At: from}.Span()
	require.NoError(t, err)
	require.Equal(t, "2026-03-16", weeks.Dates[0].Format(time.DateOnly))
	require.Equal(t, "2026-03-26", weeks.Edges[2].Format(time.DateOnly), "the present week ends with today")
	for _, a := range []days.Asked{
		{From: to, To: from}, {From: from, To: to, Days: 3}, {Unit: "year", At: to}, {From: from, To: from.AddDate(4, 0, 0)},
	} {
		_, err := a.Span()
		require.ErrorIs(t, err, dialect.ErrInvalid)
	}
}

func TestNumberSearches(t *testing.T) {
	span, err := days.Asked{Days: 3, At: time.Date(2026, 1, 3, 5, 0, 0, 0, time.UTC)}.Span()
	require.NoError(t, err)
	expr, args := span.Number(dialect.Capabilities{Engine: dialect.MySQL}, "created_at")
	require.Equal(t, "CASE WHEN created_at < ? THEN ? ELSE CASE WHEN created_at < ? THEN ? ELSE ? END END", expr)
	require.Len(t, args, 5)
}

// TestNumberIsShort: what is long to read as a time is in the statement once.
func TestNumberIsShort(t *testing.T) {
	span, err := days.Asked{Days: 366, At: time.Date(2026, 1, 3, 5, 0, 0, 0, time.UTC)}.Span()
	require.NoError(t, err)
	expr, args := span.Number(dialect.Capabilities{Engine: dialect.SQLite}, "created_at")
	require.Len(t, args, 365+366)
	require.Less(t, len(expr), 366*50)
}
