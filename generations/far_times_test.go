package generations_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/generations"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// A time of the generation's row that no clock has shown yet does not reach the
// ledger when a refund is made sure of: it would carry the account off.
func TestFarTimesOfRowsStayOutOfTheLedger(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := t.Context()
		user := rich(t, env.DB, 100)
		order := generations.ChargeParams{
			UserUUID: user, AIType: generations.TypeText, Provider: "p", Model: "m", Prompt: "a fox", Cost: 5, Key: "k", At: noon,
		}
		made, err := generations.ChargeGeneration(ctx, env.DB, order)
		require.NoError(t, err)
		_, err = env.DB.Exec("UPDATE generations SET status = 'failed', completed_at = ?", time.Date(2999, 1, 1, 0, 0, 0, 0, time.UTC))
		require.NoError(t, err)

		fail := generations.FailParams{GenID: made.Generation.GenID, At: noon}
		_, err = generations.Fail(ctx, env.DB, fail)
		require.ErrorIs(t, err, credits.ErrClock)
		ahead, err := credits.ListAhead(ctx, env.DB, credits.ListAheadParams{})
		require.NoError(t, err)
		assert.Empty(t, ahead.Items)

		fail.MaxAhead = credits.AnyTime
		failed, err := generations.Fail(ctx, env.DB, fail)
		require.NoError(t, err)
		assert.Equal(t, int64(5), failed.Operation.Amount)
	})
}
