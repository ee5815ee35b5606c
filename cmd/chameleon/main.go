// Command chameleon looks after a Chameleon database: it makes its tables, takes
// over what the original application wrote, proves the ledger, and says what is
// wrong and what to do. docs/command.md is its manual.
package main

import (
	"os"

	"github.com/chameleon-go/chameleon/cmd/chameleon/internal/cli"
)

func main() { os.Exit(cli.Main()) }
