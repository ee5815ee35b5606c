package generations_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/adopt"
	"github.com/chameleon-go/chameleon/archive"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// TestRestoreIntoAdoptedTables archives what is in the original application's tables, and brings
// it back into them: PostgreSQL always generates their ids.
func TestRestoreIntoAdoptedTables(t *testing.T) {
	t.Parallel()
	enginetest.RunLive(t, func(t *testing.T, env *enginetest.Env) {
		_, err := adopt.Run(t.Context(), env.DB, adopt.Params{})
		require.NoError(t, err)
		a := archiving{t, env.DB, rich(t, env.DB, 1000), env.Sharded}
		for range 3 {
			a.complete(a.db, a.charge(a.db, image(a.user)).Generation.GenID)
		}
		before := idsOf(t, env.DB)
		report, err := archive.Run(t.Context(), env.DB, archive.Params{Before: time.Now().Add(time.Hour)})
		require.NoError(t, err)
		require.Positive(t, report.Entries)
		require.Positive(t, report.Generations)
		require.NotEqual(t, before, idsOf(t, env.DB))
		_, err = archive.Restore(t.Context(), env.DB, archive.RestoreParams{})
		require.NoError(t, err)
		require.Equal(t, before, idsOf(t, env.DB))
	})
}

// idsOf are the ids of entries and of generations.
func idsOf(t *testing.T, db bun.IDB) (ids [2][]int64) {
	t.Helper()
	for i, table := range []string{"credits_trans", "generations"} {
		require.NoError(t, db.NewSelect().Table(table).Column("id").Order("id").Scan(t.Context(), &ids[i]))
	}
	return ids
}
