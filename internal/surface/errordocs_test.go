package surface

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestErrorDocsAreFound: silence, another form, and an error that is not there.
func TestErrorDocsAreFound(t *testing.T) {
	t.Parallel()
	p := snippet(t, `package snippet

import "errors"

var ErrKnown = errors.New("")

// Silent says nothing.
func Silent() error { return nil }

// Other returns ErrKnown.
func Other() error { return nil }

// Gone is of old.
//
// Errors: ErrKnown, *GoneError.
func Gone() error { return nil }

// Within says it in the middle. Errors: ErrKnown.
func Within() error { return nil }

// Good is right, over
// two lines.
//
// Errors, after
// which nothing is written: ErrKnown.
func Good() (int, error) { return 0, nil }

// MarshalText is another package's.
func (T) MarshalText() ([]byte, error) { return nil, nil }

type T int

func hidden() error { return nil }

var _ = hidden
`)
	assert.Equal(t, map[string]string{
		"snippet.Silent": "its doc lacks a paragraph that begins with Errors",
		"snippet.Other":  "its doc lacks a paragraph that begins with Errors",
		"snippet.Within": "its doc lacks a paragraph that begins with Errors",
		"snippet.Gone":   "its doc names *GoneError, which is not there",
	}, problems(ErrorDocs(p)))
}
