// Command concurrenttests prints the tests that share memory between goroutines,
// or let the library do so: a line for each package that has any, with the
// package's path and a pattern for go test -run.
//
//	concurrenttests [packages]
//
// The race detector makes a test several times slower, and has nothing to find
// in one goroutine that waits for a server. So the tests run without it, and
// these with it as well. They are found by what they call, not by a list that
// somebody has to keep: see reaches.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

func main() {
	if err := run(context.Background(), os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "concurrenttests:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, patterns []string, out io.Writer) error {
	packages, err := list(ctx, patterns)
	if err != nil {
		return err
	}
	for _, p := range packages {
		var files []string
		for _, name := range append(p.TestGoFiles, p.XTestGoFiles...) {
			files = append(files, filepath.Join(p.Dir, name))
		}
		tests, err := concurrent(files)
		if err != nil {
			return err
		}
		if len(tests) == 0 {
			continue
		}
		if _, err := fmt.Fprintf(out, "%s ^(%s)$\n", p.ImportPath, strings.Join(tests, "|")); err != nil {
			return err
		}
	}
	return nil
}

// listed is what `go list` tells of a package.
type listed struct {
	ImportPath   string   `json:"ImportPath"`
	Dir          string   `json:"Dir"`
	TestGoFiles  []string `json:"TestGoFiles"`
	XTestGoFiles []string `json:"XTestGoFiles"`
}

func list(ctx context.Context, patterns []string) ([]listed, error) {
	args := append([]string{"list", "-json=ImportPath,Dir,TestGoFiles,XTestGoFiles", "--"}, patterns...)
	cmd := exec.CommandContext(ctx, "go", args...) //nolint:gosec // the patterns are the developer's own
	cmd.Stderr = os.Stderr
	answer, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	var packages []listed
	for decoder := json.NewDecoder(strings.NewReader(string(answer))); ; {
		var p listed
		switch err := decoder.Decode(&p); {
		case errors.Is(err, io.EOF):
			return packages, nil
		case err != nil:
			return nil, fmt.Errorf("what go list prints: %w", err)
		}
		packages = append(packages, p)
	}
}
