package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/chameleon-go/chameleon/dialect"
)

// mutant is a way to break the code that only faults show.
type mutant struct {
	name, breaks string
	engine       dialect.Engine
	// edits are texts of a file that stand there once, and what replaces them.
	file  string
	edits [][2]string
	// flags narrow the run to where it shows.
	flags []string
}

// mutants are all of them.
func mutants() []mutant {
	rows := [][2]string{
		{`mysqlInsert + "credits" + mysqlOfCall`, `mysqlInsert + "credits" + mysqlOfCall + " AND ROW_COUNT() = 1"`},
		{"9223372036854775807 * (t.hash IS NULL", "0 * (t.hash IS NULL"},
	}
	charges := []string{"-only=charge,grant,balance", "-keep-server", "-longest=2s"}
	return []mutant{
		{
			name: "mysql-row-count", breaks: "a charge whose client is gone takes credits without an entry",
			engine: dialect.MySQL, file: "credits/charge_fast_mysql.go", edits: rows, flags: charges,
		},
		{
			name: "mariadb-row-count", breaks: "a charge whose client is gone takes credits without an entry",
			engine: dialect.MariaDB, file: "credits/charge_fast_mysql.go", edits: rows, flags: charges,
		},
		{
			name: "refusal-after-unknown", breaks: "what is refused is charged later", engine: dialect.PostgreSQL,
			file: "credits/execute.go", edits: [][2]string{{"	if unknown {\n", "	if unknown && s == nil {\n"}}, flags: charges,
		},
		{
			name: "charge-outcome", breaks: "a charge that may be stored is told as one that is not", engine: dialect.PostgreSQL,
			file: "dialect/outcome.go", edits: [][2]string{{"	if outcomeUnknown(err, caps.Foreign) {\n", "	if conn == nil {\n"}},
			flags: charges,
		},
		{
			name: "commit-outcome", breaks: "a COMMIT that may be stored is told as one that is not", engine: dialect.MySQL,
			file: "dialect/tx.go", edits: [][2]string{{"	if outcomeUnknown(err, s.foreign) {\n", "	if s == nil {\n"}},
			flags: []string{"-only=grant,hold,caller,signup", "-longest=2s"},
		},
		{
			name: "no-lock", breaks: "accounts are read without locking them", engine: dialect.PostgreSQL,
			file: "credits/book.go", edits: [][2]string{{"if b.caps.LocksRows() {", "if b.specs == nil {"}},
			flags: []string{"-only=grant,hold,capture,release,refund,charge", "-keep-server"},
		},
		{
			name: "unsynced", breaks: "SQLite acknowledges before the disk has it", engine: dialect.SQLite,
			file:  "dialect/sqlite/pragma.go",
			edits: [][2]string{{`{"synchronous", synchronous}, {"foreign_keys"`, `{"synchronous", "1" + synchronous[len(synchronous):]}, {"foreign_keys"`}},
			flags: []string{"-round=3s"},
		},
	}
}

// mutantTime is how long a mutant may live.
const mutantTime = 3 * time.Minute

// tryMutants builds the program with each mutant in it and prints how soon it
// finds something. It fails where one is not found.
func tryMutants(ctx context.Context, only string) (err error) {
	pattern, err := regexp.Compile(only)
	if err != nil {
		return fmt.Errorf("-mutants: %w", err)
	}
	dir, err := os.MkdirTemp("", "chameleon-mutants-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	fmt.Print("| Mutant | What is broken | Engine | Found after | By the rule |\n|---|---|---|---:|---|\n")
	var lived []error
	for _, m := range mutants() {
		if !pattern.MatchString(m.name) {
			continue
		}
		after, rule, err := m.try(ctx, dir)
		if err != nil {
			lived = append(lived, fmt.Errorf("%s: %w", m.name, err))
			continue
		}
		fmt.Printf("| `%s` | %s | %s | %s | %s |\n", m.name, m.breaks, m.engine, after.Round(time.Second), rule)
	}
	return errors.Join(lived...)
}

// found is a finding as the program prints it.
var found = regexp.MustCompile(`(?m)^(?:sqlite|postgresql|mysql|mariadb): ([^:]+): `)

// try runs the program with the mutant in it until it finds something.
func (m mutant) try(ctx context.Context, dir string) (time.Duration, string, error) {
	program, err := m.build(ctx, dir)
	if err != nil {
		return 0, "", err
	}
	started := time.Now()
	args := append([]string{
		"-engine", string(m.engine), "-time", mutantTime.String(), "-round=10s", "-first", "-clients=3", "-dir", filepath.Join(dir, "logs"),
	}, m.flags...)
	output, err := exec.CommandContext(ctx, program, args...).CombinedOutput()
	match := found.FindSubmatch(output)
	if err == nil || match == nil {
		return 0, "", fmt.Errorf("lived on:\n%s", output[max(0, len(output)-2000):])
	}
	return time.Since(started), string(match[1]), nil
}

// build compiles the program with the mutated file in place of the file's own.
func (m mutant) build(ctx context.Context, dir string) (string, error) {
	content, err := os.ReadFile(m.file)
	if err != nil {
		return "", err
	}
	text := string(content)
	for _, edit := range m.edits {
		if n := strings.Count(text, edit[0]); n != 1 {
			return "", fmt.Errorf("%s has %q %d times, not once", m.file, edit[0], n)
		}
		text = strings.Replace(text, edit[0], edit[1], 1)
	}
	path, err := filepath.Abs(m.file)
	if err != nil {
		return "", err
	}
	changed, overlay, program := filepath.Join(dir, "mutant.go"), filepath.Join(dir, "overlay.json"), filepath.Join(dir, "torture")
	names, err := json.Marshal(map[string]any{"Replace": map[string]string{path: changed}})
	if err != nil {
		return "", err
	}
	if err := errors.Join(os.WriteFile(changed, []byte(text), 0o600), os.WriteFile(overlay, names, 0o600)); err != nil {
		return "", err
	}
	build := exec.CommandContext(ctx, "go", "build", "-overlay="+overlay, "-o", program, "./internal/servers/torture")
	if output, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build: %w\n%s", err, output)
	}
	return program, nil
}
