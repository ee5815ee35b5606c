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
)

// RedactedPrefix stands before the hash of metadata that was erased for
// privacy's sake: the chain still closes over it.
const RedactedPrefix = "redacted:sha256:"

// Sum is the SHA-256 of a text, in hexadecimal.
func Sum(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
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
func Digest(texts []string) string {
	text, err := json.Marshal(texts)
	if err != nil {
		panic("chain: a slice of strings did not marshal: " + err.Error())
	}
	return Sum(string(text))
}

// Hash closes the chain over one entry: over the hash before it, "" for none, its
// numbers and the digest of its texts.
func Hash(previous string, numbers []int64, digest string) string {
	var b strings.Builder
	b.WriteString(previous)
	for _, n := range numbers {
		b.WriteByte('|')
		b.WriteString(strconv.FormatInt(n, 10))
	}
	b.WriteByte('|')
	b.WriteString(digest)
	return Sum(b.String())
}
