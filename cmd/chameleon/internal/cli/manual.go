package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Manual writes the manual of all commands as Markdown: docs/command.md, but for its
// introduction. It is what --help says.
//
// Errors: those of w.
func Manual(w io.Writer) error {
	var b strings.Builder
	root := (&app{env: Env{Getenv: func(string) string { return "" }}}).root()
	manual(&b, root)
	_, err := io.WriteString(w, b.String())
	return err
}

func manual(b *strings.Builder, cmd *cobra.Command) {
	if cmd.Name() == "help" || cmd.Name() == "completion" {
		return // cobra's own
	}
	fmt.Fprintf(b, "## %s\n\n%s.\n\n", cmd.CommandPath(), cmd.Short)
	fmt.Fprintf(b, "    %s\n\n", cmd.UseLine())
	fmt.Fprintf(b, "%s\n\n", prose(cmd.Long))
	fmt.Fprintf(b, "Examples:\n\n%s\n\n", strings.TrimRight(indent(cmd.Example, "  "), "\n"))
	flags := cmd.NonInheritedFlags()
	if flags.HasAvailableFlags() {
		b.WriteString("| Flag | |\n|---|---|\n")
		flags.VisitAll(func(f *pflag.Flag) { b.WriteString(flagRow(f)) })
		b.WriteString("\n")
	}
	for _, below := range cmd.Commands() {
		manual(b, below)
	}
}

func flagRow(f *pflag.Flag) string {
	value, usage := pflag.UnquoteUsage(f)
	name := "`--" + f.Name
	if f.Shorthand != "" {
		name = "`-" + f.Shorthand + "`, " + name
	}
	if value != "" {
		name += " " + value
	}
	if f.DefValue != "" && f.DefValue != "false" && f.DefValue != "0" && f.DefValue != "0s" && f.DefValue != "[]" {
		usage += " (default " + f.DefValue + ")"
	}
	return fmt.Sprintf("| %s` | %s |\n", name, usage)
}

// prose is a help text as Markdown: its indented parts are code.
func prose(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if !strings.HasPrefix(line, "  ") {
			continue
		}
		lines[i] = "  " + line
		if i > 0 && lines[i-1] != "" && !strings.HasPrefix(lines[i-1], "  ") {
			lines[i] = "\n" + lines[i]
		}
	}
	return strings.Join(lines, "\n")
}

func indent(text, by string) string {
	return by + strings.ReplaceAll(text, "\n", "\n"+by)
}
