package credits_test

import (
	"slices"
	"testing"
	"time"
	_ "time/tzdata" // the zones' rules, wherever the test runs

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

func TestStatsAreTheSumsOfEntries(t *testing.T) {
	t.Parallel()
	enginetest.RandomChecks(t)
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		var end time.Time
		entries := map[string][]rawEntry{}
		for i, user := range []string{readerUUID, otherUUID} {
			h := newHistory(t, env, user, uint64(20+i))
			h.write(90)
			end = h.at
			entries[user] = rawHistory(t, env, user)
			entries[""] = append(entries[""], entries[user]...)
		}
		var times []time.Time
		for _, e := range entries[""] {
			if !e.Undated {
				times = append(times, e.At, e.At.Add(time.Microsecond))
			}
		}
		zones := []*time.Location{nil}
		for _, name := range []string{"America/New_York", "Asia/Kathmandu", "Pacific/Apia"} {
			zone, err := time.LoadLocation(name)
			require.NoError(t, err)
			zones = append(zones, zone)
		}
		rapid.Check(t, func(rt *rapid.T) {
			p := credits.StatsParams{
				UserUUID: rapid.SampledFrom([]string{"", readerUUID, otherUUID, "0190a000-0000-7000-8000-000000000099"}).Draw(rt, "user"),
				From:     rapid.SampledFrom(times).Draw(rt, "from"),
				To:       rapid.SampledFrom(times).Draw(rt, "to"),
				Period:   rapid.SampledFrom([]credits.StatsPeriod{"", "day", "week", "month"}).Draw(rt, "period"),
				Location: rapid.SampledFrom(zones).Draw(rt, "zone"),
				At:       end.Add(24 * time.Hour),
			}
			if !p.From.Before(p.To) {
				p.From, p.To = p.To, p.From.Add(time.Microsecond)
			}
			got, err := credits.Stats(rt.Context(), env.DB, p)
			require.NoError(rt, err)
			require.True(rt, p.From.Equal(got.From) && p.To.Equal(got.To))
			var expired int64
			last := p.From
			for _, b := range append(slices.Clone(got.Series), got.StatsBucket) {
				sums, byType, users := wantSums(entries[p.UserUUID], b.From, b.To)
				require.Equal(rt, sums, b.StatsSums)
				require.Equal(rt, byType, b.ByType)
				require.Equal(rt, users, b.ActiveUsers)
				require.Equal(rt, b.Net, b.Positive-b.Negative)
				require.Equal(rt, b.Net, b.Granted-b.Consumed+b.Refunded-b.TakenBack)
				expired += b.Expired
			}
			for _, b := range got.Series {
				require.True(rt, last.Equal(b.From), "buckets follow one another")
				require.True(rt, b.To.After(b.From))
				last = b.To
			}
			if p.Period == credits.PeriodNone {
				require.Empty(rt, got.Series)
				return
			}
			require.True(rt, last.Equal(p.To))
			require.Equal(rt, 2*got.Expired, expired, "the series adds up to the whole")
		})
	})
}

func TestStatsExpiredIsTheBalancesDifference(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		h := newHistory(t, env, readerUUID, 31)
		h.write(120)
		end := h.at.Truncate(time.Microsecond)
		expiredAt := func(at time.Time) int64 {
			b, err := credits.BalanceAt(t.Context(), env.DB, credits.BalanceParams{UserUUID: readerUUID, At: at})
			require.NoError(t, err)
			return b.Expired
		}
		stats, err := credits.Stats(t.Context(), env.DB, credits.StatsParams{
			UserUUID: readerUUID, From: historyStart, To: end, Period: credits.PeriodWeek, At: end,
		})
		require.NoError(t, err)
		require.Positive(t, stats.Expired)
		seen := 0
		for _, b := range stats.Series {
			want := expiredAt(b.To.Add(-time.Microsecond)) - expiredAt(b.From.Add(-time.Microsecond))
			require.Equal(t, want, b.Expired, "%v", b.From)
			if want != 0 {
				seen++
			}
		}
		require.Greater(t, seen, 3)

		later, err := credits.Stats(t.Context(), env.DB, credits.StatsParams{
			UserUUID: readerUUID, From: historyStart, To: end.AddDate(1, 0, 0), At: end,
		})
		require.NoError(t, err)
		require.Equal(t, expiredAt(end), later.Expired, "what expires after At has not expired")

		expires := historyStart.Add(time.Hour)
		_, err = credits.Grant(t.Context(), env.DB, credits.GrantParams{
			UserUUID: otherUUID, Amount: 10, Type: "bonus", ExpiresAt: expires, At: historyStart,
		})
		require.NoError(t, err)
		for at, want := range map[time.Time]int64{expires: 10, expires.Add(-time.Microsecond): 0} {
			got, err := credits.Stats(t.Context(), env.DB, credits.StatsParams{
				UserUUID: otherUUID, From: historyStart, To: end, At: at,
			})
			require.NoError(t, err)
			require.Equal(t, want, got.Expired, "expired exactly at its expiry")
		}
	})
}

