package days_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/calendar"
	"github.com/chameleon-go/chameleon/internal/days"
)

// TestZones divides two years in zones that change their clocks at all hours, or
// their side of the date line: periods follow one another, and each begins with the
// first moment of its date.
func TestZones(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"UTC", "Europe/Berlin", "Europe/London", "Europe/Moscow", "Atlantic/Azores", "America/New_York", "America/St_Johns",
		"America/Los_Angeles", "America/Sao_Paulo", "America/Santiago", "America/Asuncion", "America/Havana", "America/Caracas",
		"America/Scoresbysund", "America/Nuuk", "Africa/Cairo", "Africa/Casablanca", "Asia/Beirut", "Asia/Tehran", "Asia/Gaza",
		"Asia/Kolkata", "Asia/Kathmandu", "Asia/Pyongyang", "Australia/Lord_Howe", "Australia/Adelaide", "Pacific/Apia",
		"Pacific/Chatham", "Pacific/Kiritimati",
	} {
		loc := zone(t, name)
		for _, year := range []int{2011, 2025} {
			from := days.Start(year, 1, 1, loc)
			for _, unit := range []calendar.Unit{calendar.Day, calendar.Week, calendar.Month} {
				span, err := days.Asked{From: from, To: days.Start(year+2, 1, 1, loc), Unit: unit, Location: loc}.Span()
				require.NoError(t, err)
				require.Len(t, span.Edges, len(span.Dates)+1)
				for i, date := range span.Dates[1:] {
					edge, want := span.Edges[i+1], date.Format(time.DateOnly)
					require.False(t, edge.Before(span.Edges[i]), "%s %s", name, want)
					require.GreaterOrEqual(t, edge.In(loc).Format(time.DateOnly), want, name)
					require.Less(t, edge.Add(-time.Microsecond).In(loc).Format(time.DateOnly), want, name)
					if span.Edges[i+2].After(edge) { // a date that is there
						require.Equal(t, want, edge.In(loc).Format(time.DateOnly), name)
					}
				}
			}
		}
	}
}
