package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const root = "../../.."

// TestMutationsMatch keeps the list true to the code and to the manual.
func TestMutationsMatch(t *testing.T) {
	t.Parallel()
	manual, err := os.ReadFile(filepath.Join(root, "docs", "ledger.md"))
	require.NoError(t, err)
	seen := map[string]bool{}
	for _, m := range mutations() {
		assert.False(t, seen[m.name], "%s is there twice", m.name)
		seen[m.name] = true
		mutant, err := m.mutate(root)
		if !assert.NoError(t, err, m.name) {
			continue
		}
		original, err := os.ReadFile(m.path(root))
		require.NoError(t, err)
		assert.NotEqual(t, string(original), mutant, "%s changes nothing", m.name)
		assert.Equal(t, 1, strings.Count(string(manual), m.row()), "docs/ledger.md has %s", m.row())
	}
}

func TestMutateRefusesTextThatIsNotThereOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, ledger), 0o700))
	m := mutation{file: "a.go", old: "x", new: "y"}
	for text, want := range map[string]string{"axb": "ayb", "ab": "", "axbx": ""} {
		require.NoError(t, os.WriteFile(m.path(dir), []byte(text), 0o600))
		got, err := m.mutate(dir)
		assert.Equal(t, want, got)
		assert.Equal(t, want == "", err != nil)
	}
}

func TestLeaves(t *testing.T) {
	t.Parallel()
	assert.Equal(t, []string{"A/b/c", "A/bc", "D"}, leaves([]string{"A", "A/b", "A/b/c", "A/bc", "D"}))
}

func TestListNamesAFew(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "`a`", list([]string{"a"}))
	assert.Equal(t, "`a`, `b`", list([]string{"a", "b"}))
	assert.Equal(t, "`a`, `b` and 2 more", list([]string{"a", "b", "c", "d"}))
}
