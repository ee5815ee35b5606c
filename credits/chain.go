package credits

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"strings"
)

// Each entry's hash covers the entry and the hash before it, so that an entry
// that was changed, removed, inserted or reordered breaks the chain from there
// on. The hash is written under the account's lock.
//
// It is computed in two steps so that the one-statement charge can take the
// second one inside the database, where the account's latest numbers are:
// digest covers what the caller knows, chainHash the numbers.

// redactedPrefix stands before the hash of metadata that was erased for
// privacy's sake: the chain still closes over it.
const redactedPrefix = "redacted:sha256:"

func sum256(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

// newSalt makes the salt of an entry's metadata, "" for none: 130 random bits.
func newSalt(metadata string) string {
	if metadata == "" {
		return ""
	}
	return rand.Text()
}

// metadataDigest is what hashes have of an entry's metadata. What people store
// there (an IP address, an email) is found by trying, in milliseconds, wherever
// a bare hash of it is left.
func metadataDigest(salt, metadata string) string {
	if rest, ok := strings.CutPrefix(metadata, redactedPrefix); ok {
		return rest
	}
	if metadata == "" {
		return ""
	}
	return sum256(salt + metadata)
}

// digest covers the entry's texts, which are fixed before it is written.
func digest(e *Entry) string {
	text, err := json.Marshal([]string{
		e.UserUUID, e.TransType, string(e.OpKind), e.OpKey, e.OpHash, e.OpData,
		strconv.FormatInt(e.TargetSeq, 10), e.OrderNo, e.GenID, metadataDigest(e.MetadataSalt, e.Metadata),
	})
	if err != nil {
		panic("credits: a slice of strings did not marshal: " + err.Error())
	}
	return sum256(string(text))
}

// chainHash closes the chain over one entry.
func chainHash(previous string, e *Entry) string {
	var b strings.Builder
	b.WriteString(previous)
	for _, n := range []int64{
		e.Seq, e.OpSeq, e.Lot, e.Credits, e.Held, e.Balance, e.Available, e.AtUs, e.ExpiresUs,
	} {
		b.WriteByte('|')
		b.WriteString(strconv.FormatInt(n, 10))
	}
	b.WriteByte('|')
	b.WriteString(digest(e))
	return sum256(b.String())
}
