package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/engines"
	"github.com/chameleon-go/chameleon/internal/servers/provision"
)

// run runs a command on servers of its own and returns its exit status.
func run(ctx context.Context, options provision.Options, command []string) (status int, err error) {
	servers, err := provision.Start(ctx, options)
	if err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, stopServers(ctx, servers)) }()
	if ctx.Err() != nil {
		return 1, errors.New("interrupted")
	}
	if len(servers.Fleet.Missing) > 0 && engines.Required() {
		printSummary(os.Stdout, &servers.Fleet, nil)
		return 1, errors.New("an engine is missing, and every engine is required")
	}
	report, err := os.CreateTemp("", "chameleon-report-")
	if err != nil {
		return 1, fmt.Errorf("report: %w", err)
	}
	defer func() { err = errors.Join(err, report.Close(), os.Remove(report.Name())) }()

	status, err = execute(ctx, command, append(servers.Fleet.Environ(), engines.ReportVariable+"="+report.Name()))
	content, readErr := io.ReadAll(report)
	printSummary(os.Stdout, &servers.Fleet, content)
	return status, errors.Join(err, readErr)
}

// execute runs the command with extra environment variables. An interrupt
// reaches it as a SIGTERM; it is killed if it stays on.
func execute(ctx context.Context, command, environ []string) (int, error) {
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Env = append(os.Environ(), environ...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 20 * time.Second
	err := cmd.Run()
	if exit := new(exec.ExitError); errors.As(err, &exit) && ctx.Err() == nil {
		return max(exit.ExitCode(), 1), nil // it has said why itself
	}
	if err != nil {
		return 1, fmt.Errorf("%s: %w", command[0], err)
	}
	return 0, nil
}

// printSummary prints which servers the tests ran on. The report holds an
// engine's name for each test that ran on it.
func printSummary(out io.Writer, fleet *engines.Fleet, report []byte) {
	tests := map[dialect.Engine]int{}
	for line := range bytes.Lines(report) {
		tests[dialect.Engine(bytes.TrimSpace(line))]++
	}
	var text bytes.Buffer
	fmt.Fprintf(&text, "\nEngines of this run:\n")
	fmt.Fprintf(&text, "  %-10s  %5d tests  embedded\n", dialect.SQLite, tests[dialect.SQLite])
	for _, s := range fleet.Servers {
		fmt.Fprintf(&text, "  %-10s  %5d tests  version %s, %s\n", s.Engine, tests[s.Engine], s.Version, s.Source)
	}
	for _, m := range fleet.Missing {
		fmt.Fprintf(&text, "  %-10s  NOT RUN: %s\n", m.Engine, m.Why)
	}
	_, _ = out.Write(text.Bytes()) // a closed terminal changes no result
}
