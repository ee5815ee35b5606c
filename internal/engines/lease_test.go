//go:build unix

package engines_test

import (
	"context"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/engines"
)

// A keeper in this process publishes its fleet, lends it, and stops when it is
// told to. Leasing from it needs no second keeper.
func TestKeeperLendsItsServers(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	want := engines.Fleet{
		Servers: []engines.Server{{Engine: dialect.MySQL, URL: "mysql://u@127.0.0.1/x", Source: "a test", Version: "9"}},
		Missing: []engines.Missing{{Engine: dialect.MariaDB, Why: "not here"}},
	}
	ctx, cancel := context.WithCancel(t.Context())
	var stopped atomic.Bool
	kept := make(chan error, 1)
	go func() {
		start := func(context.Context) (*engines.Fleet, time.Duration, error) { return &want, time.Hour, nil }
		kept <- engines.Keep(ctx, start, func() error { stopped.Store(true); return nil })
	}()
	require.Eventually(t, func() bool { return len(states(t)) == 1 }, time.Minute, time.Millisecond, "the state is published")

	got, err := engines.Lease(t.Context())
	require.NoError(t, err)
	assert.Equal(t, want, *got)
	assert.False(t, stopped.Load())

	cancel()
	require.NoError(t, <-kept)
	assert.True(t, stopped.Load())
	assert.Empty(t, states(t), "nobody finds servers that have gone")
}

// A keeper that nobody leases from ends by itself.
func TestKeeperEndsWhenIdle(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	stops := 0
	start := func(context.Context) (*engines.Fleet, time.Duration, error) {
		return new(engines.Fleet), 10 * time.Millisecond, nil
	}
	require.NoError(t, engines.Keep(t.Context(), start, func() error { stops++; return nil }))
	assert.Equal(t, 1, stops)
}

// A keeper that cannot start cleans up and publishes nothing.
func TestKeeperThatCannotStart(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	stops := 0
	start := func(context.Context) (*engines.Fleet, time.Duration, error) { return nil, 0, os.ErrPermission }
	err := engines.Keep(t.Context(), start, func() error { stops++; return nil })
	require.ErrorIs(t, err, os.ErrPermission)
	assert.Equal(t, 1, stops)
	assert.Empty(t, states(t))
}

func states(t *testing.T) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(os.TempDir(), "chameleon-test-*", "state.json"))
	require.NoError(t, err)
	return found
}
