package jsonkeys_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/internal/jsonkeys"
)

func TestTwice(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		`{"a": 1, "b": {"a": 2}}`:                        nil,
		`{"a": 1, "b": 2, "a": 1}`:                       {"a"},
		`{"a": {"b": 1, "\u0062": 2}}`:                   {"a", "b"}, // one name in two spellings
		`{"a": {"b": 1, "B": 2}}`:                        nil,
		`{"a": [1, {"x": 1}, {"x": 1, "y": 0, "x": 2}]}`: {"a", "x"},
		`{"a": 1, "a`:                                    nil,
		`[{"a": 1}, {"a": 1}]`:                           nil,
		``:                                               nil,
	} {
		require.Equal(t, want, jsonkeys.Twice([]byte(text)), text)
	}
}

func TestTwiceIn(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		`{"x": 1, "x": {"y": 1, "y": 2}}`:          nil,
		`{"x": 1, "x": 2, "p": {"a": 1, "a": 2}}`:  {"p", "a"},
		`{"x": {"p": 1, "p": 2}, "p": 1, "p": {}}`: {"p"},
	} {
		require.Equal(t, want, jsonkeys.TwiceIn([]byte(text), "p"), text)
	}
}
