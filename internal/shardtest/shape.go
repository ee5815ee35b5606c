package shardtest

import (
	"regexp"
	"slices"
	"strings"
)

// changes reports whether a statement updates or deletes rows, also by an upsert.
func (r *reader) changes() bool {
	for n := range r.all {
		if r.all[n].is("do") && n+1 < len(r.all) && r.all[n+1].is("update") {
			return true
		}
	}
	return slices.ContainsFunc(r.scopes, func(s *scope) bool { return s.verb == "update" || s.verb == "delete" })
}

// shape is a statement without its values, equal for lists and rows of different
// numbers.
func shape(all []token) string {
	words := make([]string, len(all))
	for i, t := range all {
		if words[i] = t.text; t.kind == literal {
			words[i] = "?"
		}
	}
	text := strings.Join(words, " ")
	for _, r := range repeated {
		text = r.pattern.ReplaceAllString(text, r.once)
	}
	return text
}

// repeated are what a statement says as often as it has values, and once in its shape.
var repeated = []struct { //nolint:gochecknoglobals // compiled once, for each statement of each test
	pattern *regexp.Regexp
	once    string
}{
	{regexp.MustCompile(`\?( , \?)+`), "?"},
	{regexp.MustCompile(`(when \? then \? )+`), "when ? then ? "},
	{regexp.MustCompile(`(\( [^()]* \))( , \( [^()]* \))+`), "$1"},
}
