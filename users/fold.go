package users

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Engines do not agree on the case of letters: SQLite knows ASCII's alone,
// PostgreSQL those of its locale, and MySQL's collations take é for e. What
// matches is therefore decided here. The database is asked for a little more,
// by a pattern in which only ASCII letters stand for themselves in both cases,
// and any other letter that has a case stands for any character.

// fold makes strings that differ only in the case of letters equal, letter by
// letter: ß is not ss, and é in one code point is not e with an accent.
func fold(s string) string { return strings.Map(foldRune, s) }

func foldRune(r rune) rune {
	if r < utf8.RuneSelf {
		return unicode.ToLower(r)
	}
	// The smallest of its cases. K for Kelvin is no k, as the pattern has it.
	least := r
	for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
		if next >= utf8.RuneSelf && (least < utf8.RuneSelf || next < least) {
			least = next
		}
	}
	return least
}

// likeEscape makes the character after it stand for itself in a pattern. It is
// no backslash, which MySQL's strings have a use for.
const likeEscape = '!'

// likePattern is a pattern for what contains s, whatever the case of letters,
// and perhaps more. The column is to be lower-cased in ASCII at least.
func likePattern(s string) string {
	var b strings.Builder
	b.WriteByte('%')
	for _, r := range s {
		switch {
		case r == '%', r == '_', r == likeEscape:
			b.WriteRune(likeEscape)
			b.WriteRune(r)
		case r < utf8.RuneSelf:
			b.WriteRune(unicode.ToLower(r))
		case unicode.SimpleFold(r) != r || unicode.ToLower(r) != r:
			b.WriteByte('_')
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('%')
	return b.String()
}
