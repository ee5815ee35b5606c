//go:build unix

package sqlite_test

import (
	"context"
	"os"
	goexec "os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/dialect/handle"
	"github.com/chameleon-go/chameleon/dialect/sqlite"
)

// leavingVariable has a process of the tests open a database in memory, say where it
// is, and end without closing it.
const leavingVariable = "CHAMELEON_TEST_LEAVING"

// TestMemoryIsSwept: what a process leaves behind that never closes its database in
// memory, the next one removes, and nobody removes what is in use.
func TestMemoryIsSwept(t *testing.T) {
	if os.Getenv(leavingVariable) != "" {
		leave()
	}
	left := leaveInProcess(t)
	if _, err := os.Stat(left); err != nil {
		t.Fatalf("the process left nothing: %v", err)
	}
	mine := open(t, "sqlite://:memory:", handle.Settings{})
	next := leaveInProcess(t)
	assert.NoFileExists(t, left)
	assert.FileExists(t, next)
	_, err := mine.ExecContext(t.Context(), "CREATE TABLE still_there (id INTEGER)")
	require.NoError(t, err)
	require.NoError(t, os.RemoveAll(filepath.Dir(next)))
}

// leaveInProcess has another process leave a database in memory, and returns its file.
func leaveInProcess(t *testing.T) string {
	t.Helper()
	cmd := goexec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestMemoryIsSwept$")
	cmd.Env = append(os.Environ(), leavingVariable+"=1")
	out, err := cmd.Output()
	require.NoError(t, err, string(out))
	return strings.TrimSpace(string(out))
}

func leave() {
	config, err := sqlite.ParseURL("sqlite://:memory:")
	if err != nil {
		panic(err)
	}
	db, err := sqlite.Open(context.Background(), config, handle.Settings{})
	if err != nil {
		panic(err)
	}
	var number int
	var name, file string
	if err := db.QueryRow("PRAGMA database_list").Scan(&number, &name, &file); err != nil {
		panic(err)
	}
	_, _ = os.Stdout.WriteString(file + "\n")
	os.Exit(0)
}
