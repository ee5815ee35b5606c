package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// stranger is a program outside this repository.
type stranger struct {
	// name is what the table calls it.
	name string
	// imports are the packages, and uses what of them is called.
	imports, uses []string
}

const root = "github.com/chameleon-go/chameleon"

// strangers are the programs that are weighed: one for each way to begin.
func strangers() []stranger {
	return []stranger{
		{"`credits` alone", []string{root + "/credits"}, []string{"credits.Charge", "credits.Grant"}},
		{"`Open` and `Push`", []string{root}, []string{"chameleon.Open", "chameleon.Push"}},
		{"`schema`", []string{root + "/schema"}, []string{"schema.Push"}},
		{"`bridge/sqltx`", []string{root + "/bridge/sqltx", root + "/credits"}, []string{"sqltx.New", "(*sqltx.Bridge).In", "credits.Charge"}},
		{"`bridge/pgxtx`", []string{root + "/bridge/pgxtx", root + "/credits"}, []string{"pgxtx.New", "(*pgxtx.Bridge).In", "credits.Charge"}},
		{"`orders/creem`", []string{root + "/orders/creem"}, []string{"creem.Handle"}},
		{"`orders/stripe`", []string{root + "/orders/stripe"}, []string{"stripe.Handle"}},
		{"`providers/keyring`", []string{root + "/providers/keyring"}, []string{"keyring.FromEnv"}},
	}
}

// source is the program.
func (s stranger) source() string {
	var imports strings.Builder
	for _, path := range s.imports {
		fmt.Fprintf(&imports, "\t%q\n", path)
	}
	return "package main\n\nimport (\n" + imports.String() + ")\n\n" +
		"var used = []any{" + strings.Join(s.uses, ", ") + "}\n\nfunc main() { println(used) }\n"
}

// weight is what a stranger gets.
type weight struct {
	modules, sums int
	stripped      int64
}

// weigh makes the program in dir, gets what it needs and builds it.
func (s stranger) weigh(ctx context.Context, dir string, env []string, requires []string) (weight, error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return weight{}, err
	}
	if err := os.WriteFile(filepath.Join(dir, "main.go"), []byte(s.source()), 0o600); err != nil {
		return weight{}, err
	}
	steps := [][]string{
		{"go", "mod", "init", "example.com/stranger"},
		append([]string{"go", "get"}, requires...),
		{"go", "mod", "tidy"},
		{"go", "build", "-ldflags=-s -w", "-o", "program", "."},
	}
	for _, step := range steps {
		if _, err := command(ctx, dir, env, step...); err != nil {
			return weight{}, fmt.Errorf("%s: %w", s.name, err)
		}
	}
	return measure(ctx, dir, env)
}

func measure(ctx context.Context, dir string, env []string) (w weight, err error) {
	modules, err := command(ctx, dir, env, "go", "list", "-m", "all")
	if err != nil {
		return w, err
	}
	sums, err := os.ReadFile(filepath.Join(dir, "go.sum"))
	if err != nil {
		return w, err
	}
	program, err := os.Stat(filepath.Join(dir, "program"))
	if err != nil {
		return w, err
	}
	return weight{
		modules:  strings.Count(modules, "\n") - 1, // without the program itself
		sums:     strings.Count(string(sums), "\n"),
		stripped: program.Size(),
	}, nil
}
