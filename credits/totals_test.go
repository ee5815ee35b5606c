package credits_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"
	"pgregory.net/rapid"

	"github.com/chameleon-go/chameleon/archive"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/credits/audit"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// counting runs KeepTotals as maintain does, in small segments, so often that all is
// counted that can be.
type counting struct {
	t   *testing.T
	db  *bun.DB
	at  time.Time
	sum int64
	// counts is false over shards, where entries are in no totals and each one is read.
	counts bool
}

func newCounting(t *testing.T, env *enginetest.Env) *counting {
	return &counting{t: t, db: env.DB, at: time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC), counts: !env.Sharded}
}

// keep is one call, minutes after the one before.
func (c *counting) keep(size int) *credits.KeepTotalsResult {
	c.t.Helper()
	c.at = c.at.Add(5 * time.Minute)
	got, err := credits.KeepTotalsBy(c.t.Context(), c.db, c.at, size)
	require.NoError(c.t, err)
	c.sum += got.Counted - got.Uncounted
	return got
}

// nothing checks that nothing is counted, and that the sums are those of all entries.
func (c *counting) nothing() {
	c.t.Helper()
	for range 3 {
		require.Zero(c.t, c.keep(3).Counted)
	}
	sameAsStats(c.t, c.db, credits.TotalsParams{From: start, To: hour(24), Period: "day"})
}

// entries is how many entries there are.
func (c *counting) entries() (n int64) {
	c.t.Helper()
	for _, table := range []string{"credits_trans", "credits_trans_archive"} {
		m, err := c.db.NewSelect().Table(table).Count(c.t.Context())
		require.NoError(c.t, err)
		n += m
	}
	return n
}

// sameAsStats checks that the sums are those of Stats, in a range and in all periods.
func sameAsStats(t require.TestingT, db bun.IDB, p credits.TotalsParams) {
	got, err := credits.Totals(context.Background(), db, p)
	require.NoError(t, err)
	want, err := credits.Stats(context.Background(), db, credits.StatsParams{From: p.From, To: p.To, Period: p.Period, Location: p.Location, At: p.To})
	require.NoError(t, err)
	require.Equal(t, want.StatsSums, got.StatsSums)
	i := 0
	for _, period := range got.Series {
		if period.From.Equal(period.To) { // a day that the zone skipped
			require.Zero(t, period.StatsSums)
			continue
		}
		require.Less(t, i, len(want.Series))
		require.True(t, want.Series[i].From.Equal(period.From) && want.Series[i].To.Equal(period.To))
		require.Equal(t, want.Series[i].StatsSums, period.StatsSums, period.Date)
		i++
	}
	require.Len(t, want.Series, i)
}

