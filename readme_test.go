package chameleon_test

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The README's program is the one in examples/readme, and prints what the
// README says.
func TestReadmeProgram(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	program, err := os.ReadFile("examples/readme/main.go")
	require.NoError(t, err)

	shown := block(t, string(readme), "go")
	_, source, found := strings.Cut(string(program), "package main\n")
	require.True(t, found)
	require.Equal(t, strings.TrimSpace("package main\n"+source), shown, "the program whole: nothing that README.md does not show")

	out, err := exec.CommandContext(t.Context(), "go", "run", "./examples/readme").CombinedOutput()
	require.NoError(t, err, string(out))
	require.Equal(t, block(t, string(readme), "text"), strings.TrimSpace(string(out)))
}

// block returns the first fenced block of a language.
func block(t *testing.T, text, language string) string {
	t.Helper()
	found := regexp.MustCompile("(?s)```" + language + "\n(.*?)```").FindStringSubmatch(text)
	require.NotNil(t, found, "README.md has no %s block", language)
	return strings.TrimSpace(found[1])
}
