package main

import (
	"os"
	"path/filepath"
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
