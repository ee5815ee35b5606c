package content

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/chameleon-go/chameleon/internal/valid"
)

// MaxSlug is the maximum length of a slug, in bytes. It is that of a file name,
// for sites that are generated as files.
const MaxSlug = 255

// Slugify derives a slug from a title: its letters and digits, in any script,
// in lower case, with a hyphen for anything in between. Marks that belong to a
// letter (accents, vowel signs) are kept; apostrophes and invisible joiners
// within words are dropped. The result is in Unicode normalization form C, at
// most 255 bytes long, and empty if the title has no letters or digits. It does
// not transliterate: 你好 stays 你好.
func Slugify(title string) string {
	var b strings.Builder
	hyphen, letter := false, false
	for _, r := range norm.NFC.String(strings.ToValidUTF8(title, " ")) {
		switch {
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			if hyphen && b.Len() > 0 {
				b.WriteByte('-')
			}
			b.WriteRune(unicode.ToLower(r))
			hyphen, letter = false, true
		case isJoined(r):
		case letter && unicode.In(r, unicode.Mn, unicode.Mc):
			b.WriteRune(r)
		default:
			hyphen, letter = true, false
		}
	}
	// What was left out, and lower case, can bring together what composes.
	return cut(norm.NFC.String(b.String()), MaxSlug)
}

// isJoined reports whether r is left out without parting what it stands
// between: apostrophes, formatting characters, and the variation selectors
// that choose between pictures of one character.
func isJoined(r rune) bool {
	switch r {
	case '\'', '’', '‘', '\u034f':
		return true
	}
	return unicode.In(r, unicode.Cf, unicode.Variation_Selector)
}

// cut returns the longest start of a slug that has at most limit bytes, whole
// characters and no hyphen at its end.
func cut(slug string, limit int) string {
	if len(slug) <= limit {
		return slug
	}
	for limit > 0 && !utf8.RuneStart(slug[limit]) {
		limit--
	}
	return strings.TrimRight(slug[:limit], "-")
}

// checkSlug checks a slug that the caller chose and returns it in NFC.
func checkSlug(slug string) (string, error) {
	const field = "Slug"
	if err := valid.Required(field, slug, 0); err != nil {
		return "", err
	}
	slug = norm.NFC.String(slug)
	if len(slug) > MaxSlug {
		return "", valid.Failf(field, "longer than %d bytes", MaxSlug)
	}
	if slug == "." || slug == ".." {
		return "", valid.Failf(field, "a path of its own")
	}
	for _, r := range slug {
		if !unicode.In(r, unicode.L, unicode.M, unicode.Nd) && !strings.ContainsRune("-_.~", r) {
			return "", valid.Failf(field, "holds %q: letters, digits and -_.~ make a slug", r)
		}
	}
	return slug, nil
}

// maxLocale is the longest locale, in characters.
const maxLocale = 10

// checkLocale checks a language tag by its shape: a language of two or three
// letters, and subtags of one to eight letters and digits, parted by hyphens.
func checkLocale(field, locale string) error {
	if locale == "" {
		return valid.Failf(field, "empty")
	}
	if len(locale) > maxLocale {
		return valid.Failf(field, "longer than %d characters", maxLocale)
	}
	for i, part := range strings.Split(locale, "-") {
		low, high, alphabet := 1, 8, letters+"0123456789"
		if i == 0 {
			low, high, alphabet = 2, 3, letters
		}
		if len(part) < low || len(part) > high || strings.Trim(part, alphabet) != "" {
			return valid.Failf(field, "not a language tag such as en or pt-BR")
		}
	}
	return nil
}

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
