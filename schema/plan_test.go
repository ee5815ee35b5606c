package schema_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/schema"
)

// A plan is what the next push does, and changes nothing by itself.
func TestPlanIsWhatPushDoes(t *testing.T) {
	enginetest.RunEmpty(t, func(t *testing.T, env *enginetest.Env) {
		exec(t, env.DB, `CREATE TABLE shares (owner varchar(50) NOT NULL, number bigint NOT NULL, PRIMARY KEY (owner, number))`)
		before := snapshot(t, env.DB)
		planned, err := schema.Plan(t.Context(), env.DB, testModels()...)
		require.NoError(t, err)
		require.Equal(t, before, snapshot(t, env.DB))
		require.Equal(t, planned.Changes, push(t, env.DB))

		planned, err = schema.Plan(t.Context(), env.DB, testModels()...)
		require.NoError(t, err)
		require.Empty(t, planned.Changes)
	})
}

// A model that several packages bring is pushed once.
func TestAModelNamedTwiceCountsOnce(t *testing.T) {
	enginetest.RunEmpty(t, func(t *testing.T, env *enginetest.Env) {
		result, err := schema.Push(t.Context(), env.DB, (*share)(nil), (*order)(nil), &share{})
		require.NoError(t, err)
		require.Equal(t, "shares", result.Changes[0].Table)
		tables := 0
		for _, c := range result.Changes {
			if c.Kind == schema.AddTable {
				tables++
			}
		}
		require.Equal(t, 2, tables)
	})
}
