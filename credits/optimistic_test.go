package credits_test

import (
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// TestOneKeyAtOnceOnConnections: calls with one key at once, each on a connection of
// its own, are one operation. On TiDB the connections are in its optimistic mode,
// where conflicts and taken keys are found by COMMIT (9007, 1062).
func TestOneKeyAtOnceOnConnections(t *testing.T) {
	t.Parallel()
	const callers = 4
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx, user := t.Context(), uuid.NewString()
		_, err := credits.Grant(ctx, env.DB, credits.GrantParams{UserUUID: user, Amount: 100, Type: "gift"})
		require.NoError(t, err)
		var all sync.WaitGroup
		seqs := make([]int64, callers)
		for i := range callers {
			all.Go(func() {
				conn, err := env.DB.Conn(ctx)
				if !assert.NoError(t, err) {
					return
				}
				defer func() { assert.NoError(t, conn.Close()) }()
				if env.IsTiDB() {
					_, err := conn.ExecContext(ctx, "SET tidb_txn_mode = 'optimistic'")
					assert.NoError(t, err)
				}
				op, err := credits.Charge(ctx, conn, credits.ChargeParams{UserUUID: user, Amount: 10, Key: "k"})
				if assert.NoError(t, err) {
					seqs[i] = op.Entries[0].Seq
				}
			})
		}
		all.Wait()
		for _, seq := range seqs {
			assert.EqualValues(t, 2, seq)
		}
		b, err := credits.Balance(ctx, env.DB, credits.BalanceParams{UserUUID: user})
		require.NoError(t, err)
		assert.EqualValues(t, 90, b.Available)
	})
}
