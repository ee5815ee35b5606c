package address

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/chameleon-go/chameleon/internal/valid"
)

// checkRunes refuses characters that a reader does not see, or takes for others.
// They are named by their number: printing one would show nothing.
func checkRunes(field, s string) error {
	for _, r := range s {
		if problem := problemOf(r); problem != "" {
			return valid.Failf(field, "holds %U, %s", r, problem)
		}
	}
	return nil
}

// problemOf says why r is refused, "" when it is not.
func problemOf(r rune) string {
	switch {
	case unicode.IsSpace(r), unicode.In(r, unicode.Z):
		return "white space"
	case r < utf8.RuneSelf && unicode.IsPrint(r):
		return ""
	case unicode.In(r, unicode.Cc):
		return "a control character"
	case isBlank(r), unicode.In(r, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector):
		return "an invisible character"
	case r == utf8.RuneError, r == '\uFFFC', !unicode.In(r, unicode.L, unicode.M, unicode.N, unicode.P, unicode.S):
		// Private use, noncharacters, and what Unicode has not assigned yet.
		return "no character of a text"
	case passesForAnother(r):
		return "which stands for another character"
	}
	return ""
}

// passesForAnother reports whether r is a compatibility form (Ａ, ﬁ, ſ, ①), or a
// second code point of an ASCII character, such as the Kelvin sign.
//
// Other second code points, such as the Ångström sign, are composed into the
// first. Thai's and Lao's AM are compatibility forms by name only: nobody writes
// these languages without them.
func passesForAnother(r rune) bool {
	if r == '\u0E33' || r == '\u0EB3' {
		return false
	}
	composed := norm.NFC.String(string(r))
	return composed[0] < utf8.RuneSelf || norm.NFKC.String(composed) != composed
}

// isBlank reports whether fonts draw r as nothing, though it is assigned as a
// letter, mark or symbol. Unicode has no property for these.
func isBlank(r rune) bool {
	switch r {
	case '\u2800', // Braille pattern blank
		'\U00013441', '\U00013442', // Egyptian hieroglyph blanks
		'\U00016FE4', // Khitan small script filler
		'\U0001D159': // Musical symbol null notehead
		return true
	}
	return false
}
