package orders

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestAddMonths(t *testing.T) {
	at := func(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 13, 14, 15, 16_000, time.UTC) }
	for _, c := range []struct {
		from   time.Time
		months int
		want   time.Time
	}{
		{at(2026, 1, 31), 1, at(2026, 2, 28)},
		{at(2028, 1, 31), 1, at(2028, 2, 29)},
		{at(2026, 1, 31), 2, at(2026, 3, 31)},
		{at(2026, 1, 31), 3, at(2026, 4, 30)},
		{at(2026, 12, 31), 2, at(2027, 2, 28)},
		{at(2026, 12, 1), 1, at(2027, 1, 1)},
		{at(2028, 2, 29), 12, at(2029, 2, 28)},
		{at(2028, 2, 29), 48, at(2032, 2, 29)},
		{at(2026, 5, 15), 0, at(2026, 5, 15)},
	} {
		require.Equal(t, c.want, addMonths(c.from, c.months), "%s + %d", c.from, c.months)
	}
	zone := time.FixedZone("", 10*3600) // 1 March there is 28 February in UTC
	require.Equal(t, time.Date(2026, 3, 28, 20, 0, 0, 0, time.UTC),
		addMonths(time.Date(2026, 3, 1, 6, 0, 0, 0, zone), 1))
}

func TestPeriodEndKeepsTheAnchorsDay(t *testing.T) {
	for _, c := range []struct {
		anchor time.Time
		months int
		ends   []string
	}{
		{time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC), 1, []string{"2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31"}},
		{time.Date(2027, 11, 30, 12, 0, 0, 0, time.UTC), 1, []string{"2027-12-30", "2028-01-30", "2028-02-29", "2028-03-30"}},
		{time.Date(2028, 2, 29, 12, 0, 0, 0, time.UTC), 12, []string{"2029-02-28", "2030-02-28", "2031-02-28", "2032-02-29"}},
	} {
		start := c.anchor
		for _, want := range c.ends {
			start = periodEnd(c.anchor, start, c.months)
			require.Equal(t, want, start.Format(time.DateOnly))
			require.Equal(t, 12, start.Hour())
		}
	}
	// A period that starts between two anniversaries ends on the next.
	anchor := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	require.Equal(t, time.Date(2026, 3, 31, 12, 0, 0, 0, time.UTC),
		periodEnd(anchor, time.Date(2026, 3, 10, 0, 0, 0, 0, time.UTC), 1))
	// One that starts before the anchor, as a late payment's may, ends on it.
	require.Equal(t, anchor, periodEnd(anchor, anchor.Add(-time.Hour), 1))
}
