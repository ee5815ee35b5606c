package web

import (
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/chameleon-go/chameleon/internal/valid"
)

// IdempotencyHeader is the header in which a client sends its idempotency key.
const IdempotencyHeader = "Idempotency-Key"

// clientPrefix starts the keys that clients choose.
const clientPrefix = "client:"

// maxClientKey is the longest key that is taken from a client, in bytes, so that a verb
// can still put a few words of its own before it.
const maxClientKey = 128

// IdempotencyKey returns the idempotency key of a request for the ledger, empty where
// the client sent none: a repeated request is carried out again then. Keys of clients
// begin with "client:", so that a client's key is never one that the library or the
// application makes. A key may stand in double quotes, as structured headers have it.
//
// Errors: *dialect.InvalidError for a key of more than 128 bytes, or with characters
// that are not printed, and for two headers.
func IdempotencyKey(r *http.Request) (string, error) {
	sent := r.Header.Values(IdempotencyHeader)
	if len(sent) == 0 {
		return "", nil
	}
	if len(sent) > 1 {
		return "", valid.Failf(IdempotencyHeader, "sent %d times", len(sent))
	}
	key := strings.TrimSpace(sent[0])
	if quoted, ok := strings.CutPrefix(key, `"`); ok {
		if key, ok = strings.CutSuffix(quoted, `"`); !ok {
			return "", valid.Failf(IdempotencyHeader, "has one quote")
		}
	}
	switch {
	case key == "":
		return "", valid.Failf(IdempotencyHeader, "empty")
	case len(key) > maxClientKey:
		return "", valid.Failf(IdempotencyHeader, "longer than %d bytes", maxClientKey)
	case !utf8.ValidString(key) || strings.ContainsFunc(key, func(r rune) bool { return r < '!' || r > '~' }):
		return "", valid.Failf(IdempotencyHeader, "has characters other than printed ASCII")
	}
	return clientPrefix + key, nil
}
