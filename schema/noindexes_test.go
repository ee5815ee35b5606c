package schema_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/schema"
)

// What a push leaves out, the next one builds.
func TestIndexesComeLater(t *testing.T) {
	t.Parallel()
	db := enginetest.NewEmpty(t, dialect.SQLite).DB
	first, err := schema.Options{NoIndexes: true}.Push(t.Context(), db, credits.Models()...)
	require.NoError(t, err)
	require.NotEmpty(t, first.Changes)
	for _, c := range first.Changes {
		require.Empty(t, c.Index)
	}
	then, err := schema.Push(t.Context(), db, credits.Models()...)
	require.NoError(t, err)
	require.NotEmpty(t, then.Changes)
	for _, c := range then.Changes {
		require.NotEmpty(t, c.Index)
	}
	again, err := schema.Push(t.Context(), db, credits.Models()...)
	require.NoError(t, err)
	require.Empty(t, again.Changes)
}