// TestTotalsAreThoseOfStats: whatever is in totals, and whatever becomes of the rows.
func TestTotalsAreThoseOfStats(t *testing.T) {
	t.Parallel()
	enginetest.RandomChecks(t)
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		zones := []*time.Location{nil, time.FixedZone("seconds", 3*3600+17)}
		for _, name := range []string{"America/New_York", "Asia/Kathmandu", "Pacific/Apia"} {
			zone, err := time.LoadLocation(name)
			require.NoError(t, err)
			zones = append(zones, zone)
		}
		same := func(stage string) {
			t.Helper()
			times := make([]time.Time, 0, 200)
			for i := range 100 {
				at := historyStart.Add(time.Duration(i) * 9 * time.Hour)
				times = append(times, at, at.Add(time.Duration(i*i*i)*time.Second+time.Microsecond))
			}
			rapid.Check(t, func(rt *rapid.T) {
				p := credits.TotalsParams{
					From:     rapid.SampledFrom(times).Draw(rt, "from "+stage),
					To:       rapid.SampledFrom(times).Draw(rt, "to"),
					Period:   rapid.SampledFrom([]credits.StatsPeriod{"day", "week", "month"}).Draw(rt, "period"),
					Location: rapid.SampledFrom(zones).Draw(rt, "zone"),
				}
				if !p.From.Before(p.To) {
					p.From, p.To = p.To, p.From.Add(time.Microsecond)
				}
				sameAsStats(rt, env.DB, p)
			})
		}
		c := newCounting(t, env)
		var h *history
		for i, user := range []string{readerUUID, otherUUID} {
			h = newHistory(t, env, user, uint64(50+i))
			h.writeDated(60)
		}
		same("none")
		require.Zero(t, c.keep(7).Counted, "what was seen has to settle")
		require.Equal(t, c.counts, c.keep(7).Counted > 0)
		same("counted")
		h.writeDated(20) // takes rows over, and makes others
		same("later")
		for _, user := range []string{readerUUID, otherUUID} {
			_, err := credits.Adopt(t.Context(), env.DB, credits.AdoptParams{UserUUID: user})
			require.NoError(t, err)
		}
		same("taken over")
		for range 8 {
			c.keep(7)
		}
		if c.counts {
			require.Greater(t, c.sum, c.entries()-14, "all but the latest is counted")
		}
		same("all")
		for _, user := range []string{readerUUID, otherUUID} {
			_, err := audit.Rebuild(t.Context(), env.DB, audit.RebuildParams{UserUUID: user})
			require.NoError(t, err)
		}
		_, err := archive.Run(t.Context(), env.DB, archive.Params{Before: h.at.AddDate(1, 0, 0), Batch: 9})
		require.NoError(t, err)
		same("archived")
		for range 8 {
			require.Zero(t, c.keep(7).Uncounted, "archived entries are no others")
		}
		_, err = archive.Restore(t.Context(), env.DB, archive.RestoreParams{})
		require.NoError(t, err)
		require.Zero(t, c.keep(7).Uncounted)
		same("restored")
		gone, err := credits.RebuildTotals(t.Context(), env.DB, credits.RebuildTotalsParams{})
		require.NoError(t, err)
		require.Equal(t, c.sum, gone.Uncounted)
		same("discarded")
		require.Zero(t, c.keep(7).Counted)
		require.Equal(t, gone.Uncounted, c.keep(7).Counted)
		same("again")
	})
}

// TestTotalsAreRead: a page does not read the entries that are in totals.
func TestTotalsAreRead(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		tell := newTeller(t, env)
		tell.Grant("g", 100)
		for i := range 8 {
			tell.Charge(fmt.Sprint("c", i), 1, hour(1))
		}
		c := newCounting(t, env)
		if !c.counts {
			c.nothing()
			return
		}
		c.keep(3)
		require.EqualValues(t, 9, c.keep(3).Counted)
		// Unseen by whoever does not read them: the check comes round to it later.
		_, err := env.DB.ExecContext(t.Context(), "UPDATE credits_trans SET credits = -5 WHERE credits = -1")
		require.NoError(t, err)
		got, err := credits.Totals(t.Context(), env.DB, credits.TotalsParams{From: start, To: hour(24)})
		require.NoError(t, err)
		require.EqualValues(t, 8, got.Consumed)
		gone, err := credits.RebuildTotals(t.Context(), env.DB, credits.RebuildTotalsParams{})
		require.NoError(t, err)
		require.EqualValues(t, 9, gone.Uncounted)
		sameAsStats(t, env.DB, credits.TotalsParams{From: start, To: hour(24), Period: "day"})
	})
}

