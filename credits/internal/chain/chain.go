// Package chain is the hash chain over an account's entries. Each entry's hash
// covers the entry and the hash before it, so that an entry that was changed,
// removed, inserted or reordered breaks the chain from there on. The hash is
// written under the account's lock.
//
// It is computed in two steps so that the charge in one round trip can take the
// second one inside the database, where the account's latest numbers are: Digest
// covers what the caller knows, Hash the numbers.
package chain

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf8"
)

// RedactedPrefix stands before the hash of metadata that was erased for
// privacy's sake: the chain still closes over it.
const RedactedPrefix = "redacted:sha256:"

// Sum is the SHA-256 of a text, in hexadecimal.
func Sum(text string) string { return SumBytes([]byte(text)) }

// SumBytes is Sum of a text that is being made.
func SumBytes(text []byte) string {
	hash := sha256.Sum256(text)
	var digits [2 * sha256.Size]byte
	hex.Encode(digits[:], hash[:])
	return string(digits[:])
}

// NewSalt makes the salt of an entry's metadata, "" for none: 130 random bits.
func NewSalt(metadata string) string {
	if metadata == "" {
		return ""
	}
	return rand.Text()
}

// MetadataDigest is what hashes have of an entry's metadata. What people store
// there (an IP address, an email) is found by trying, in milliseconds, wherever
// a bare hash of it is left.
func MetadataDigest(salt, metadata string) string {
	if rest, ok := strings.CutPrefix(metadata, RedactedPrefix); ok {
		return rest
	}
	if metadata == "" {
		return ""
	}
	return Sum(salt + metadata)
}

// Digest covers an entry's texts, which are fixed before it is written.
func Digest(texts ...string) string {
	var room [512]byte
	text := append(room[:0], '[')
	for i, t := range texts {
		if i > 0 {
			text = append(text, ',')
		}
		text = AppendJSON(text, t)
	}
	return SumBytes(append(text, ']'))
}

// AppendJSON appends a text as json.Marshal writes it.
func AppendJSON(b []byte, text string) []byte {
	if !plain(text) {
		quoted, err := json.Marshal(text)
		if err != nil {
			panic("chain: a string did not marshal: " + err.Error())
		}
		return append(b, quoted...)
	}
	b = append(b, '"')
	b = append(b, text...)
	return append(b, '"')
}

// plain reports whether a text is its own JSON but for the quotes: most are, and need
// not go through reflection.
func plain(text string) bool {
	for i := range len(text) {
		switch c := text[i]; {
		case c < ' ', c >= utf8.RuneSelf, c == '"', c == '\\', c == '<', c == '>', c == '&':
			return false
		}
	}
	return true
}

// Hash closes the chain over one entry: over the hash before it, "" for none, its
// numbers and the digest of its texts.
func Hash(previous string, numbers []int64, digest string) string {
	var room [512]byte
	text := append(room[:0], previous...)
	for _, n := range numbers {
		text = strconv.AppendInt(append(text, '|'), n, 10)
	}
	return SumBytes(append(append(text, '|'), digest...))
}
