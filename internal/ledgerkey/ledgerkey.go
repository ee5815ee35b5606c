// Package ledgerkey makes the idempotency keys that the library itself uses in
// the ledger. They share a prefix that callers' keys must not have, so that
// nobody can take, by chance or on purpose, the key of a refund to come.
//
// Being internal, it is what keeps the way through to this module: the ledger
// takes a key with the prefix only from a context that was told of that very
// key.
package ledgerkey

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
)

// Prefix begins every key of the library. It is compared byte for byte, as the
// index on the keys does.
const Prefix = "chameleon:"

// maxBytes is the longest key that the ledger takes.
const maxBytes = 255

// Of returns the key of a thing: what says what it is in constant words, name
// which one it is. Two things never have one key, whatever their names hold,
// because the name stands last and what has no free text in it. A key that
// would be too long names the thing by a hash.
func Of(what, name string) string {
	key := Prefix + what + ":" + name
	if len(key) <= maxBytes {
		return key
	}
	sum := sha256.Sum256([]byte(key))
	return Prefix + "sha256:" + hex.EncodeToString(sum[:])
}

// Reserved reports whether key is one that callers cannot use.
func Reserved(key string) bool { return strings.HasPrefix(key, Prefix) }

type allowed struct{}

// Allow returns a context with which the ledger takes these keys.
func Allow(ctx context.Context, keys ...string) context.Context {
	before, _ := ctx.Value(allowed{}).([]string)
	return context.WithValue(ctx, allowed{}, slices.Concat(before, keys))
}

// Usable reports whether the ledger takes key with this context.
func Usable(ctx context.Context, key string) bool {
	if !Reserved(key) {
		return true
	}
	keys, _ := ctx.Value(allowed{}).([]string)
	return slices.Contains(keys, key)
}
