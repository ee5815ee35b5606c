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

// IdempotencyKey returns the request's idempotency key for use in the ledger, or ""
// if the client sent none, in which case a repeated request is carried out again. It
// prefixes the client's key with "client:", so that it never equals a key of the
// library or the application. The header's value may be in double quotes, as in
// structured headers.
//
// Errors: *dialect.InvalidError for a key of more than 128 bytes or with unprintable
// characters, and for more than one header.
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
			return "", valid.Failf(IdempotencyHeader, "has an unmatched quote")
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
