package valid

import (
	"net/mail"
	"strings"
	"unicode/utf8"
)

// MaxEmail is the longest email that is stored, in characters.
const MaxEmail = 255

// Email checks an email address and returns it in the form that is stored:
// trimmed and lower-cased, so that two spellings of one address are equal.
func Email(field, s string) (string, error) {
	if err := Required(field, s, 0); err != nil {
		return "", err
	}
	s = strings.ToLower(strings.TrimSpace(s))
	if utf8.RuneCountInString(s) > MaxEmail {
		return "", Failf(field, "longer than %d characters", MaxEmail)
	}
	// A display name, a comment, a quoted local part: all that net/mail reads
	// besides a bare address makes the result differ from the input.
	if a, err := mail.ParseAddress(s); err != nil || a.Address != s {
		return "", Failf(field, "not an email address")
	}
	return s, nil
}
