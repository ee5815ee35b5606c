package schema_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/schema"
)

// Whatever is missing, a push brings back, and the result is what a push into
// an empty database makes.
func TestPushCompletesWhatIsMissing(t *testing.T) {
	enginetest.RunEmpty(t, func(t *testing.T, env *enginetest.Env) {
		push(t, env.DB)
		whole := snapshot(t, env.DB)
		tables, err := schema.Read(env.DB, testModels())
		require.NoError(t, err)

		for seed := range uint64(8) {
			rnd := rand.New(rand.NewPCG(seed, 1))
			dropped := dropSome(t, env.DB, tables, rnd)
			changes := push(t, env.DB)
			require.Equal(t, len(dropped) == 0, len(changes) == 0, "seed %d", seed)
			require.Equal(t, whole, snapshot(t, env.DB), "seed %d: after %v and %v", seed, dropped, changes)
			require.Empty(t, push(t, env.DB), "seed %d", seed)
		}
	})
}

// dropSome drops tables, columns that are no marks of them, and indexes, at random, and
// returns the statements. An index goes before any of its columns does.
func dropSome(t *testing.T, db *bun.DB, tables []schema.Table, rnd *rand.Rand) (statements []string) {
	t.Helper()
	for _, table := range tables {
		if rnd.IntN(4) == 0 {
			statements = append(statements, fmt.Sprintf(`DROP TABLE "%s"`, table.Name))
			continue
		}
		var gone, columns []string
		for _, col := range table.Columns {
			if !slices.Contains(table.Marks, col.Name) && rnd.IntN(3) == 0 {
				gone = append(gone, col.Name)
				columns = append(columns, fmt.Sprintf(`ALTER TABLE "%s" DROP COLUMN "%s"`, table.Name, col.Name))
			}
		}
		for _, idx := range table.Indexes {
			used := slices.ContainsFunc(idx.Columns, func(c string) bool { return slices.Contains(gone, c) }) ||
				idx.Where != "" && slices.Contains(gone, "seen")
			if used || rnd.IntN(3) == 0 {
				drop := fmt.Sprintf(`DROP INDEX "%s"`, idx.Name)
				if dialect.Of(db).IsMySQL() {
					drop += fmt.Sprintf(` ON "%s"`, table.Name)
				}
				statements = append(statements, drop)
			}
		}
		statements = append(statements, columns...)
	}
	for _, stmt := range statements {
		exec(t, db, quoted(dialect.Of(db).Engine, stmt))
	}
	return statements
}
