package enginetest_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/engines"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// TestASpoiledDatabaseIsNobodyElses: what a test left otherwise than it found it comes to
// no other test, and of a database that does nothing is left.
func TestASpoiledDatabaseIsNobodyElses(t *testing.T) {
	t.Parallel()
	const row = `INSERT INTO posts (uuid, slug, locale) VALUES ('a', 'a', 'en')`
	for _, engine := range engines.OfServers() {
		t.Run(string(engine), func(t *testing.T) {
			t.Parallel()
			spoiled := map[string]bool{}
			for _, statement := range []string{
				"CREATE TABLE theirs (id integer)",
				"CREATE INDEX theirs ON posts (locale)",
				"ALTER TABLE posts DROP COLUMN description",
				"CREATE VIEW theirs AS SELECT 1 AS one",
				"INSERT INTO posts (id, uuid, slug, locale) VALUES (2000000, 'a', 'a', 'en')",
			} {
				t.Run("spoilt", func(t *testing.T) {
					env := enginetest.New(t, engine)
					spoiled[env.URL] = true
					_, err := env.DB.ExecContext(t.Context(), statement)
					require.NoError(t, err, statement)
				})
			}
			given := map[string]bool{}
			for range 8 {
				t.Run("given", func(t *testing.T) {
					env := enginetest.New(t, engine)
					assert.False(t, spoiled[env.URL], "a spoiled database came again")
					given[env.URL] = true
					count, err := env.DB.NewSelect().Table("posts").Count(t.Context())
					require.NoError(t, err)
					assert.Zero(t, count)
					_, err = env.DB.ExecContext(t.Context(), row)
					require.NoError(t, err)
				})
			}
			if engine != dialect.PostgreSQL && !t.Failed() && !t.Skipped() {
				assert.Less(t, len(given), 8, "none was kept for another test")
			}
		})
	}
}
