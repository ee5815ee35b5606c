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
func Twice(text []byte) []string {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	w := walker{decoder: d}
	w.value(nil)
	return w.found
}

type walker struct {
	decoder *json.Decoder
	found   []string
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
		if seen[name] {
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
