package dialect_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// TestAfterCommit: what was asked for is done once the transaction is committed, and not
// where it is not, or is somebody else's.
func TestAfterCommit(t *testing.T) {
	t.Parallel()
	enginetest.RunEmpty(t, func(t *testing.T, env *enginetest.Env) {
		ctx := t.Context()
		counters(t, env.DB)
		seen := []int{}
		look := func(context.Context) { seen = append(seen, counted(t, env.DB)) }
		require.NoError(t, dialect.InTx(ctx, env.DB, func(ctx context.Context, tx bun.Tx) error {
			require.True(t, dialect.AfterCommit(ctx, tx, look))
			require.NoError(t, dialect.InTx(ctx, tx, func(ctx context.Context, tx bun.Tx) error { // takes part
				require.True(t, dialect.AfterCommit(ctx, &tx, look))
				return add(ctx, tx)
			}))
			assert.Empty(t, seen)
			require.False(t, dialect.AfterCommit(ctx, env.DB, look), "no transaction")
			return nil
		}))
		assert.Equal(t, []int{1, 1}, seen)

		seen = nil
		failed := errors.New("failed")
		require.ErrorIs(t, dialect.InTx(ctx, env.DB, func(ctx context.Context, tx bun.Tx) error {
			require.True(t, dialect.AfterCommit(ctx, tx, look))
			return failed
		}), failed)
		var outer context.Context
		require.NoError(t, dialect.InTx(ctx, env.DB, func(ctx context.Context, _ bun.Tx) error {
			outer = ctx //nolint:fatcontext // to be used where it does not belong
			return nil
		}))
		require.NoError(t, env.DB.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
			require.False(t, dialect.AfterCommit(ctx, tx, look))
			require.False(t, dialect.AfterCommit(outer, tx, look), "the context is another transaction's")
			return nil
		}))
		assert.Empty(t, seen)

		attempts := 0
		require.NoError(t, dialect.InTx(ctx, env.DB, func(ctx context.Context, tx bun.Tx) error {
			require.True(t, dialect.AfterCommit(ctx, tx, look))
			if attempts++; attempts < 3 {
				return &dialect.Error{Kind: dialect.KindTransient, Engine: env.Engine, Err: failed}
			}
			return add(ctx, tx)
		}))
		assert.Equal(t, []int{2}, seen, "of the attempt that was committed")
	})
}
