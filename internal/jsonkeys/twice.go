// Package jsonkeys finds members of JSON objects that are there twice. Go's decoder
// takes the last of them, other programs the first, and people see either.
package jsonkeys

import (
	"bytes"
	"encoding/json"
	"slices"
)

// Twice returns the path of the first member that its object has twice, as the names
// that lead to it; nil where there is none, and where text is no JSON.
func Twice(text []byte) []string { return walk(text, "") }

// TwiceIn is Twice for the members of the object that begin their path with a name, and
// for that name itself: what else the object holds may be twice.
func TwiceIn(text []byte, name string) []string { return walk(text, name) }

func walk(text []byte, within string) []string {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	w := walker{decoder: d, within: within}
	w.value(nil)
	return w.found
}

type walker struct {
	decoder *json.Decoder
	// within is the first name of the paths that are looked at, empty for all.
	within string
	found  []string
}

// value reads one value, and reports whether to read on.
func (w *walker) value(path []string) bool {
	token, err := w.decoder.Token()
	if err != nil {
		return false
	}
	switch token {
	case json.Delim('{'):
		return w.object(path)
	case json.Delim('['):
		for w.decoder.More() {
			if !w.value(path) {
				return false
			}
		}
		_, err = w.decoder.Token()
	}
	return err == nil
}

func (w *walker) object(path []string) bool {
	seen := map[string]bool{}
	for w.decoder.More() {
		token, err := w.decoder.Token()
		name, ok := token.(string)
		if err != nil || !ok {
			return false
		}
		member := append(slices.Clone(path), name)
		if seen[name] && (w.within == "" || member[0] == w.within) {
			w.found = member
			return false
		}
		seen[name] = true
		if !w.value(member) {
			return false
		}
	}
	_, err := w.decoder.Token()
	return err == nil
}
