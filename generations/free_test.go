package generations_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/generations"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// TestFreeGenerations: what costs nothing is recorded, replayed, settled and failed
// without the ledger, by users who have nothing, also in the original application's
// tables; and what was paid for stays so.
func TestFreeGenerations(t *testing.T) {
	enginetest.RunLive(t, func(t *testing.T, env *enginetest.Env) {
		ctx := t.Context()
		user := rich(t, env.DB, 10)
		listed := generations.PriceList{{AIType: "audio", Provider: "acme", Model: "hum-1"}}
		hum := generations.ChargeParams{
			UserUUID: user, AIType: "audio", Provider: "acme", Model: "hum-1", Prompt: "a tune", Prices: listed, Key: "k",
		}
		place := func(p generations.ChargeParams) *generations.Result {
			got, err := generations.ChargeGeneration(ctx, env.DB, p)
			require.NoError(t, err)
			require.Nil(t, got.Operation)
			require.Zero(t, got.Generation.CreditsCost)
			return got
		}
		first := place(hum)
		require.False(t, first.Replayed)
		again := place(hum)
		require.True(t, again.Replayed)
		require.Nil(t, again.Mended)
		require.Equal(t, first.Generation.GenID, again.Generation.GenID)

		hum.Key, hum.Prices, hum.Free = "", nil, true
		place(hum)
		done, err := generations.Complete(ctx, env.DB, generations.CompleteParams{GenID: first.Generation.GenID})
		require.NoError(t, err, "only images and videos have to be somewhere")
		require.Equal(t, generations.StatusCompleted, done.Generation.Status)

		hum.GenID = "mine"
		free := place(hum)
		for _, replayed := range []bool{false, true} {
			failed, err := generations.Fail(ctx, env.DB, generations.FailParams{GenID: free.Generation.GenID})
			require.NoError(t, err)
			require.Nil(t, failed.Operation)
			require.Zero(t, failed.Generation.CreditsRefunded)
			require.Equal(t, replayed, failed.Replayed)
		}
		require.Equal(t, int64(10), available(t, env.DB, user))

		hum.Free, hum.Cost = false, 3
		_, err = generations.ChargeGeneration(ctx, env.DB, hum)
		require.ErrorIs(t, err, generations.ErrKeyReused, "it was free")
	})
}

// TestFreeHolds: what may turn out to cost nothing holds nothing.
func TestFreeHolds(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := t.Context()
		user := rich(t, env.DB, 10)
		hold := generations.HoldParams{
			UserUUID: user, AIType: "audio", Provider: "acme", Model: "hum-1", Prompt: "a tune", Key: "k",
			Prices: generations.PriceList{{AIType: "audio", Provider: "acme", Model: "hum-1"}},
		}
		for _, replayed := range []bool{false, true} {
			got, err := generations.HoldGeneration(ctx, env.DB, hold)
			require.NoError(t, err)
			require.Nil(t, got.Operation)
			require.Equal(t, replayed, got.Replayed)
			hold.GenID = got.Generation.GenID
		}
		_, err := generations.Extend(ctx, env.DB, generations.ExtendParams{GenID: hold.GenID})
		require.NoError(t, err)
		_, err = generations.Settle(ctx, env.DB, generations.SettleParams{GenID: hold.GenID, Cost: 1})
		require.Error(t, err, "nothing is held")
		for _, replayed := range []bool{false, true} {
			got, err := generations.Settle(ctx, env.DB, generations.SettleParams{GenID: hold.GenID, Free: true})
			require.NoError(t, err)
			require.Equal(t, replayed, got.Replayed)
		}
		got, err := generations.HoldGeneration(ctx, env.DB, hold)
		require.NoError(t, err)
		require.True(t, got.Replayed)
		require.Equal(t, int64(10), available(t, env.DB, user))
	})
}

// TestFreeNowPaidThen: a call whose row was lost finds what it paid for, though the
// same is free by now.
func TestFreeNowPaidThen(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := t.Context()
		user := rich(t, env.DB, 10)
		p := image(user)
		p.Key, p.Cost = "k", 4
		paid, err := generations.ChargeGeneration(ctx, env.DB, p)
		require.NoError(t, err)
		lose(ctx, t, env.DB, paid.Generation.GenID)
		p.Cost, p.Prices = 0, generations.PriceList{{AIType: p.AIType, Provider: p.Provider, Model: p.Model}}
		got, err := generations.ChargeGeneration(ctx, env.DB, p)
		require.NoError(t, err)
		require.Equal(t, paid.Generation.GenID, got.Generation.GenID)
		require.Equal(t, int64(4), got.Generation.CreditsCost)

		lose(ctx, t, env.DB, paid.Generation.GenID)
		p.Prices, p.Free = nil, true
		_, err = generations.ChargeGeneration(ctx, env.DB, p)
		require.ErrorIs(t, err, generations.ErrKeyReused)
		require.Equal(t, int64(6), available(t, env.DB, user))
	})
}

func lose(ctx context.Context, t *testing.T, db bun.IDB, genID string) {
	t.Helper()
	_, err := db.ExecContext(ctx, "DELETE FROM generations WHERE gen_id = ?", genID)
	require.NoError(t, err)
}
