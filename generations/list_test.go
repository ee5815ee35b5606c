package generations_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/generations"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/list"
)

func TestList(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		user := rich(t, env.DB, 1000)
		rich(t, env.DB, 1000)
		var want []string
		for i := range 45 {
			p := image(user)
			p.GenID = fmt.Sprintf("gen_%02d", i)
			p.At = noon.Add(time.Duration(i/3) * time.Microsecond) // three at a time
			_, err := generations.ChargeGeneration(ctx, env.DB, p)
			require.NoError(t, err)
			want = append([]string{p.GenID}, want...)
		}
		charged(t, env.DB, rich(t, env.DB, 100))

		var got []string
		var sizes []int
		for cursor := ""; ; {
			page, err := generations.List(ctx, env.DB, generations.ListParams{UserUUID: user, Cursor: cursor})
			require.NoError(t, err)
			sizes = append(sizes, len(page.Items))
			for _, g := range page.Items {
				got = append(got, g.GenID)
			}
			// New rows do not move the pages that are still to come.
			p := image(user)
			p.At = noon.Add(time.Hour)
			_, err = generations.ChargeGeneration(ctx, env.DB, p)
			require.NoError(t, err)
			if cursor = page.Next; cursor == "" {
				break
			}
		}
		require.Equal(t, []int{20, 20, 5}, sizes)
		require.Equal(t, want, got)

		page, err := generations.List(ctx, env.DB, generations.ListParams{UserUUID: uuid.NewString()})
		require.NoError(t, err)
		require.Empty(t, page.Items)
		for _, p := range []generations.ListParams{
			{}, {UserUUID: user, Limit: list.MaxLimit + 1}, {UserUUID: user, Limit: -1}, {UserUUID: user, Cursor: "AAAA"},
		} {
			_, err := generations.List(ctx, env.DB, p)
			require.ErrorIs(t, err, generations.ErrInvalid)
		}
	})
}

func TestListFiltersAndCounts(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		user := rich(t, env.DB, 1000)
		want := map[generations.Status][]string{}
		for i := range 12 {
			p := image(user)
			p.GenID, p.At = fmt.Sprintf("gen_%02d", i), noon.Add(time.Duration(i)*time.Hour)
			if i%2 == 1 {
				p.AIType, p.Cost = generations.TypeText, 1
			}
			_, err := generations.ChargeGeneration(ctx, env.DB, p)
			require.NoError(t, err)
			status := []generations.Status{generations.StatusPending, generations.StatusFailed, generations.StatusProcessing}[i%3]
			if verb := verbs[status]; verb != nil {
				_, err := verb(ctx, env.DB, p.GenID)
				require.NoError(t, err)
			}
			want[status] = append([]string{p.GenID}, want[status]...)
		}
		charged(t, env.DB, rich(t, env.DB, 100))
		list := func(p generations.ListParams) []string {
			var got []string
			for p.UserUUID = user; ; {
				page, err := generations.List(ctx, env.DB, p)
				require.NoError(t, err)
				for _, g := range page.Items {
					got = append(got, g.GenID)
				}
				if p.Cursor = page.Next; p.Cursor == "" {
					return got
				}
			}
		}
		for status, ids := range want {
			require.Equal(t, ids, list(generations.ListParams{Status: status, Limit: 3}))
		}
		require.Equal(t, []string{"gen_10", "gen_08", "gen_06", "gen_04", "gen_02", "gen_00"}, list(generations.ListParams{AIType: generations.TypeImage, Limit: 4}))
		require.Equal(t, []string{"gen_09", "gen_03"}, list(generations.ListParams{AIType: generations.TypeText, Status: generations.StatusPending}))
		require.Empty(t, list(generations.ListParams{Status: generations.StatusCompleted}))
		first, err := generations.List(ctx, env.DB, generations.ListParams{UserUUID: user, Status: generations.StatusFailed, Limit: 1})
		require.NoError(t, err)
		for _, p := range []generations.ListParams{
			{Status: "done"}, {AIType: "Audio"}, {Cursor: first.Next}, {Cursor: first.Next, Status: generations.StatusPending},
		} {
			p.UserUUID = user
			_, err := generations.List(ctx, env.DB, p)
			require.ErrorIs(t, err, generations.ErrInvalid)
		}

		for _, c := range []struct {
			p                           generations.CountParams
			pending, processing, failed int64
		}{
			{generations.CountParams{}, 5, 4, 4},
			{generations.CountParams{UserUUID: user}, 4, 4, 4},
			{generations.CountParams{UserUUID: user, From: noon.Add(3 * time.Hour), To: noon.Add(5 * time.Hour)}, 1, 0, 1},
			{generations.CountParams{UserUUID: uuid.NewString()}, 0, 0, 0},
		} {
			got, err := generations.CountByStatus(ctx, env.DB, c.p)
			require.NoError(t, err)
			require.Equal(t, map[generations.Status]int64{
				generations.StatusPending: c.pending, generations.StatusProcessing: c.processing,
				generations.StatusFailed: c.failed, generations.StatusCompleted: 0,
			}, got)
		}
		_, err = generations.CountByStatus(ctx, env.DB, generations.CountParams{UserUUID: "ada"})
		require.ErrorIs(t, err, generations.ErrInvalid)
	})
}
