package content_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/calendar"
	"github.com/chameleon-go/chameleon/content"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/list"
)

func TestFeedback(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		user := uuid.NewString()
		submit := func(p content.SubmitFeedbackParams) *content.Feedback {
			f, err := content.SubmitFeedback(ctx, env.DB, p)
			require.NoError(t, err)
			return f
		}
		stats := func(p content.FeedbackStatsParams) content.FeedbackStatsResult {
			s, err := content.FeedbackStats(ctx, env.DB, p)
			require.NoError(t, err)
			return *s
		}
		require.Zero(t, stats(content.FeedbackStatsParams{}))

		var all, own, fives []content.Feedback
		for i, rating := range []int64{5, 0, 1, 5, 4, 0, 5, 2, 5} {
			p := content.SubmitFeedbackParams{
				Content: strings.Repeat("名", content.MaxFeedback), Rating: rating, At: noon.Add(time.Duration(i/2) * time.Hour),
			}
			if i%2 == 0 {
				p.UserUUID = user
			}
			f := *submit(p)
			require.Equal(t, content.Feedback{
				ID: f.ID, UserUUID: p.UserUUID, Content: p.Content, Rating: rating, CreatedAt: p.At,
			}, f)
			all = append([]content.Feedback{f}, all...)
			if p.UserUUID != "" {
				own = append([]content.Feedback{f}, own...)
			}
			if rating == 5 {
				fives = append([]content.Feedback{f}, fives...)
			}
		}

		read := func(p content.ListFeedbackParams) (found []content.Feedback) {
			for {
				page, err := content.ListFeedback(ctx, env.DB, p)
				require.NoError(t, err)
				found = append(found, page.Items...)
				if p.Cursor = page.Next; p.Cursor == "" {
					return found
				}
			}
		}
		require.Equal(t, all, read(content.ListFeedbackParams{Limit: 2}))
		require.Equal(t, own, read(content.ListFeedbackParams{UserUUID: user, Limit: 2}))
		require.Equal(t, fives, read(content.ListFeedbackParams{Rating: 5, Limit: 2}))
		hour := noon.Add(time.Hour)
		require.Equal(t, all[3:7], read(content.ListFeedbackParams{From: hour, To: hour.Add(2 * time.Hour), Limit: 3}))
		require.Equal(t, all, read(content.ListFeedbackParams{}))

		require.Equal(t, content.FeedbackStatsResult{
			Count: 9, Rated: 7, Average: 27.0 / 7, Distribution: [5]int64{1, 1, 0, 1, 4},
		}, stats(content.FeedbackStatsParams{}))
		require.Equal(t, content.FeedbackStatsResult{
			Count: 4, Rated: 3, Average: 10.0 / 3, Distribution: [5]int64{1, 0, 0, 1, 1},
		}, stats(content.FeedbackStatsParams{From: hour.In(time.FixedZone("", 3600)), To: hour.Add(2 * time.Hour)}))
		require.EqualValues(t, 7, stats(content.FeedbackStatsParams{From: hour}).Count)
		require.EqualValues(t, 2, stats(content.FeedbackStatsParams{To: hour}).Count)
		series := stats(content.FeedbackStatsParams{Period: calendar.Week, At: noon.AddDate(0, 0, 1)})
		require.EqualValues(t, 9, series.Count)
		last := series.Series[len(series.Series)-1]
		require.Equal(t, "2026-01-26", last.Date)
		require.Equal(t, series.Distribution, last.Distribution)
		require.InDelta(t, series.Average, last.Average, 0)

		require.NoError(t, content.DeleteFeedback(ctx, env.DB, content.DeleteFeedbackParams{ID: all[0].ID}))
		require.ErrorIs(t, content.DeleteFeedback(ctx, env.DB, content.DeleteFeedbackParams{ID: all[0].ID}), content.ErrNotFound)
		require.Equal(t, all[1:], read(content.ListFeedbackParams{}))
	})
}

func TestFeedbackIsChecked(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		for _, p := range []content.SubmitFeedbackParams{
			{},
			{Content: " \n"},
			{Content: strings.Repeat("x", content.MaxFeedback+1)},
			{Content: "\xff"},
			{Content: "x", Rating: 6},
			{Content: "x", Rating: -1},
			{Content: "x", UserUUID: "me"},
			{Content: "x", At: noon.AddDate(-100, 0, 0)},
		} {
			_, err := content.SubmitFeedback(ctx, env.DB, p)
			require.ErrorIs(t, err, content.ErrInvalid)
		}
		page, err := content.ListFeedback(ctx, env.DB, content.ListFeedbackParams{})
		require.NoError(t, err)
		require.Empty(t, page.Items)
		for _, p := range []content.ListFeedbackParams{
			{UserUUID: "x"}, {Rating: 6}, {Limit: list.MaxLimit + 1}, {Cursor: "x"}, {From: noon, To: noon.Add(-1 * time.Hour)},
		} {
			_, err := content.ListFeedback(ctx, env.DB, p)
			require.ErrorIs(t, err, content.ErrInvalid)
		}
		_, err = content.FeedbackStats(ctx, env.DB, content.FeedbackStatsParams{From: noon, To: noon.Add(-1 * time.Hour)})
		require.ErrorIs(t, err, content.ErrInvalid)
		require.ErrorIs(t, content.DeleteFeedback(ctx, env.DB, content.DeleteFeedbackParams{}), content.ErrInvalid)
	})
}
