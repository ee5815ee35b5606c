// Command concurrenttests prints the tests that share memory between goroutines,
// or let the library do so: a line for each package that has any, with the
// package's path and a pattern for go test -run.
//
//	concurrenttests [-all] [packages]
//
// The race detector makes a test several times slower, has nothing to find in one
// goroutine that waits for a server, and wants every package compiled once more. So the
// tests run without it, and these with it as well: those of packages that keep memory
// for several goroutines, or with -all of every package. They are found by what they
// call, not by a list that somebody has to keep: see reaches and sharesMemory.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

func main() {
	all := flag.Bool("all", false, "of packages, too, that keep no memory for several goroutines")
	flag.Parse()
	if err := run(context.Background(), *all, flag.Args(), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "concurrenttests:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, all bool, patterns []string, out io.Writer) error {
	packages, err := list(ctx, patterns)
	if err != nil {
		return err
	}
	for _, p := range packages {
		shares, err := sharesMemory(p.in(p.GoFiles))
		if err != nil {
			return err
		}
		if !shares && !all {
			continue
		}
		tests, err := concurrent(p.in(append(p.TestGoFiles, p.XTestGoFiles...)))
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
	GoFiles      []string `json:"GoFiles"`
	TestGoFiles  []string `json:"TestGoFiles"`
	XTestGoFiles []string `json:"XTestGoFiles"`
}

// in are the paths of files of the package.
func (p listed) in(names []string) []string {
	paths := make([]string, len(names))
	for i, name := range names {
		paths[i] = filepath.Join(p.Dir, name)
	}
	return paths
}

func list(ctx context.Context, patterns []string) ([]listed, error) {
	args := append([]string{"list", "-json=ImportPath,Dir,GoFiles,TestGoFiles,XTestGoFiles", "--"}, patterns...)
	cmd := exec.CommandContext(ctx, "go", args...)
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
