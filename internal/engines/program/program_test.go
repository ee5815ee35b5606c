//go:build unix

package program_test

import (
	"bytes"
	"context"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/internal/engines/program"
)

func TestEndTakesTheSignal(t *testing.T) {
	t.Parallel()
	server := start(t, "trap 'echo bye; exit 0' TERM; echo up; while :; do sleep 0.05; done")
	require.NoError(t, server.End(t.Context(), syscall.SIGTERM))
	assert.Contains(t, string(server.Output()), "bye")
}

func TestEndKillsWhatStays(t *testing.T) {
	t.Parallel()
	server := start(t, "trap '' TERM; echo up; while :; do sleep 0.05; done")
	ended, cancel := context.WithCancel(t.Context())
	cancel() // the patience is over at once
	require.NoError(t, server.End(ended, syscall.SIGTERM))
	<-server.Ended()
	require.NoError(t, server.End(t.Context(), syscall.SIGTERM), "ending what has ended")
}

func TestFilesAreTheAccounts(t *testing.T) {
	t.Parallel()
	parent, err := os.MkdirTemp("", "chameleon-program-") //nolint:usetesting // whose folders no other account enters
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, os.RemoveAll(parent)) })
	require.NoError(t, os.Chmod(parent, 0o755))

	account, err := program.AccountOf("no such account", "nobody")
	require.NoError(t, err)
	dir := filepath.Join(parent, "own")
	require.NoError(t, account.Mkdir(dir))
	require.NoError(t, account.WriteFile(filepath.Join(dir, "secret"), []byte("words")))
	output, err := account.Command(t.Context(), dir, "cat", "secret").Output()
	require.NoError(t, err)
	assert.Equal(t, "words", string(output))
	info, err := os.Stat(filepath.Join(dir, "secret"))
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode())
}

func TestFreePortCanBeBound(t *testing.T) {
	t.Parallel()
	// Anything on the machine may take the port in between, but not every time.
	require.Eventually(t, func() bool {
		port, err := program.FreePort(t.Context())
		require.NoError(t, err)
		listener, err := net.Listen("tcp", "127.0.0.1:"+port)
		return err == nil && listener.Close() == nil
	}, 10*time.Second, time.Millisecond)
}

// start runs a shell script and waits until it has printed something.
func start(t *testing.T, script string) *program.Server {
	t.Helper()
	account, err := program.AccountOf("nobody")
	require.NoError(t, err)
	server, err := program.Start(account.Command(context.WithoutCancel(t.Context()), "/", "sh", "-c", script))
	require.NoError(t, err)
	require.Eventually(t, func() bool { return bytes.Contains(server.Output(), []byte("up")) }, time.Minute, 5*time.Millisecond)
	return server
}
