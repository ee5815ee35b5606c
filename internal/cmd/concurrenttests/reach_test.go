package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const example = `package p

import (
	"context"
	"sync"
	"testing"

	"example.com/verbs"
)

func TestAlone(t *testing.T)   { helper(t); verbs.Together(t) }
func TestStarts(t *testing.T)  { go helper(t) }
func TestGroups(t *testing.T)  { var all sync.WaitGroup; all.Go(func() {}) }
func TestCalls(t *testing.T)   { Together(t) }
func TestPasses(t *testing.T)  { run(t, Together) }
func TestMethod(t *testing.T)  { teller{}.atOnce() }
func TestEnds(t *testing.T)    { _, cancel := context.WithCancel(t.Context()); cancel() }
func TestMain(m *testing.M)    { go m.Run() }

func helper(t *testing.T)                         { t.Helper(); helper(t) }
func run(t *testing.T, fn func(t *testing.T))     { fn(t) }
func Together(t *testing.T)                       { func() { go helper(t) }() }

type teller struct{}

func (teller) atOnce() { more() }

func more() { go func() {}() }
`

func TestConcurrent(t *testing.T) {
	file := filepath.Join(t.TempDir(), "p_test.go")
	require.NoError(t, os.WriteFile(file, []byte(example), 0o600))

	tests, err := concurrent([]string{file})

	require.NoError(t, err)
	require.Equal(t, []string{"TestCalls", "TestEnds", "TestGroups", "TestMethod", "TestPasses", "TestStarts"}, tests)
}

// The tests on which the race detector was found to earn its time are among them.
func TestFindsTheLedgersConcurrentTests(t *testing.T) {
	files, err := filepath.Glob("../../../credits/*_test.go")
	require.NoError(t, err)
	require.NotEmpty(t, files)

	tests, err := concurrent(files)

	require.NoError(t, err)
	require.Subset(t, tests, []string{"TestSoak", "TestOneAccountIsLinearizable", "TestDeadlinesEndChargesAnywhere", "TestSumsSurviveKills"})
	require.NotContains(t, tests, "TestVerifyLargeAccount")
}

func TestSharesMemory(t *testing.T) {
	for source, want := range map[string]bool{
		"package p\nfunc f() { go g() }":             true,
		"package p\nimport _ \"sync/atomic\"":        true,
		"package p\nimport _ \"context\"\nvar n int": false,
	} {
		file := filepath.Join(t.TempDir(), "p.go")
		require.NoError(t, os.WriteFile(file, []byte(source), 0o600))
		shares, err := sharesMemory([]string{file})
		require.NoError(t, err)
		require.Equal(t, want, shares, source)
	}
	for dir, want := range map[string]bool{"credits": true, "credits/charger": true, "dialect": true, "apikeys": true, "orders": false} {
		files, err := filepath.Glob("../../../" + dir + "/*.go")
		require.NoError(t, err)
		require.NotEmpty(t, files)
		files = slices.DeleteFunc(files, func(name string) bool { return strings.HasSuffix(name, "_test.go") })
		shares, err := sharesMemory(files)
		require.NoError(t, err)
		require.Equal(t, want, shares, dir)
	}
}
