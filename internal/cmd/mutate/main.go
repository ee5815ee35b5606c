// Command mutate breaks the ledger, and what guards it, on purpose, one way at a time, and shows
// that its tests notice.
//
//	mutate [-only REGEXP]
//
// runs in the module's root. It first runs the tests that it relies on on the
// code as it is, where they must pass. Then it builds the tests again for each
// mutation, without touching the files, and runs those that are to catch it,
// on the engine that it concerns. It prints a table in Markdown, and ends with
// status 1 if a mutant survives, does not compile or no longer matches.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

func main() {
	only := flag.String("only", "", "run the mutations alone whose names match this regular expression")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Stdout, ".", *only)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "mutate:", err)
		os.Exit(1)
	}
}

// run tries the mutations of the module at root whose names match only.
func run(ctx context.Context, out io.Writer, root, only string) (err error) {
	pattern, err := regexp.Compile(only)
	if err != nil {
		return fmt.Errorf("-only: %w", err)
	}
	var chosen []mutation
	for _, m := range mutations() {
		if pattern.MatchString(m.name) {
			chosen = append(chosen, m)
		}
	}
	if len(chosen) == 0 {
		return fmt.Errorf("-only %q: no such mutation", only)
	}
	lab, err := newLab(root)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lab.close()) }()
	begun := time.Now()
	if err := lab.baseline(ctx, chosen); err != nil {
		return err
	}
	if err := tryAll(ctx, out, root, chosen); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "\nCaught: all %d, in %v.\n", len(chosen), time.Since(begun).Round(time.Second))
	return err
}

// tryAll prints a row for each mutation, in their order, and returns an error that
// names those that were not caught. Several are tried at once, each in a lab of its
// own: compilers wait for memory, and tests for servers.
func tryAll(ctx context.Context, out io.Writer, root string, chosen []mutation) error {
	if _, err := io.WriteString(out, tableHead); err != nil {
		return err
	}
	type trial struct {
		caught []string
		err    error
	}
	trials := make([]chan trial, len(chosen))
	for i := range trials {
		trials[i] = make(chan trial, 1)
	}
	var next atomic.Int64
	for range runtime.GOMAXPROCS(0) {
		go func() {
			for i := next.Add(1) - 1; i < int64(len(chosen)); i = next.Add(1) - 1 {
				caught, err := tryOne(ctx, root, chosen[i])
				trials[i] <- trial{caught, err}
			}
		}()
	}
	var failures []error
	for i, m := range chosen {
		done := <-trials[i]
		if ctx.Err() != nil {
			return errors.New("interrupted")
		}
		verdict := list(done.caught)
		if done.err != nil {
			failures = append(failures, fmt.Errorf("%s: %w", m.name, done.err))
			verdict = "**not caught**"
		}
		if _, err := fmt.Fprintf(out, "%s %s |\n", m.row(), verdict); err != nil {
			return err
		}
	}
	return errors.Join(failures...)
}

func tryOne(ctx context.Context, root string, m mutation) (caught []string, err error) {
	lab, err := newLab(root)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, lab.close()) }()
	return lab.try(ctx, m)
}

const tableHead = "| Mutation | What is broken | File | Engine | Caught by |\n|---|---|---|---|---|\n"

// row starts the mutation's row of the table.
func (m mutation) row() string {
	return fmt.Sprintf("| `%s` | %s | `%s` | %s |", m.name, m.breaks, m.shownFile(), m.engine)
}

// shown is how many tests the table names that caught one mutation.
const shown = 2

// list names tests in the table.
func list(names []string) string {
	var out []string
	for _, name := range names[:min(len(names), shown)] {
		out = append(out, "`"+name+"`")
	}
	text := strings.Join(out, ", ")
	if more := len(names) - shown; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}
