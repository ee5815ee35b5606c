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
			sizes = append(sizes, len(page.Generations))
			for _, g := range page.Generations {
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
		require.Empty(t, page.Generations)
		for _, p := range []generations.ListParams{
			{}, {UserUUID: user, Limit: 101}, {UserUUID: user, Limit: -1}, {UserUUID: user, Cursor: "AAAA"},
		} {
			_, err := generations.List(ctx, env.DB, p)
			require.ErrorIs(t, err, generations.ErrInvalid)
		}
	})
}
