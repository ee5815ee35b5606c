package credits_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/credits/audit"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// TestBatchesOverTheSameAccountsAtOnce: each account of a batch is locked, however
// many there are, so that batches that meet on several of them follow one another.
func TestBatchesOverTheSameAccountsAtOnce(t *testing.T) {
	t.Parallel()
	const callers, rounds = 6, 4
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := t.Context()
		var ops []credits.Op
		users := []string{uuid.NewString(), uuid.NewString(), uuid.NewString()}
		for _, user := range users {
			ops = append(ops, credits.GrantParams{UserUUID: user, Amount: 1000, Type: "gift"})
		}
		_, err := credits.Post(ctx, env.DB, credits.PostParams{Ops: ops, AllOrNothing: true})
		require.NoError(t, err)
		var all sync.WaitGroup
		for caller := range callers {
			all.Go(func() {
				for round := range rounds {
					var batch []credits.Op
					for _, user := range users {
						batch = append(batch, credits.ChargeParams{UserUUID: user, Amount: 1, Key: fmt.Sprint(caller, ".", round)})
					}
					if caller%2 == 0 {
						slices.Reverse(batch)
					}
					_, err := credits.Post(ctx, env.DB, credits.PostParams{Ops: batch, AllOrNothing: true})
					assert.NoError(t, err)
				}
			})
		}
		all.Wait()
		for _, user := range users {
			b, err := credits.Balance(ctx, env.DB, credits.BalanceParams{UserUUID: user})
			require.NoError(t, err)
			assert.EqualValues(t, 1000-callers*rounds, b.Available)
		}
		report, err := audit.Verify(ctx, env.DB, audit.VerifyParams{})
		require.NoError(t, err)
		assert.Empty(t, report.Breaches)
	})
}
