package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/chameleon-go/chameleon/dialect"
)

// lab builds the tests, mutated or not, and runs them.
type lab struct {
	root string
	dir  string // holds what is built
}

func newLab(root string) (*lab, error) {
	root, err := filepath.Abs(root)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "chameleon-mutate-")
	if err != nil {
		return nil, err
	}
	return &lab{root, dir}, nil
}

func (l *lab) close() error { return os.RemoveAll(l.dir) }

// baseline runs what is to catch the mutations on the code as it is. All of it
// must pass, or a failure would prove nothing.
func (l *lab) baseline(ctx context.Context, chosen []mutation) error {
	type run struct {
		pkg    string
		engine dialect.Engine
	}
	runs := map[run][]string{}
	for _, m := range chosen {
		r := run{m.pkg(), m.engine}
		runs[r] = append(runs[r], m.tests)
	}
	for r, tests := range runs {
		if err := l.build(ctx, r.pkg, nil); err != nil {
			return err
		}
		slices.Sort(tests)
		failed, output, err := l.test(ctx, r.pkg, r.engine, strings.Join(slices.Compact(tests), "|"))
		if err != nil {
			return err
		}
		if len(failed) > 0 {
			return fmt.Errorf("fails on %s without a mutation:\n%s", r.engine, output)
		}
	}
	return nil
}

// try returns the names of the tests that fail on the mutant.
func (l *lab) try(ctx context.Context, m mutation) ([]string, error) {
	if err := l.build(ctx, m.pkg(), &m); err != nil {
		return nil, err
	}
	failed, _, err := l.test(ctx, m.pkg(), m.engine, m.tests)
	if err != nil {
		return nil, err
	}
	if len(failed) == 0 {
		return nil, fmt.Errorf("survives %q", m.tests)
	}
	return failed, nil
}

// program is where the tests are built.
func (l *lab) program() string { return filepath.Join(l.dir, "mutant.test") }

// build compiles a package's tests. The compiler reads the mutated text in place
// of the file's own.
func (l *lab) build(ctx context.Context, pkg string, m *mutation) error {
	args := []string{"test", "-c", "-ldflags=-s -w", "-o", l.program()}
	if m != nil {
		overlay, err := l.overlay(*m)
		if err != nil {
			return err
		}
		args = append(args, "-overlay="+overlay)
	}
	cmd := exec.CommandContext(ctx, "go", append(args, "./"+pkg)...)
	cmd.Dir = l.root
	if output, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build: %w\n%s", err, output)
	}
	return nil
}

// overlay writes the mutated file and the file that names it to the go command.
func (l *lab) overlay(m mutation) (string, error) {
	text, err := m.mutate(l.root)
	if err != nil {
		return "", err
	}
	mutant := filepath.Join(l.dir, "mutant.go")
	if err := os.WriteFile(mutant, []byte(text), 0o600); err != nil {
		return "", err
	}
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{m.path(l.root): mutant}})
	if err != nil {
		return "", err
	}
	path := filepath.Join(l.dir, "overlay.json")
	return path, os.WriteFile(path, overlay, 0o600)
}

// failedTest finds the name in a line such as "    --- FAIL: Test/case (0.01s)".
var failedTest = regexp.MustCompile(`(?m)^\s*--- FAIL: (\S+) \(`)

// test runs a part of the tests on one engine and returns the names of those
// that failed, without the parents of subtests, and the output.
//
// A program that panics, or ends badly without saying which test failed, is an
// error: it did not judge the mutant.
func (l *lab) test(ctx context.Context, pkg string, engine dialect.Engine, tests string) ([]string, []byte, error) {
	flags, err := l.flags(ctx, pkg)
	if err != nil {
		return nil, nil, err
	}
	cmd := exec.CommandContext(ctx, l.program(), append(flags, "-test.run="+tests, "-test.timeout=3m")...)
	cmd.Dir = filepath.Join(l.root, filepath.FromSlash(pkg))
	// Where every engine is required, none can be left out.
	cmd.Env = append(os.Environ(), "CHAMELEON_TEST_ENGINES="+string(engine), "CHAMELEON_TEST_REQUIRE=", "CI=")
	output, err := cmd.CombinedOutput()
	var failed []string
	for _, match := range failedTest.FindAllSubmatch(output, -1) {
		failed = append(failed, string(match[1]))
	}
	switch exit := new(exec.ExitError); {
	case ctx.Err() != nil:
		return nil, output, ctx.Err()
	case err != nil && !errors.As(err, &exit), err != nil && len(failed) == 0, bytes.Contains(output, []byte("\npanic: ")):
		return nil, output, fmt.Errorf("%w\n%s", err, output)
	case bytes.Contains(output, []byte("testing: warning: no tests to run")):
		return nil, output, fmt.Errorf("no test matches %q", tests)
	}
	slices.Sort(failed) // they end in any order
	return leaves(failed), output, nil
}

// flags are those that the tests of a package know besides the usual: random ones
// need not look for the shortest failure.
func (l *lab) flags(ctx context.Context, pkg string) ([]string, error) {
	cmd := exec.CommandContext(ctx, "go", "list", "-f", "{{.TestImports}} {{.XTestImports}}", "./"+pkg)
	cmd.Dir = l.root
	imports, err := cmd.Output()
	if err != nil || !bytes.Contains(imports, []byte("pgregory.net/rapid")) {
		return nil, err
	}
	return []string{"-rapid.nofailfile", "-rapid.shrinktime=0s"}, nil
}

// leaves drops the names that others extend.
func leaves(names []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		return slices.ContainsFunc(names, func(other string) bool { return strings.HasPrefix(other, name+"/") })
	})
}
