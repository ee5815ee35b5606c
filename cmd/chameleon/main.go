// Command chameleon manages a Chameleon database: it creates the tables, adopts the data
// of the original application, verifies the ledger, and reports what is wrong and what to
// do about it. docs/command.md is its manual.
package main

import (
	"os"

	"github.com/chameleon-go/chameleon/cmd/chameleon/internal/cli"
)

func main() { os.Exit(cli.Main()) }
