package generations_test

import (
	"fmt"
	"testing"
	"time"
	_ "time/tzdata" // the zones' rules, wherever the test runs

	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/calendar"
	"github.com/chameleon-go/chameleon/generations"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// TestStats counts by what a calendar shows, in zones whose days differ.
func TestStats(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := t.Context()
		start := time.Date(2026, 3, 27, 0, 30, 0, 0, time.UTC) // Berlin goes forward on the 29th
		var rows []generations.Generation
		for i := range 8 * 24 {
			rows = append(rows, generations.Generation{
				GenID: fmt.Sprint("g", i), UserUUID: "u", AIType: generations.TypeImage, Provider: []string{"kling", "fal"}[i%2],
				Status: []generations.Status{"completed", "failed", "success"}[i%3], CreatedAt: start.Add(time.Duration(i) * time.Hour),
			})
		}
		_, err := env.DB.NewInsert().Model(&rows).Exec(ctx)
		require.NoError(t, err)
		for _, name := range []string{"UTC", "Europe/Berlin", "Asia/Kathmandu"} {
			loc, err := time.LoadLocation(name)
			require.NoError(t, err)
			for unit, date := range map[calendar.Unit]func(time.Time) time.Time{
				calendar.Day:   func(t time.Time) time.Time { return t },
				calendar.Week:  func(t time.Time) time.Time { return t.AddDate(0, 0, -(int(t.Weekday())+6)%7) },
				calendar.Month: func(t time.Time) time.Time { return t.AddDate(0, 0, 1-t.Day()) },
			} {
				want := map[string]map[string]int64{}
				for _, g := range rows {
					day := date(g.CreatedAt.In(loc)).Format(time.DateOnly)
					if want[day] == nil {
						want[day] = map[string]int64{}
					}
					status, _ := g.Status.Foreign()
					want[day][g.Provider+" "+string(status)]++
				}
				stats, err := generations.Stats(ctx, env.DB, generations.StatsParams{Period: unit, Location: loc, At: start.AddDate(0, 0, 9)})
				require.NoError(t, err)
				var sum int64
				for _, p := range stats.Series {
					require.Len(t, p.Counts, len(want[p.Date]), "%s %s", name, p.Date)
					for _, c := range p.Counts {
						require.Equal(t, want[p.Date][c.Provider+" "+string(c.Status)], c.Generations, "%s %s", name, p.Date)
						sum += c.Generations
					}
				}
				require.EqualValues(t, len(rows), sum)
				require.Len(t, stats.Counts, 4)
			}
		}
		_, err = generations.Stats(ctx, env.DB, generations.StatsParams{Period: "year"})
		require.ErrorIs(t, err, generations.ErrInvalid)
		_, err = generations.Stats(ctx, env.DB, generations.StatsParams{At: time.Date(9999, 12, 31, 23, 0, 0, 0, time.UTC)})
		require.NoError(t, err)
	})
}