// TestTotalsWaitForOpenTransactions: an entry that another transaction has yet to commit
// is not missed, however many came after it.
func TestTotalsWaitForOpenTransactions(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		tell, late := newTeller(t, env), newTeller(t, env)
		tell.Grant("g", 100)
		late.Grant("g", 100)
		c := newCounting(t, env)
		day := credits.TotalsParams{From: start, To: hour(24), Period: "day"}
		tx, err := env.DB.BeginTx(t.Context(), nil)
		require.NoError(t, err)
		_, err = credits.Charge(t.Context(), tx, credits.ChargeParams{UserUUID: late.User, Amount: 30, Key: "late", At: hour(1)})
		require.NoError(t, err)
		if !dialect.Of(env.DB).LocksRows() { // SQLite: nobody writes beside it
			require.NoError(t, tx.Commit())
			tx = bun.Tx{}
		}
		for i := range 9 {
			tell.Charge(fmt.Sprint("c", i), 1, hour(1))
		}
		for range 3 {
			c.keep(3)
			sameAsStats(t, env.DB, day)
		}
		if tx.Tx != nil {
			require.Less(t, c.sum, int64(11), "what is open is not counted over")
			require.NoError(t, tx.Commit())
		}
		got, err := credits.Totals(t.Context(), env.DB, day)
		require.NoError(t, err)
		require.EqualValues(t, 39, got.Consumed)
		for range 3 {
			require.Zero(t, c.keep(3).Uncounted)
			sameAsStats(t, env.DB, day)
		}
		if c.counts {
			require.GreaterOrEqual(t, c.sum, int64(10), "all but the latest, which are fewer than a segment")
		}
	})
}

// TestTotalsBesideCharges: each sum is one of a moment while it was read.
func TestTotalsBesideCharges(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		const workers, calls = 3, 25
		var began, done atomic.Int64
		var group sync.WaitGroup
		for range workers {
			tell := newTeller(t, env)
			tell.Grant("g", 100)
			group.Go(func() {
				for i := range calls {
					began.Add(1)
					_, err := credits.Charge(t.Context(), env.DB, credits.ChargeParams{UserUUID: tell.User, Amount: 1, Key: fmt.Sprint(i), At: hour(1)})
					assert.NoError(t, err)
					done.Add(1)
				}
			})
		}
		stop := make(chan struct{})
		var keeping sync.WaitGroup
		keeping.Go(func() {
			at := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
			for {
				select {
				case <-stop:
					return
				default:
				}
				at = at.Add(5 * time.Minute)
				got, err := credits.KeepTotalsBy(context.Background(), env.DB, at, 2)
				assert.NoError(t, err)
				assert.Zero(t, got.Uncounted)
			}
		})
		ended := sync.OnceFunc(func() {
			group.Wait()
			close(stop)
			keeping.Wait()
		})
		defer ended()
		for done.Load() < workers*calls && !t.Failed() {
			least := done.Load()
			got, err := credits.Totals(t.Context(), env.DB, credits.TotalsParams{From: start, To: hour(24)})
			require.NoError(t, err)
			require.GreaterOrEqual(t, got.Consumed, least)
			require.LessOrEqual(t, got.Consumed, began.Load())
		}
		ended()
		sameAsStats(t, env.DB, credits.TotalsParams{From: start, To: hour(24), Period: "day"})
	})
}

// TestTotalsOfImportedRows: rows with ids among those that are counted, and rows that are
// gone, are found out.
func TestTotalsOfImportedRows(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		tell := newTeller(t, env)
		tell.Grant("g", 100)
		day := credits.TotalsParams{From: start, To: hour(24), Period: "day"}
		for i := range 11 {
			tell.Charge(fmt.Sprint("c", i), 1, hour(1))
		}
		// A number that was given out and not used.
		_, err := env.DB.ExecContext(t.Context(), "UPDATE credits_trans SET id = id + 1000000 WHERE user_uuid = ? AND seq = 5", tell.User)
		require.NoError(t, err)
		c := newCounting(t, env)
		if !c.counts {
			c.nothing()
			return
		}
		c.keep(3)
		require.EqualValues(t, 12, c.keep(3).Counted)
		_, err = env.DB.ExecContext(t.Context(), "UPDATE credits_trans SET id = id - 1000000 WHERE user_uuid = ? AND seq = 5", tell.User)
		require.NoError(t, err)
		require.EqualValues(t, 12, c.keep(3).Uncounted, "there is one more, and elsewhere one less")
		sameAsStats(t, env.DB, day)
		require.EqualValues(t, 12, c.keep(3).Counted)
		sameAsStats(t, env.DB, day)
	})
}

