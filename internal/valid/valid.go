// Package valid checks what callers pass in, the same way for every domain
// and every engine, before anything is written.
package valid

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/chameleon-go/chameleon/dialect"
)

// MaxAmount is the largest whole amount (credits, cents): up to it a JSON
// number is exact in every language. An adopted column may hold less; see
// package width.
const MaxAmount = 1 << 53

// Failf returns a *dialect.InvalidError for field.
func Failf(field, format string, args ...any) error {
	return &dialect.InvalidError{Field: field, Problem: fmt.Sprintf(format, args...)}
}

// First returns the first error of checks that is not nil.
func First(checks ...error) error {
	for _, err := range checks {
		if err != nil {
			return err
		}
	}
	return nil
}

// Text checks a string that is stored as it is: valid UTF-8 without NUL bytes
// (MySQL drops or replaces those silently) and at most maxRunes characters
// (MariaDB may cut). maxRunes 0 means no limit.
func Text(field, s string, maxRunes int) error {
	switch {
	case !utf8.ValidString(s):
		return Failf(field, "not valid UTF-8")
	case strings.IndexByte(s, 0) >= 0:
		return Failf(field, "holds a NUL byte")
	case maxRunes > 0 && utf8.RuneCountInString(s) > maxRunes:
		return Failf(field, "longer than %d characters", maxRunes)
	}
	return nil
}

// Required is Text for a string that must not be empty or blank.
func Required(field, s string, maxRunes int) error {
	if strings.TrimSpace(s) == "" {
		return Failf(field, "empty")
	}
	return Text(field, s, maxRunes)
}

// Identifier is Required for a name that is compared byte for byte (a key, a
// code, an order number): no white space at its ends, which some collations
// ignore.
func Identifier(field, s string, maxRunes int) error {
	if err := Required(field, s, maxRunes); err != nil {
		return err
	}
	if strings.TrimSpace(s) != s {
		return Failf(field, "starts or ends with white space")
	}
	return nil
}

// UUID checks that s is a uuid in its canonical lower-case form.
func UUID(field, s string) error {
	if s == "" {
		return Failf(field, "empty")
	}
	if u, err := uuid.Parse(s); err != nil || u.String() != s {
		return Failf(field, "not a uuid in canonical form")
	}
	return nil
}

// Amount checks a whole amount: positive and at most MaxAmount.
func Amount(field string, n int64) error {
	switch {
	case n <= 0:
		return Failf(field, "%d is not positive", n)
	case n > MaxAmount:
		return Failf(field, "%d is above %d", n, int64(MaxAmount))
	}
	return nil
}
