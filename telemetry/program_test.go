package telemetry_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
)

// The program in docs/observability.md is one: it compiles as it stands there.
func TestDocumentedProgram(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../docs/observability.md")
	require.NoError(t, err)
	programs := regexp.MustCompile("(?s)```go\n(package main\n.*?)```").FindAllSubmatch(page, -1)
	require.Len(t, programs, 1)
	dir := t.TempDir()
	source, overlay := filepath.Join(dir, "main.go"), filepath.Join(dir, "overlay.json")
	require.NoError(t, os.WriteFile(source, programs[0][1], 0o600))
	here, err := os.Getwd()
	require.NoError(t, err)
	// The program is in this module, and in no file of it.
	shown, err := json.Marshal(map[string]any{"Replace": map[string]string{filepath.Join(here, "documented", "main.go"): source}})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(overlay, shown, 0o600))

	out, err := exec.CommandContext(t.Context(), "go", "list", "-export", "-overlay", overlay, "./documented").CombinedOutput()
	require.NoError(t, err, string(out))
}
