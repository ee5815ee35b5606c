package dialect_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// TestWhoseTransaction: a transaction is one by value and by pointer, and a
// caller's unless InTx opened it.
func TestWhoseTransaction(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := t.Context()
		assert.True(t, dialect.IsHandle(env.DB))
		assert.False(t, dialect.IsCallers(ctx, env.DB))
		err := env.DB.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
			for _, db := range []bun.IDB{tx, &tx} {
				found, ok := dialect.TxOf(db)
				assert.True(t, ok)
				assert.Same(t, tx.Tx, found.Tx)
				assert.False(t, dialect.IsHandle(db))
				assert.True(t, dialect.IsCallers(ctx, db))
			}
			return dialect.InTx(ctx, &tx, func(ctx context.Context, tx bun.Tx) error {
				assert.True(t, dialect.IsCallers(ctx, tx), "it takes part in the caller's")
				return nil
			})
		})
		require.NoError(t, err)
		var outer context.Context
		require.NoError(t, dialect.InTx(ctx, env.DB, func(ctx context.Context, tx bun.Tx) error {
			outer = ctx //nolint:fatcontext // to be used where it does not belong
			assert.False(t, dialect.IsCallers(ctx, tx))
			assert.False(t, dialect.IsCallers(ctx, &tx))
			return nil
		}))
		require.NoError(t, env.DB.RunInTx(ctx, nil, func(_ context.Context, tx bun.Tx) error {
			assert.True(t, dialect.IsCallers(outer, tx), "the context is another transaction's")
			return nil
		}))
	})
}
