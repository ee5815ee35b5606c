package transfer_test

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/schema"
	"github.com/chameleon-go/chameleon/transfer"
)

// TestEveryTableIsCarried: what a push makes is what a copy and an archive carry, and
// what the tests of this package move has rows of each table. A table that is new fails
// here until [filler] writes to it.
func TestEveryTableIsCarried(t *testing.T) {
	t.Parallel()
	source, target := enginetest.New(t, dialect.SQLite), enginetest.NewEmpty(t, dialect.SQLite)
	fill(t, source.DB, 60)
	want := dump(t, source.DB)
	var pushed []string
	require.NoError(t, source.DB.NewRaw("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' "+
		"AND name <> ? ORDER BY name", schema.RecordTable).Scan(t.Context(), &pushed))
	require.Equal(t, pushed, slices.Sorted(maps.Keys(want)), "chameleon.Models and the tables of a push")
	for name, lines := range want {
		require.NotEmpty(t, lines, "no test moves a row of %s", name)
	}
	copied := func(p transfer.CopyParams) map[string]transfer.CopiedTable {
		result, err := chameleon.Copy(t.Context(), source.DB, target.DB, p)
		require.NoError(t, err)
		tables := map[string]transfer.CopiedTable{}
		for _, table := range result.Tables {
			tables[table.Table] = table
			require.EqualValues(t, len(want[table.Table]), table.Rows, table.Table)
		}
		require.Len(t, tables, len(want))
		requireSame(t, want, dump(t, target.DB))
		return tables
	}
	copied(transfer.CopyParams{})
	inspected, err := transfer.InspectArchive(bytes.NewReader(archive(t, source)))
	require.NoError(t, err)
	require.Len(t, inspected.Tables, len(want))
	for _, table := range inspected.Tables {
		require.EqualValues(t, len(want[table.Table]), table.Rows, table.Table)
	}
	// One row less of each table is seen.
	for name := range want {
		_, err := target.DB.ExecContext(t.Context(), fmt.Sprintf("DELETE FROM %[1]s WHERE rowid = (SELECT MAX(rowid) FROM %[1]s)", name))
		require.NoError(t, err)
	}
	for name, table := range copied(transfer.CopyParams{Replace: true}) {
		require.EqualValues(t, 1, table.Written, name)
	}
}
