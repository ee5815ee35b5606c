package generations_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/generations"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// TestShardedGenIDInCallersTransactions: over shards a GenID is the user's own, also in
// a caller's transaction, where it is looked for before it is inserted.
func TestShardedGenIDInCallersTransactions(t *testing.T) {
	t.Parallel()
	enginetest.RunSharded(t, func(t *testing.T, env *enginetest.Env) {
		for _, user := range []string{rich(t, env.DB, 100), rich(t, env.DB, 100)} {
			p := image(user)
			p.GenID = "gen_mine"
			for _, replayed := range []bool{false, true} {
				require.NoError(t, env.DB.RunInTx(t.Context(), nil, func(ctx context.Context, tx bun.Tx) error {
					got, err := generations.ChargeGeneration(ctx, tx, p)
					require.NoError(t, err)
					require.Equal(t, replayed, got.Replayed)
					return nil
				}))
			}
			require.Equal(t, int64(95), available(t, env.DB, user))
		}
	})
}
