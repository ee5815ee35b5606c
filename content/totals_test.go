package content_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/calendar"
	"github.com/chameleon-go/chameleon/content"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// TestTotalsAreTheFeedback: whatever verbs and other programs do to feedback, and whenever
// it is counted, statistics are what it adds up to.
func TestTotalsAreTheFeedback(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := t.Context()
		r := rand.New(rand.NewPCG(14, 3))
		at := func() time.Time {
			return noon.Add(time.Duration(r.Int64N(int64(20*24*time.Hour/time.Second))) * time.Second)
		}
		all := func() (found []content.Feedback) {
			require.NoError(t, env.DB.NewSelect().Model(&found).Scan(ctx))
			return found
		}
		var counted, rebuilt, removed int64
		keep := func() {
			kept, err := content.KeepTotals(ctx, env.DB, content.KeepTotalsParams{At: noon.AddDate(0, 0, r.IntN(30))})
			require.NoError(t, err)
			counted += kept.Counted
		}
		for range 60 {
			switch r.IntN(7) {
			case 0, 1:
				_, err := content.SubmitFeedback(ctx, env.DB, content.SubmitFeedbackParams{Content: "x", Rating: r.Int64N(6), At: at()})
				require.NoError(t, err)
			case 2: // another program's
				said := &content.Feedback{Rating: r.Int64N(12) - 3, CreatedAt: at()}
				if r.IntN(4) == 0 {
					said.CreatedAt = time.Time{}
				}
				_, err := env.DB.NewInsert().Model(said).ExcludeColumn("id").Exec(ctx)
				require.NoError(t, err)
			case 3, 4:
				keep()
			case 5:
				for _, f := range all() {
					if f.Counted == 0 || r.IntN(3) > 0 {
						continue
					}
					undone := r.IntN(2) == 0
					tx, err := env.DB.BeginTx(ctx, nil)
					require.NoError(t, err)
					require.NoError(t, content.DeleteFeedback(ctx, tx, content.DeleteFeedbackParams{ID: f.ID}))
					end := (*bun.Tx).Commit
					if undone {
						end = (*bun.Tx).Rollback
					}
					require.NoError(t, end(&tx))
					removed++
				}
			case 6: // another program changes what was counted, and says so
				keep()
				_, err := env.DB.ExecContext(ctx, "UPDATE feedbacks SET rating = 1 WHERE rating = 2")
				require.NoError(t, err)
				done, err := content.RebuildTotals(ctx, env.DB, content.RebuildTotalsParams{})
				require.NoError(t, err)
				rebuilt += done.Uncounted
			}
			p := content.FeedbackStatsParams{Period: []calendar.Unit{calendar.Day, calendar.Week, calendar.None}[r.IntN(3)]}
			if p.Period != calendar.None || r.IntN(2) == 0 {
				p.From, p.To = at(), at().AddDate(0, 0, 21)
			}
			stats, err := content.FeedbackStats(ctx, env.DB, p)
			require.NoError(t, err)
			for i, period := range stats.Series {
				if i == 0 {
					p.From = period.From
				}
				p.To = period.To
				require.Equal(t, ratings(all(), period.From, period.To), period.Distribution, "%s of %+v", period.Date, p)
			}
			if p.From.IsZero() {
				require.EqualValues(t, len(all()), stats.Count)
			}
			require.Equal(t, ratings(all(), p.From, p.To), stats.Distribution, "%+v", p)
		}
		require.Positive(t, counted)
		require.Positive(t, rebuilt)
		require.Positive(t, removed)
	})
}

// ratings counts ratings one by one.
func ratings(all []content.Feedback, from, to time.Time) (counts [content.MaxRating]int64) {
	for _, f := range all {
		within := from.IsZero() || !f.CreatedAt.IsZero() && !f.CreatedAt.Before(from) && f.CreatedAt.Before(to)
		if within && f.Rating >= content.MinRating && f.Rating <= content.MaxRating {
			counts[f.Rating-1]++
		}
	}
	return counts
}
