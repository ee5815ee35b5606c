// Command chameleon looks after a Chameleon database: it makes its tables, takes
// over what the original application wrote, proves the ledger, and says what is
// wrong and what to do. docs/command.md is its manual.
package main

import (
	"context"
	"os"

	"github.com/mattn/go-isatty"

	"github.com/chameleon-go/chameleon/cmd/chameleon/internal/cli"
)

func main() {
	ctx, stop := cli.Interruptible(context.Background(), os.Stderr)
	code := cli.Run(ctx, os.Args[1:], cli.Env{
		In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Getenv: os.Getenv,
		Asks:  isatty.IsTerminal(os.Stdin.Fd()),
		Draws: isatty.IsTerminal(os.Stderr.Fd()),
		Shows: isatty.IsTerminal(os.Stdout.Fd()),
	})
	stop()
	os.Exit(code)
}
