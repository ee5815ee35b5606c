// Command diagrams draws the packages and the tables from the code, as Mermaid in
// Markdown, which GitHub renders.
//
//	go run ./internal/cmd/diagrams > docs/architecture.md
//
// runs in the module's root. A test fails if docs/architecture.md is out of date.
package main

import (
	"fmt"
	"os"
)

func main() {
	page, err := draw(".")
	if err != nil {
		fmt.Fprintln(os.Stderr, "diagrams:", err)
		os.Exit(1)
	}
	fmt.Print(page)
}

// draw returns the page for the module at root.
func draw(root string) (string, error) {
	packages, err := packageDiagram(root)
	if err != nil {
		return "", err
	}
	return "# Architecture\n\n" +
		"Drawn from the code by `make diagrams`; a test keeps it current. Why it is so is in\n" +
		"[design.md](design.md).\n\n" +
		"## Packages\n\n" +
		"An arrow is an import. One that follows from others is left out, and so are internal\n" +
		"packages.\n\n" + packages + "\n" +
		"## Tables\n\n" +
		"PK is the primary key, UK a column with a unique index of its own. A broken line is a\n" +
		"column that names a row of another table: there are no foreign keys, so that the\n" +
		"tables can stand on different servers, and the ledger's accounts may be anybody's.\n\n" +
		tableDiagram(), nil
}
