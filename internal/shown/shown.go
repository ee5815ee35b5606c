// Package shown prints what came from outside in errors, so that it can neither
// look like another line of a log nor move a terminal's cursor.
package shown

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxBytes of a value are enough to recognize it by.
const maxBytes = 256

// Text returns a value as an error shows it: as it is when it is plain, and
// otherwise quoted as Go does, and cut when it is long.
func Text[S ~string](value S) string {
	s := string(value)
	if len(s) > maxBytes {
		return strconv.Quote(strings.ToValidUTF8(s[:maxBytes], "")) + "…"
	}
	if s != strings.TrimSpace(s) || strings.ContainsAny(s, `"\`) || !printable(s) {
		return strconv.Quote(s)
	}
	return s
}

// Line returns a text that others composed on one line: what cannot be seen in it
// is escaped as Go does.
func Line(text string) string {
	if printable(text) {
		return text
	}
	var b strings.Builder
	for len(text) > 0 {
		r, width := utf8.DecodeRuneInString(text)
		if strconv.IsPrint(r) && (r != utf8.RuneError || width > 1) {
			b.WriteRune(r)
		} else {
			quoted := strconv.Quote(text[:width])
			b.WriteString(quoted[1 : len(quoted)-1])
		}
		text = text[width:]
	}
	return b.String()
}

// printable reports whether all of a text can be seen and tells itself apart.
func printable(s string) bool {
	for _, r := range s {
		if !strconv.IsPrint(r) {
			return false
		}
	}
	return utf8.ValidString(s)
}
