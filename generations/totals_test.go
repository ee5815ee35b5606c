package generations_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/archive"
	"github.com/chameleon-go/chameleon/calendar"
	"github.com/chameleon-go/chameleon/generations"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// TestTotalsAreTheGenerations: whatever verbs, archives and other programs do to
// generations, and whenever they are counted, statistics are what they add up to.
func TestTotalsAreTheGenerations(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := t.Context()
		r := rand.New(rand.NewPCG(14, 2))
		user := rich(t, env.DB, 100_000)
		start := time.Date(2026, 3, 20, 0, 0, 0, 0, time.UTC)
		at := func() time.Time {
			return start.Add(time.Duration(r.Int64N(int64(40*24*time.Hour/time.Microsecond))) * time.Microsecond)
		}
		var open []string
		var counted, rebuilt, moved int64
		keep := func() {
			kept, err := generations.KeepTotals(ctx, env.DB, generations.KeepTotalsParams{At: start.AddDate(0, 0, r.IntN(60))})
			require.NoError(t, err)
			counted += kept.Counted
		}
		for step := range 70 {
			switch r.IntN(9) {
			case 0, 1, 2: // another program's, with anything in them
				_, err := env.DB.NewInsert().Model(&generations.Generation{
					GenID: fmt.Sprint("g", step), UserUUID: user, AIType: generations.TypeImage, CreatedAt: at(),
					Provider: []string{"kling", "fal", "Not a name", "x-very-long-name-of-a-provider-that-is-in-no-total"}[r.IntN(4)],
					Status:   []generations.Status{"completed", "failed", "success", "canceled", "running", "pending", "odd one"}[r.IntN(7)],
				}).ExcludeColumn("id").Exec(ctx)
				require.NoError(t, err)
			case 3, 4:
				p := image(user)
				p.At = start.AddDate(0, 0, 1).Add(time.Duration(step) * time.Hour)
				made, err := generations.ChargeGeneration(ctx, env.DB, p)
				require.NoError(t, err)
				open = append(open, made.Generation.GenID)
			case 5:
				if len(open) > 0 {
					_, err := generations.Fail(ctx, env.DB, generations.FailParams{GenID: open[0], At: start.AddDate(0, 0, 30)})
					require.NoError(t, err)
					open = open[1:]
				}
			case 6:
				keep()
			case 7:
				if env.Sharded {
					continue
				}
				report, err := archive.Run(ctx, env.DB, archive.Params{Before: start.AddDate(0, 0, r.IntN(40)), UserUUID: user, Batch: 3})
				require.NoError(t, err)
				moved += report.Generations
				if r.IntN(3) == 0 {
					_, err = archive.Restore(ctx, env.DB, archive.RestoreParams{UserUUID: user})
					require.NoError(t, err)
				}
			case 8: // another program removes and changes what was counted, and says so
				keep()
				for _, table := range []string{"generations", "generations_archive"} {
					for _, change := range []string{
						"DELETE FROM " + table + " WHERE user_uuid = ? AND status = 'canceled' AND provider = 'fal'",
						"UPDATE " + table + " SET status = 'failed' WHERE user_uuid = ? AND status = 'success'",
					} {
						_, err := env.DB.NewRaw(change, user).Exec(ctx)
						require.NoError(t, err)
					}
				}
				done, err := generations.RebuildTotals(ctx, env.DB, generations.RebuildTotalsParams{})
				require.NoError(t, err)
				rebuilt += done.Uncounted
			}
			agree(t, env, r, start)
		}
		if env.Sharded {
			require.Zero(t, counted)
			return
		}
		require.Positive(t, counted)
		require.Positive(t, rebuilt)
		require.Positive(t, moved)
	})
}

