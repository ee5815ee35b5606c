package main

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestDiagramsAreCurrent: docs/architecture.md is what make diagrams writes.
func TestDiagramsAreCurrent(t *testing.T) {
	t.Parallel()
	const root = "../../.."
	page, err := draw(root)
	require.NoError(t, err)
	written, err := os.ReadFile(root + "/docs/architecture.md")
	require.NoError(t, err)
	assert.Equal(t, page, string(written), "run make diagrams")
}

// TestArrowsThatFollowAreLeftOut: an import that others lead to is not drawn.
func TestArrowsThatFollowAreLeftOut(t *testing.T) {
	t.Parallel()
	graph := imports{"a": {"b": true, "c": true}, "b": {"c": true}, "c": {}}
	assert.True(t, graph.follows("a", "c"))
	assert.False(t, graph.follows("a", "b"))
	assert.False(t, graph.follows("b", "c"))
}
