package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestMutantsMatchTheCode: a mutant whose text is gone from the code proves
// nothing any more.
func TestMutantsMatchTheCode(t *testing.T) {
	t.Parallel()
	names := map[string]bool{}
	for _, m := range mutants() {
		assert.False(t, names[m.name], "%s stands twice", m.name)
		names[m.name] = true
		text, err := os.ReadFile(filepath.Join("..", "..", "..", m.file))
		require.NoError(t, err)
		for _, edit := range m.edits {
			assert.Equal(t, 1, strings.Count(string(text), edit[0]), "%s: %q in %s", m.name, edit[0], m.file)
		}
	}
}
