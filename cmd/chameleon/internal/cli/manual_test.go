package cli

import (
	"bytes"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write docs/command.md")

const manualPath = "../../../../docs/command.md"

// introduction is what docs/command.md begins with.
const introduction = `# The command

    go install github.com/chameleon-go/chameleon/cmd/chameleon@latest

What ` + "`chameleon … --help`" + ` says, on one page. It is written by
` + "`go test ./cmd/chameleon/internal/cli -run Manual -update`" + `.

Completion: ` + "`chameleon completion bash|zsh|fish|powershell`" + ` prints a script for the shell,
and with ` + "`--help`" + ` how to install it.

`

// TestManual: docs/command.md is the help of all commands, word by word.
func TestManual(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	b.WriteString(introduction)
	require.NoError(t, Manual(&b))
	text := strings.TrimRight(b.String(), "\n") + "\n"
	if *update {
		require.NoError(t, os.WriteFile(manualPath, []byte(text), 0o644))
	}
	written, err := os.ReadFile(manualPath)
	require.NoError(t, err)
	assert.Equal(t, string(written), text)
}

// TestHelpTeaches: each command says what it does, in short and in long, each flag
// what it is for, and each example is one that the command line understands.
func TestHelpTeaches(t *testing.T) {
	t.Parallel()
	every(newRoot(), func(cmd *cobra.Command) {
		path := cmd.CommandPath()
		assert.NotEmpty(t, cmd.Short, path)
		assert.Greater(t, len(cmd.Long), len(cmd.Short), path)
		assert.False(t, strings.HasSuffix(cmd.Short, "."), path)
		for line := range strings.SplitSeq(cmd.Long, "\n") {
			assert.LessOrEqual(t, len(line), 85, path)
		}
		cmd.Flags().VisitAll(func(f *pflag.Flag) { assert.NotEmpty(t, f.Usage, "%s --%s", path, f.Name) })
		require.NotEmpty(t, cmd.Example, path)
		for example := range strings.SplitSeq(cmd.Example, "\n") {
			assert.NoError(t, understood(example), example)
		}
	})
}

// understood parses the command line in an example.
func understood(example string) error {
	_, line, found := strings.Cut(example, "chameleon ")
	if !found {
		return nil // an export of a variable
	}
	for _, end := range []string{" >", " |", " #"} {
		line, _, _ = strings.Cut(line, end)
	}
	cmd, args, err := newRoot().Find(strings.Fields(line))
	if err != nil {
		return err
	}
	if err := cmd.ParseFlags(args); err != nil {
		return err
	}
	return cmd.ValidateArgs(cmd.Flags().Args())
}

func newRoot() *cobra.Command {
	return (&app{env: Env{Getenv: func(string) string { return "" }}}).root()
}

// every calls fn with each of this program's commands.
func every(cmd *cobra.Command, fn func(*cobra.Command)) {
	fn(cmd)
	for _, below := range cmd.Commands() {
		every(below, fn)
	}
}
