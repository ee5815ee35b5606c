package chameleon_test

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestDeleteRightsAreWhole: docs/operations.md grants DELETE on the tables from which
// the code deletes, and on no other.
func TestDeleteRightsAreWhole(t *testing.T) {
	t.Parallel()
	serving, rebuilding := deleteRights(t)
	documented := slices.Concat(serving, rebuilding)
	slices.Sort(documented)
	assert.Equal(t, deletedTables(t), documented)
}

// TestDoctorAsksForDeleteRights: doctor looks for DELETE on the tables from which
// whoever serves requests deletes, too.
func TestDoctorAsksForDeleteRights(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("doctor/rights.go")
	require.NoError(t, err)
	_, list, found := strings.Cut(string(source), "func deletedFrom() []string {")
	require.True(t, found)
	list, _, _ = strings.Cut(list, "\n}")
	var asked []string
	for _, word := range regexp.MustCompile(`"(\w+)"`).FindAllStringSubmatch(list, -1) {
		asked = append(asked, word[1])
	}
	serving, _ := deleteRights(t)
	assert.ElementsMatch(t, serving, asked)
}

// TestFindingsAreExplained: docs/operations.md has a line for each code of doctor, and
// none for others.
func TestFindingsAreExplained(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("doctor/*.go")
	require.NoError(t, err)
	faults, err := filepath.Glob("internal/sessions/*.go")
	require.NoError(t, err)
	code := regexp.MustCompile(`(?:findf\(|fault\(|[cC]ode:? ?=? |f\.Code(?:, f\.\w+)* = )"(\w+)"`)
	codes := map[string]bool{}
	for _, file := range slices.Concat(files, faults) {
		source, err := os.ReadFile(file)
		require.NoError(t, err)
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		for _, found := range code.FindAllStringSubmatch(string(source), -1) {
			codes[found[1]] = true
		}
	}
	doc, err := os.ReadFile("docs/operations.md")
	require.NoError(t, err)
	_, table, found := strings.Cut(string(doc), "## What doctor finds")
	require.True(t, found)
	table, _, _ = strings.Cut(table, "\n## ")
	explained := map[string]bool{}
	for line := range strings.Lines(table) {
		if first, _, ok := strings.Cut(strings.TrimPrefix(line, "| "), " |"); ok && strings.HasPrefix(line, "| `") {
			for _, word := range regexp.MustCompile("`(\\w+)`").FindAllStringSubmatch(first, -1) {
				explained[word[1]] = true
			}
		}
	}
	assert.Equal(t, slices.Sorted(maps.Keys(codes)), slices.Sorted(maps.Keys(explained)))
}

// deletedTables lists the tables from which the packages delete rows.
func deletedTables(t *testing.T) []string {
	t.Helper()
	model := regexp.MustCompile(`(?s)type (\w+) struct \{\s+bun\.BaseModel ` + "`" + `bun:"table:(\w+)`)
	deletion := regexp.MustCompile(`(?:NewDelete\(\)\.\s*Model\(|rows\.(?:Delete|DeleteEach|Withdraw)\(ctx, tx, )\(\*(\w+\.)?(\w+)\)\(nil\)`)
	tables, deleted := map[string]string{}, map[string]bool{}
	eachFile(t, func(path, source string) {
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.HasPrefix(path, "internal/") && !strings.HasPrefix(path, "internal/totals/") {
			return
		}
		own := filepath.Base(filepath.Dir(path)) + "."
		for _, found := range model.FindAllStringSubmatch(source, -1) {
			tables[own+found[1]] = found[2]
		}
		deletions := deletion.FindAllStringSubmatch(source, -1)
		assert.Len(t, deletions, strings.Count(source, ".NewDelete()")+strings.Count(source, "rows.Delete")+strings.Count(source, "rows.Withdraw("),
			"%s: name the model as (*T)(nil)", path)
		for _, found := range deletions {
			if found[1] == "" {
				found[1] = own
			}
			deleted[found[1]+found[2]] = true
		}
	})
	names := make([]string, 0, len(deleted))
	for name := range deleted {
		names = append(names, tables[name])
	}
	slices.Sort(names)
	return names
}

// TestBenchmarksAreThere: what the docs and the Makefile pass to `make bench` as
// BENCH is the name of a benchmark.
func TestBenchmarksAreThere(t *testing.T) {
	t.Parallel()
	name, declaration := regexp.MustCompile(`BENCH=(\w+)`), regexp.MustCompile(`(?m)^func Benchmark(\w+)\(`)
	var named []string
	declared := map[string]bool{}
	eachFile(t, func(path, text string) {
		switch {
		case strings.HasSuffix(path, ".md"), path == "Makefile":
			for _, found := range name.FindAllStringSubmatch(text, -1) {
				named = append(named, found[1])
			}
		case strings.HasSuffix(path, "_test.go"):
			for _, found := range declaration.FindAllStringSubmatch(text, -1) {
				declared[found[1]] = true
			}
		}
	})
	require.NotEmpty(t, named)
	for _, bench := range named {
		assert.True(t, declared[bench], "BENCH=%s matches no benchmark", bench)
	}
}
