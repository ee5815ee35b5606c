package days_test

import (
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/stretchr/testify/require"

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
	span, err := days.Last("Days", 0, time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), nil)
	require.NoError(t, err)
	require.Len(t, span.Dates, 90)
	require.Len(t, span.Edges, 91)
	require.Equal(t, time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), span.Dates[89])
	require.Equal(t, time.Date(2025, 12, 2, 0, 0, 0, 0, time.UTC), span.Edges[0].UTC())
	require.Equal(t, time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC), span.Edges[90].UTC())

	for _, n := range []int{-1, 367} {
		_, err := days.Last("Days", n, time.Now(), nil)
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
		span, err := days.Last("Days", 3, c.at, loc)
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

func TestNumberSearches(t *testing.T) {
	span, err := days.Last("Days", 3, time.Date(2026, 1, 3, 5, 0, 0, 0, time.UTC), nil)
	require.NoError(t, err)
	expr, args := span.Number(dialect.Capabilities{Engine: dialect.MySQL}, "created_at")
	require.Equal(t, "CASE WHEN created_at < ? THEN ? ELSE CASE WHEN created_at < ? THEN ? ELSE ? END END", expr)
	require.Len(t, args, 5)
}
