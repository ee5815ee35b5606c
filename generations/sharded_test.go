package generations_test

import (
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/generations"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// TestShardedGenerations: where the table is laid out for shards two users may have
// a generation of one GenID, each is reached with its user, and one GenID alone is
// refused before it means the wrong one.
func TestShardedGenerations(t *testing.T) {
	t.Parallel()
	enginetest.RunSharded(t, func(t *testing.T, env *enginetest.Env) {
		users := []string{uuid.NewString(), uuid.NewString()}
		for _, user := range users {
			_, err := credits.Grant(t.Context(), env.DB, credits.GrantParams{UserUUID: user, Amount: 50, Type: "gift", Key: "g"})
			require.NoError(t, err)
			_, err = generations.ChargeGeneration(t.Context(), env.DB, generations.ChargeParams{
				UserUUID: user, GenID: "both", AIType: generations.TypeText, Provider: "openai", Model: "m", Prompt: "p", Cost: 5,
			})
			require.NoError(t, err)
		}
		_, err := generations.Get(t.Context(), env.DB, generations.GetParams{GenID: "both"})
		require.ErrorIs(t, err, generations.ErrInvalid)
		_, err = generations.Fail(t.Context(), env.DB, generations.FailParams{GenID: "both"})
		require.ErrorIs(t, err, generations.ErrInvalid)
		done, err := generations.Fail(t.Context(), env.DB, generations.FailParams{GenID: "both", UserUUID: users[0]})
		require.NoError(t, err)
		assert.Equal(t, users[0], done.Generation.UserUUID)
		other, err := generations.Get(t.Context(), env.DB, generations.GetParams{GenID: "both", UserUUID: users[1]})
		require.NoError(t, err)
		assert.Equal(t, generations.StatusPending, other.Status)

		// A GenID that one user alone has needs no user.
		_, err = generations.ChargeGeneration(t.Context(), env.DB, generations.ChargeParams{
			UserUUID: users[0], GenID: "one", AIType: generations.TypeText, Provider: "openai", Model: "m", Prompt: "p", Cost: 5,
		})
		require.NoError(t, err)
		done, err = generations.Fail(t.Context(), env.DB, generations.FailParams{GenID: "one"})
		require.NoError(t, err)
		assert.Equal(t, users[0], done.Generation.UserUUID)
	})
}
