// Package address decides how an email address is stored, for every domain: two
// spellings of one mailbox become one, and what a reader could not tell from
// another address is refused.
//
// It is apart from package valid so that a domain without addresses does not
// link the tables of international domain names.
package address

import (
	"net/mail"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/chameleon-go/chameleon/internal/valid"
)

// MaxLen is the longest address that is stored, in characters.
const MaxLen = 255

// Stored checks an email address and returns it in the form that is stored:
//
//   - without white space around it;
//   - composed (NFC), so that é is é however it was typed;
//   - with ASCII letters in lower case and no others: what İ or the Kelvin sign
//     become in lower case is another person's address;
//   - with the domain in Unicode, so that a domain and its punycode are one.
//
// Characters that cannot be seen, or that pass for another (fullwidth forms,
// ligatures, a Kelvin sign), are refused. Letters of different scripts that
// look alike are not: a Cyrillic а is its own letter.
func Stored(field, s string) (string, error) {
	if err := valid.Required(field, s, 0); err != nil {
		return "", err
	}
	s = strings.TrimSpace(s)
	if err := checkRunes(field, s); err != nil {
		return "", err
	}
	s = compose(s)
	if err := checkLength(field, s); err != nil {
		return "", err
	}
	// A display name, a comment, a quoted local part: all that net/mail reads
	// besides a bare address makes the result differ from the input.
	if a, err := mail.ParseAddress(s); err != nil || a.Address != s {
		return "", valid.Failf(field, "not an email address")
	}
	at := strings.LastIndexByte(s, '@')
	domain, err := storedDomain(field, s[at+1:])
	if err != nil {
		return "", err
	}
	s = s[:at+1] + domain
	return s, checkLength(field, s)
}

// Form is Stored for an address that is in a database already and may be in
// any form: one that Stored refuses stays as it is, and so equals nothing but
// itself.
func Form(s string) string {
	stored, err := Stored("", s)
	if err != nil {
		return s
	}
	return stored
}

func checkLength(field, s string) error {
	if utf8.RuneCountInString(s) > MaxLen {
		return valid.Failf(field, "longer than %d characters", MaxLen)
	}
	return nil
}

// compose returns s in NFC with ASCII letters in lower case. It composes before,
// so that É is one letter however it was typed and stays É, and after: there
// are letters (ẖ) that compose in lower case only.
func compose(s string) string {
	return norm.NFC.String(strings.Map(lowerASCII, norm.NFC.String(s)))
}

func lowerASCII(r rune) rune {
	if 'A' <= r && r <= 'Z' {
		return r + 'a' - 'A'
	}
	return r
}