func TestStatsSeriesFollowsTheCalendar(t *testing.T) {
	db := enginetest.New(t, "sqlite").DB
	day := 24 * time.Hour
	for _, c := range []struct {
		zone, from, to string
		period         credits.StatsPeriod
		lengths        []time.Duration
	}{
		{"", "2026-01-30T12:00:00Z", "2026-02-02T06:00:00Z", "day", []time.Duration{day / 2, day, day, day / 4}},
		{"Europe/Berlin", "2026-03-28T00:00:00+01:00", "2026-03-31T00:00:00+02:00", "day", []time.Duration{day, 23 * time.Hour, day}},
		{"Europe/Berlin", "2026-10-24T00:00:00+02:00", "2026-10-27T00:00:00+01:00", "day", []time.Duration{day, 25 * time.Hour, day}},
		{"Europe/Berlin", "2026-10-19T00:00:00+02:00", "2026-11-02T00:00:00+01:00", "week", []time.Duration{7*day + time.Hour, 7 * day}},
		{"Europe/Berlin", "2026-02-01T00:00:00+01:00", "2026-05-01T00:00:00+02:00", "month", []time.Duration{28 * day, 31*day - time.Hour, 30 * day}},
		{"", "2026-01-31T00:00:00Z", "2026-03-02T00:00:00Z", "month", []time.Duration{day, 28 * day, day}},
		{"", "2026-01-04T00:00:00Z", "2026-01-13T00:00:00Z", "week", []time.Duration{day, 7 * day, day}},
		// Clocks skipped midnight: the day began at one o'clock.
		{"America/Sao_Paulo", "2018-11-03T00:00:00-03:00", "2018-11-06T00:00:00-02:00", "day", []time.Duration{day, 23 * time.Hour, day}},
		// Clocks went back from midnight to eleven: the day before was longer.
		{"America/Sao_Paulo", "2018-02-17T00:00:00-02:00", "2018-02-19T00:00:00-03:00", "day", []time.Duration{25 * time.Hour, day}},
		// Midnight came twice.
		{"Atlantic/Azores", "2025-10-25T00:00:00Z", "2025-10-28T00:00:00-01:00", "day", []time.Duration{day, 25 * time.Hour, day}},
		{"Asia/Amman", "2021-10-28T00:00:00+03:00", "2021-10-30T00:00:00+02:00", "day", []time.Duration{day, 25 * time.Hour}},
		{"Asia/Amman", "2021-03-25T00:00:00+02:00", "2021-03-27T00:00:00+03:00", "day", []time.Duration{day, 23 * time.Hour}},
		// A whole day that never was.
		{"Pacific/Apia", "2011-12-29T00:00:00-10:00", "2012-01-01T00:00:00+14:00", "day", []time.Duration{day, day}},
	} {
		zone, err := time.LoadLocation(c.zone)
		require.NoError(t, err)
		from, err := time.Parse(time.RFC3339, c.from)
		require.NoError(t, err)
		to, err := time.Parse(time.RFC3339, c.to)
		require.NoError(t, err)
		got, err := credits.Stats(t.Context(), db, credits.StatsParams{From: from, To: to, Period: c.period, Location: zone})
		require.NoError(t, err)
		var lengths []time.Duration
		for _, b := range got.Series {
			lengths = append(lengths, b.To.Sub(b.From))
			require.Zero(t, b.StatsSums, "a time without entries is shown as zero")
			require.Zero(t, b.ActiveUsers)
		}
		require.Equal(t, c.lengths, lengths, "%s %s %s", c.zone, c.period, c.from)
	}

	at := time.Date(2026, 4, 15, 10, 0, 0, 0, time.UTC)
	got, err := credits.Stats(t.Context(), db, credits.StatsParams{At: at, Period: credits.PeriodDay})
	require.NoError(t, err)
	require.Len(t, got.Series, credits.DefaultStatsDays, "today included")
	require.Equal(t, at, got.To)
}

func TestStatsRefuses(t *testing.T) {
	db := enginetest.New(t, "sqlite").DB
	for field, p := range map[string]credits.StatsParams{
		"UserUUID": {UserUUID: "x "},
		"To":       {From: historyStart, To: historyStart},
		"From":     {From: time.Date(1969, 1, 1, 0, 0, 0, 0, time.UTC)},
		"Period":   {Period: "year"},
	} {
		_, err := credits.Stats(t.Context(), db, p)
		var invalid *credits.InvalidError
		require.ErrorAs(t, err, &invalid, field)
		require.Equal(t, field, invalid.Field)
	}
	p := credits.StatsParams{From: historyStart, To: historyStart.AddDate(0, 0, credits.MaxStatsBuckets), Period: credits.PeriodDay}
	got, err := credits.Stats(t.Context(), db, p)
	require.NoError(t, err)
	require.Len(t, got.Series, credits.MaxStatsBuckets)
	p.To = p.To.Add(time.Hour)
	_, err = credits.Stats(t.Context(), db, p)
	require.ErrorIs(t, err, credits.ErrInvalid)
}
