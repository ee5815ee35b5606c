package apikeys

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"hash/crc32"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/chameleon-go/chameleon/internal/valid"
)

// DefaultPrefix is the default prefix of keys that Create makes.
const DefaultPrefix = "chm_live_"

// The form of a key: a prefix, random characters, a checksum.
const (
	// randomLength characters of 62 hold 190 bits. Those that Info.Prefix does
	// not show hold 166.
	randomLength = 32
	// checksumLength characters of 62 hold the 32 bits of a CRC-32.
	checksumLength = 6
	// shownLength is how many of the random characters Info.Prefix shows.
	shownLength = 4
	minPrefix   = 3
	maxPrefix   = 24
)

// alphabet is base 62 in the order of its digits.
const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// hashMark starts the stored form of a key, and never a key that is accepted.
const hashMark = "sha256:"

// maxKey is the longest key of any program, in characters.
const maxKey = 255

// Pattern returns a regular expression (valid in RE2, PCRE and ECMAScript) for
// keys that start with prefix, for secret scanners: for "chm_live_" it is
// chm_live_[0-9A-Za-z]{38}. "" stands for [DefaultPrefix]. [WellFormed] tells
// matches from look-alikes.
func Pattern(prefix string) string {
	if prefix == "" {
		prefix = DefaultPrefix
	}
	return regexp.QuoteMeta(prefix) + "[0-9A-Za-z]{38}"
}

// WellFormed reports whether key could have been made by Create with prefix, ""
// standing for [DefaultPrefix]: whether it has the prefix, the length and the
// right checksum. It does not say whether the key exists, and does not access
// the database.
func WellFormed(key Secret, prefix string) bool {
	if prefix == "" {
		prefix = DefaultPrefix
	}
	return wellFormed(key.Reveal(), prefix)
}

func wellFormed(key, prefix string) bool {
	rest, ok := strings.CutPrefix(key, prefix)
	if !ok || len(rest) != randomLength+checksumLength || strings.Trim(rest, alphabet) != "" {
		return false
	}
	body := key[:len(key)-checksumLength]
	return key[len(body):] == checksum(body)
}

// newKey makes a key from the system's secure source.
func newKey(prefix string) string {
	body := prefix + randomText(randomLength)
	return body + checksum(body)
}

// randomText returns n characters, each of the alphabet's as likely as any
// other: bytes beyond the last whole multiple of 62 are passed over.
func randomText(n int) string {
	const fair = 256 - 256%len(alphabet)
	text := make([]byte, 0, n)
	var pool [64]byte
	for {
		_, _ = rand.Read(pool[:]) // never fails: it ends the program instead
		for _, b := range pool {
			if int(b) >= fair {
				continue
			}
			if text = append(text, alphabet[int(b)%len(alphabet)]); len(text) == n {
				return string(text)
			}
		}
	}
}

// checksum is the CRC-32 (IEEE) of body in base 62, padded with zeros, as in
// GitHub's tokens.
func checksum(body string) string {
	var digits [checksumLength]byte
	sum := crc32.ChecksumIEEE([]byte(body))
	for i := checksumLength - 1; i >= 0; i-- {
		digits[i] = alphabet[sum%uint32(len(alphabet))]
		sum /= uint32(len(alphabet))
	}
	return string(digits[:])
}

// hashOf is the stored form of a key.
func hashOf(key string) Stored {
	sum := sha256.Sum256([]byte(key))
	return Stored(hashMark + hex.EncodeToString(sum[:]))
}

// isHash reports whether s is the stored form of a key, and not a legacy key.
func (s Stored) isHash() bool { return strings.HasPrefix(string(s), hashMark) }

// shownOf is the start of a key, by which its owner recognizes it. Of a key
// that this package did not make, whose form is not known, at most a fifth is
// shown, and no more than seven characters.
func shownOf(key, prefix string) string {
	if prefix != "" {
		return key[:len(prefix)+shownLength]
	}
	runes := []rune(key)
	return string(runes[:min(7, len(runes)/5)])
}

// checkPrefix checks a prefix for new keys.
func checkPrefix(field, prefix string) error {
	switch {
	case len(prefix) < minPrefix || len(prefix) > maxPrefix:
		return valid.Failf(field, "not %d to %d characters long", minPrefix, maxPrefix)
	case strings.Trim(prefix, "abcdefghijklmnopqrstuvwxyz0123456789_") != "", !strings.HasSuffix(prefix, "_"):
		return valid.Failf(field, "not of lower-case letters, digits and underscores with an underscore at the end")
	case prefix[0] < 'a' || prefix[0] > 'z':
		return valid.Failf(field, "does not start with a letter")
	}
	return nil
}

// verdictOf judges a presented key by its form alone: "" where only the
// database can tell.
func verdictOf(key string, prefixes []string) Verdict {
	switch {
	case key == "", !utf8.ValidString(key), strings.IndexByte(key, 0) >= 0, utf8.RuneCountInString(key) > maxKey:
		return VerdictMalformed
	case len(key) >= len(hashMark) && strings.EqualFold(key[:len(hashMark)], hashMark):
		return VerdictMalformed
	}
	for _, prefix := range prefixes {
		if strings.HasPrefix(key, prefix) && !wellFormed(key, prefix) {
			return VerdictMalformed
		}
	}
	return ""
}

// prefixOf returns which of prefixes a key has that passed verdictOf, "" for a
// key of another program.
func prefixOf(key string, prefixes []string) string {
	for _, prefix := range prefixes {
		if strings.HasPrefix(key, prefix) {
			return prefix
		}
	}
	return ""
}
