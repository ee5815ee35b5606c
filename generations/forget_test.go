package generations_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/generations"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/users"
)

func TestForget(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		var who []string
		var open []string
		for _, email := range []string{"ada@example.com", "grace@example.com"} {
			made, err := users.Create(ctx, env.DB, users.CreateParams{Email: email})
			require.NoError(t, err)
			who = append(who, made.User.UUID)
			for i := range 3 {
				g, err := generations.ChargeGeneration(ctx, env.DB, generations.ChargeParams{
					UserUUID: made.User.UUID, AIType: generations.TypeImage, Provider: "kling", Model: "kling-v1", Prompt: email,
				})
				require.NoError(t, err)
				genID := g.Generation.GenID
				switch i {
				case 0:
					_, err = generations.Complete(ctx, env.DB, generations.CompleteParams{
						GenID: genID, ResultURLs: []string{"https://cdn.example.com/" + email},
					})
				case 1:
					_, err = generations.Start(ctx, env.DB, generations.StartParams{GenID: genID})
				}
				require.NoError(t, err)
				if i > 0 {
					open = append(open, genID)
				}
			}
		}

		err := env.DB.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
			_, err := generations.Forget(ctx, tx, generations.ForgetParams{UserUUID: "x"})
			require.ErrorIs(t, err, generations.ErrInvalid)
			_, err = generations.Forget(ctx, tx, generations.ForgetParams{UserUUID: who[0], At: time.Unix(-1, 0)})
			require.ErrorIs(t, err, generations.ErrInvalid)
			done, err := generations.Forget(ctx, tx, generations.ForgetParams{UserUUID: who[0]})
			require.NoError(t, err)
			require.Equal(t, &generations.ForgetResult{Generations: 3, Failed: 2}, done)
			return nil
		})
		require.NoError(t, err)
		again, err := generations.Forget(ctx, env.DB, generations.ForgetParams{UserUUID: who[0]})
		require.NoError(t, err)
		require.Equal(t, &generations.ForgetResult{}, again)

		for i, want := range []int64{96, 88} {
			balance, err := credits.Balance(ctx, env.DB, credits.BalanceParams{UserUUID: who[i]})
			require.NoError(t, err)
			require.Equal(t, want, balance.Available, "what was under way came back")
			list, err := generations.List(ctx, env.DB, generations.ListParams{UserUUID: who[i]})
			require.NoError(t, err)
			for _, g := range list.Items {
				require.Equal(t, i == 0, g.Prompt == "" && g.ResultURLs == "", "%+v", g)
				require.Equal(t, "kling-v1", g.Model)
				require.Equal(t, int64(4), g.CreditsCost)
			}
		}
		for i, genID := range open {
			_, err := generations.Complete(ctx, env.DB, generations.CompleteParams{GenID: genID, ResultURLs: []string{"https://x.example/late"}})
			if i < 2 {
				require.ErrorIs(t, err, generations.ErrState, "a late result is not stored")
			} else {
				require.NoError(t, err)
			}
		}
	})
}