func TestTotalsRefuse(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		for field, p := range map[string]credits.TotalsParams{
			"Period": {Period: "year"},
			"To":     {From: hour(2), To: hour(1)},
			"From":   {From: time.Date(20000, 1, 1, 0, 0, 0, 0, time.UTC)},
			"At":     {At: time.Date(20000, 1, 1, 0, 0, 0, 0, time.UTC)},
		} {
			_, err := credits.Totals(t.Context(), env.DB, p)
			var invalid *credits.InvalidError
			require.ErrorAs(t, err, &invalid)
			require.Equal(t, field, invalid.Field)
		}
		_, err := credits.KeepTotals(t.Context(), env.DB, credits.KeepTotalsParams{At: time.Date(20000, 1, 1, 0, 0, 0, 0, time.UTC)})
		require.ErrorIs(t, err, credits.ErrInvalid)
	})
}

// TestTotalsOfFarTimes: beside entries from before 1970, and at both ends of the calendar,
// in any zone.
func TestTotalsOfFarTimes(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		at := func(year int) time.Time { return time.Date(year, 6, 30, 23, 52, 29, 500_001_000, time.UTC) }
		years := []int{1902, 1969, 1970, 2001}
		for _, year := range years {
			tell := newTeller(t, env)
			if year >= 1970 {
				tell.Do(credits.GrantParams{UserUUID: tell.User, Amount: int64(year), Type: credits.TypePing, Key: "g", At: at(year)})
				continue
			}
			_, err := env.DB.NewRaw("INSERT INTO credits_trans (user_uuid, trans_type, credits, created_at) VALUES (?, 'ping', ?, ?)",
				tell.User, year, at(year).Format("2006-01-02 15:04:05.000000")).Exec(t.Context())
			require.NoError(t, err)
			_, err = credits.Adopt(t.Context(), env.DB, credits.AdoptParams{UserUUID: tell.User, RowsCount: true})
			require.NoError(t, err)
		}
		c := newCounting(t, env)
		c.keep(2)
		require.Equal(t, c.counts, c.keep(2).Counted > 0)
		for _, zone := range []string{"UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago", "Africa/Monrovia", "Asia/Kathmandu"} {
			loc, err := time.LoadLocation(zone)
			require.NoError(t, err)
			for _, year := range years {
				if year < 1970 { // which no statistic is of
					continue
				}
				p := credits.TotalsParams{From: at(year).AddDate(0, -1, 0), To: at(year).Add(time.Microsecond), Period: "day", Location: loc}
				sameAsStats(t, env.DB, p)
				got, err := credits.Totals(t.Context(), env.DB, p)
				require.NoError(t, err)
				require.EqualValues(t, year, got.Granted, "%s", zone)
				p.To = at(year)
				got, err = credits.Totals(t.Context(), env.DB, p)
				require.NoError(t, err)
				require.Zero(t, got.Granted, "%s: To is not included", zone)
			}
			for _, p := range []credits.TotalsParams{
				{From: time.Date(1, 1, 1, 0, 0, 0, 1000, time.UTC), To: time.Date(1, 12, 31, 0, 0, 0, 0, time.UTC), Period: "month"},
				{From: time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), To: time.Date(9999, 12, 31, 23, 59, 59, 999_999_000, time.UTC), Period: "week"},
			} {
				p.Location = loc
				got, err := credits.Totals(t.Context(), env.DB, p)
				if err != nil { // too many periods, or no time of the calendar there
					require.ErrorIs(t, err, credits.ErrInvalid)
					continue
				}
				require.Zero(t, got.StatsSums)
			}
		}
	})
}
