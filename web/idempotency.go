package web

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/chameleon-go/chameleon/internal/valid"
)

// IdempotencyHeader is the header in which a client sends its idempotency key.
const IdempotencyHeader = "Idempotency-Key"

// clientPrefix starts the keys that clients choose.
const clientPrefix = "client:"

// The longest key that is taken from a client, in bytes, and the longest method and path
// that follow it as they are, so that a verb can still put a few words of its own before.
const (
	maxClientKey = 128
	maxScope     = 80
)

// IdempotencyKey returns the request's idempotency key for use in the ledger, or ""
// if the client sent none, in which case a repeated request is carried out again. It
// is "client:", the client's key, and the request's method and path. So it never
// equals a key of the library or the application, and what a client asks of one
// endpoint is never taken for what it asks of another, whatever keys it sends. The
// header's value may be in double quotes, as in structured headers.
//
// At one endpoint, the same key is the same request to the ledger if the verb's params
// are the same, such as the amount. Put what else was asked for into Metadata: then the
// key of another request is a *credits.KeyReusedError. And do not work again for an
// Operation that is Replayed, because nothing was charged for it. generations.Run
// does both.
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
	return clientPrefix + key + " " + scope(r), nil
}

// scope says which endpoint a request asks. A client's key has no space, so that no key
// and path together are another key and path.
func scope(r *http.Request) string {
	endpoint := r.Method + " " + cmp.Or(r.URL.EscapedPath(), "/")
	if len(endpoint) <= maxScope {
		return endpoint
	}
	sum := sha256.Sum256([]byte(endpoint))
	return hex.EncodeToString(sum[:])
}
