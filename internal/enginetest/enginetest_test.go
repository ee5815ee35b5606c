package enginetest_test

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

func TestRunGivesThePushedSchema(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		assert.Equal(t, env.Engine, dialect.Of(env.DB).Engine)
		result, err := chameleon.Push(t.Context(), env.DB)
		require.NoError(t, err)
		assert.Empty(t, result.Changes, "a push on the pushed schema has nothing to do")
		for _, table := range []string{"users", "credits", "orders"} {
			count, err := env.DB.NewSelect().Table(table).Count(t.Context())
			require.NoError(t, err)
			assert.Zero(t, count, table)
		}
	})
}

func TestRunEmptyGivesNoTables(t *testing.T) {
	t.Parallel()
	enginetest.RunEmpty(t, func(t *testing.T, env *enginetest.Env) {
		_, err := env.DB.NewSelect().Table("users").Count(t.Context())
		require.ErrorIs(t, dialect.Classify(err), dialect.ErrSchemaMissing)
		result, err := chameleon.Push(t.Context(), env.DB)
		require.NoError(t, err)
		assert.NotEmpty(t, result.Changes)
	})
}

func TestEachTestHasItsOwnDatabase(t *testing.T) {
	t.Parallel()
	enginetest.RunEmpty(t, func(t *testing.T, env *enginetest.Env) {
		other := enginetest.NewEmpty(t, env.Engine)
		create(t, env.DB)
		create(t, other.DB)
		_, err := env.Open(t).ExecContext(t.Context(), "INSERT INTO marks (id) VALUES (1)")
		require.NoError(t, err)
		count, err := other.DB.NewSelect().Table("marks").Count(t.Context())
		require.NoError(t, err)
		assert.Zero(t, count)
	})
}

func TestPgBouncerSharesFewSessions(t *testing.T) {
	t.Parallel()
	pooled := enginetest.PgBouncer(t)
	var mu sync.Mutex
	backends := map[int]bool{}
	var group sync.WaitGroup
	for range 20 {
		db := openPooled(t, pooled)
		group.Go(func() {
			var backend int
			if err := db.QueryRowContext(t.Context(), "SELECT pg_backend_pid()").Scan(&backend); !assert.NoError(t, err) {
				return
			}
			mu.Lock()
			defer mu.Unlock()
			backends[backend] = true
		})
	}
	group.Wait()
	assert.NotEmpty(t, backends)
	assert.Less(t, len(backends), 20, "clients share the pooler's server connections")
}

func openPooled(t *testing.T, pooled *enginetest.Pooled) *bun.DB {
	t.Helper()
	db, err := chameleon.Open(t.Context(), pooled.URL, chameleon.WithPoolSize(1))
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, db.Close()) })
	return db
}

func create(t *testing.T, db *bun.DB) {
	t.Helper()
	_, err := db.ExecContext(t.Context(), "CREATE TABLE marks (id bigint PRIMARY KEY)")
	require.NoError(t, err)
}
