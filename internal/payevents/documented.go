// Package payevents compares what the documentation says that each event of a
// payment provider does with what the provider's handler calls.
package payevents

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Event is a type of event without its punctuation: a provider's name for it, and
// that of its library's constant, come to the same.
func Event(name string) string {
	name = strings.TrimPrefix(name, "EventType")
	return strings.ToLower(strings.NewReplacer(".", "", "_", "").Replace(name))
}

var code = regexp.MustCompile("`([^`]+)`")

// names are what a cell of a table has in code.
func names(cell string) (all []string) {
	for _, m := range code.FindAllStringSubmatch(cell, -1) {
		all = append(all, m[1])
	}
	return all
}

// Tables are the cells of each row of the tables under a heading of a file.
func Tables(t testing.TB, file, heading string) (rows [][]string) {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	_, section, found := strings.Cut(string(text), "\n## "+heading+"\n")
	require.True(t, found, "%s has no %q", file, heading)
	section, _, _ = strings.Cut(section, "\n## ")
	for line := range strings.Lines(section) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if len(cells) > 1 && strings.HasPrefix(line, "| ") && strings.Contains(cells[0], "`") {
			rows = append(rows, cells)
		}
	}
	require.NotEmpty(t, rows, "%s: no table under %q", file, heading)
	return rows
}

// Documented are the verbs of each event of a table whose first two columns are
// these. An event that begins with a dot has the beginning of the one before it;
// one that ends with an asterisk stands for all that begin so and have no row.
func Documented(t testing.TB, rows [][]string) map[string][]string {
	t.Helper()
	events := map[string][]string{}
	for _, cells := range rows {
		verbs := names(cells[1])
		for _, event := range Events(cells[0]) {
			require.NotContains(t, events, event, "told twice")
			events[event] = slices.Sorted(slices.Values(verbs))
		}
	}
	return events
}

// Events are those that a cell names.
func Events(cell string) (all []string) {
	before := ""
	for _, name := range names(cell) {
		if strings.HasPrefix(name, ".") {
			name = before[:strings.LastIndex(before, ".")] + name
		}
		before = name
		all = append(all, Event(name))
	}
	return all
}

// Of returns the verbs that are documented of an event, by its own row or by that of
// an asterisk.
func Of(documented map[string][]string, event string) (verbs []string, known bool) {
	if verbs, known = documented[event]; known {
		return verbs, true
	}
	for name, verbs := range documented {
		if begins, several := strings.CutSuffix(name, "*"); several && strings.HasPrefix(event, begins) {
			return verbs, true
		}
	}
	return nil, false
}
