package tables_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/tables"
)

// TestNoIndexIsAnothersBeginning: what an index on a column is read for, one that
// begins with it serves, and each costs every row that is written.
func TestNoIndexIsAnothersBeginning(t *testing.T) {
	t.Parallel()
	declared := 0
	for _, model := range tables.All() {
		indexed, ok := model.(interface{ Indexes() []dialect.Index })
		if !ok {
			continue
		}
		for _, short := range indexed.Indexes() {
			declared++
			for _, long := range indexed.Indexes() {
				begins := len(short.Columns) < len(long.Columns) && slices.Equal(short.Columns, long.Columns[:len(short.Columns)])
				assert.False(t, begins && !short.Unique && long.Where == "", "%s is the beginning of %s", short.Name, long.Name)
			}
		}
	}
	assert.Positive(t, declared)
}
