package enginetest_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

func TestRecorder(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		db, seen := env.Record(t)
		_, err := credits.Balance(t.Context(), db, credits.BalanceParams{UserUUID: "o'neill"})
		require.NoError(t, err)
		sent := seen.Take()
		require.Len(t, sent, 1)
		assert.Contains(t, env.Literal(sent[0]), "= 'o''neill'")
		assert.False(t, env.Scans(env.Explain(t, env.Literal(sent[0])), "a"))

		require.NoError(t, db.RunInTx(t.Context(), nil, func(context.Context, bun.Tx) error { return nil }))
		sent = seen.Take()
		require.Len(t, sent, 2)
		assert.Equal(t, []string{"BEGIN", "COMMIT"}, []string{sent[0].Text, sent[1].Text})
		all := env.Explain(t, "SELECT c.* FROM credits AS c ORDER BY c.balance")
		assert.True(t, env.Scans(all, "c"), all)
		assert.True(t, env.Sorts(all), all)
	})
}
