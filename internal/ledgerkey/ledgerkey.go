// Package ledgerkey makes the idempotency keys that the library itself uses in
// the ledger. They begin with prefixes that callers' keys must not have, so that
// nobody can take, by chance or on purpose, the key of a refund to come.
//
// Being internal, it keeps the way through to this module: the ledger takes a
// reserved key only from a context that was told of that very key.
package ledgerkey

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
)

// NewUser is the key of the sign-up bonus.
const NewUser = "new_user"

// Adopted stands in op_hash of what another program did: see credits.Adopt.
const Adopted = "adopted"

// prefixes begin the library's keys. They are compared byte for byte, as the
// index on the keys does.
func prefixes() []string {
	return []string{
		"order:", "generation:", "generation-request:", "commission:", "commission-id:", "commission-reduced:", "ping:", "chameleon:",
	}
}

// maxBytes is the longest key that the ledger takes.
const maxBytes = 255

// Of returns the key of a thing. what says in constant words and numbers what it
// is, name says which one: Of("order:reversal:2", "7") is "order:7:reversal:2".
// Two things never have one key, whatever their names hold, because what stands
// before and after the name holds no free text. A key that would be too long
// names the thing by a hash.
func Of(what, name string) string {
	family, part, _ := strings.Cut(what, ":")
	key := family + ":" + name
	if part != "" {
		key += ":" + part
	}
	if len(key) <= maxBytes {
		return key
	}
	sum := sha256.Sum256([]byte(key))
	return "chameleon:sha256:" + hex.EncodeToString(sum[:])
}

// Reserved returns why callers cannot use key, empty if they can.
func Reserved(key string) string {
	if key == NewUser {
		return "the library uses this key for the sign-up bonus"
	}
	for _, prefix := range prefixes() {
		if strings.HasPrefix(key, prefix) {
			return "keys that begin with \"" + prefix + "\" are the library's own"
		}
	}
	return ""
}

type allowed struct{}

// Allow returns a context with which the ledger takes these keys.
func Allow(ctx context.Context, keys ...string) context.Context {
	before, _ := ctx.Value(allowed{}).([]string)
	return context.WithValue(ctx, allowed{}, slices.Concat(before, keys))
}

// Refused returns why the ledger does not take key with this context, empty if
// it does.
func Refused(ctx context.Context, key string) string {
	why := Reserved(key)
	if why == "" {
		return ""
	}
	if keys, _ := ctx.Value(allowed{}).([]string); slices.Contains(keys, key) {
		return ""
	}
	return why
}