// TestTotalsWhileRowsMove: statistics are the same at any moment while generations go to
// the archive and back, are counted and uncounted.
func TestTotalsWhileRowsMove(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := t.Context()
		user := rich(t, env.DB, 1)
		start := time.Date(2026, 3, 20, 0, 0, 0, 0, time.UTC)
		var all []generations.Generation
		for i := range 60 {
			all = append(all, generations.Generation{
				GenID: fmt.Sprint("g", i), UserUUID: user, AIType: generations.TypeImage, Provider: "fal",
				Status: generations.StatusCompleted, CreatedAt: start.Add(time.Duration(i) * time.Hour),
			})
		}
		_, err := env.DB.NewInsert().Model(&all).ExcludeColumn("id").Exec(ctx)
		require.NoError(t, err)
		var workers sync.WaitGroup
		worker := func(do func() error) {
			workers.Go(func() {
				for range 6 {
					if !assert.NoError(t, do()) {
						return
					}
				}
			})
		}
		worker(func() error {
			_, err := archive.Run(ctx, env.DB, archive.Params{Before: start.AddDate(0, 1, 0), UserUUID: user, Batch: 20})
			if err == nil {
				_, err = archive.Restore(ctx, env.DB, archive.RestoreParams{UserUUID: user, Batch: 20})
			}
			return err
		})
		worker(func() error {
			_, err := generations.KeepTotals(ctx, env.DB, generations.KeepTotalsParams{At: start.AddDate(0, 1, 0)})
			return err
		})
		worker(func() error {
			_, err := generations.RebuildTotals(ctx, env.DB, generations.RebuildTotalsParams{From: start, To: start.AddDate(0, 0, 1)})
			return err
		})
		done := make(chan struct{})
		go func() {
			workers.Wait()
			close(done)
		}()
		for reading := true; reading; {
			select {
			case <-done:
				reading = false
			default:
			}
			stats, err := generations.Stats(ctx, env.DB, generations.StatsParams{From: start, To: start.AddDate(0, 0, 7)})
			require.NoError(t, err)
			require.Equal(t, []generations.ProviderCount{{Provider: "fal", Status: generations.StatusCompleted, Generations: 60}}, stats.Counts)
		}
	})
}

// agree compares statistics of a time and zone that it draws with the generations that
// there are.
func agree(t *testing.T, env *enginetest.Env, r *rand.Rand, start time.Time) {
	t.Helper()
	ctx := t.Context()
	var all, old []generations.Generation
	require.NoError(t, env.DB.NewSelect().Model(&all).Scan(ctx))
	require.NoError(t, env.DB.NewSelect().Model(&old).ModelTableExpr("generations_archive AS g").Scan(ctx))
	all = append(all, old...)

	p := generations.StatsParams{Period: []calendar.Unit{calendar.Day, calendar.Week, calendar.Month}[r.IntN(3)]}
	name := []string{"UTC", "Europe/Berlin", "Asia/Kathmandu", "Australia/Lord_Howe"}[r.IntN(4)]
	loc, err := time.LoadLocation(name)
	require.NoError(t, err)
	if p.Location = loc; r.IntN(4) == 0 {
		p.Location = time.FixedZone("odd", 19*60+32)
	}
	if p.From, p.To = start, start.AddDate(0, 0, 41); r.IntN(2) == 0 { // on no quarter of an hour
		p.From = p.From.Add(time.Duration(r.Int64N(int64(20*24*time.Hour/time.Microsecond))) * time.Microsecond)
		p.To = p.From.Add(time.Duration(1+r.Int64N(int64(20*24*time.Hour/time.Microsecond))) * time.Microsecond)
	}
	stats, err := generations.Stats(ctx, env.DB, p)
	require.NoError(t, err)
	for _, period := range stats.Series {
		require.Equal(t, tally(all, period.From, period.To), period.Counts, "%s of %+v", period.Date, p)
	}
	series := stats.Series
	require.Equal(t, tally(all, series[0].From, series[len(series)-1].To), stats.Counts, "%+v", p)

	want := map[generations.Status]int64{"pending": 0, "processing": 0, "completed": 0, "failed": 0}
	for _, c := range tally(all, p.From, p.To) {
		want[c.Status] += c.Generations
	}
	counts, err := generations.CountByStatus(ctx, env.DB, generations.CountParams{From: p.From, To: p.To})
	require.NoError(t, err)
	assert.Equal(t, want, counts, "%+v", p)
}

// tally counts generations one by one.
func tally(all []generations.Generation, from, to time.Time) (counts []generations.ProviderCount) {
	for _, g := range all {
		if g.CreatedAt.Before(from) || !g.CreatedAt.Before(to) {
			continue
		}
		is, _ := g.Status.Foreign()
		i := slices.IndexFunc(counts, func(c generations.ProviderCount) bool { return c.Provider == g.Provider && c.Status == is })
		if i < 0 {
			i, counts = len(counts), append(counts, generations.ProviderCount{Provider: g.Provider, Status: is})
		}
		counts[i].Generations++
	}
	slices.SortFunc(counts, func(a, b generations.ProviderCount) int {
		return cmp.Or(cmp.Compare(a.Provider, b.Provider), cmp.Compare(a.Status, b.Status))
	})
	return counts
}
