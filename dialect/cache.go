package dialect

import (
	"context"

	"github.com/uptrace/bun/schema"
)

// Cache keeps what some verbs read again and again, where the handle was given one:
// apikeys.Authenticate, providers.Get and Find, content.GetBySlug and ListPublished.
// Nothing of the ledger is ever in it. It is carried by the handle's [Capabilities];
// package cache has one.
//
// It must be safe for concurrent use, and must not use the handle.
type Cache interface {
	// Fetch returns the value of key: the one that is kept, or what read returns, which
	// is kept then unless it is nil. Callers must not change it. kept is false for a
	// value that the cache does not hold afterwards. Concurrent calls share one read,
	// and no call shares one that began before a Forget or Suspend of the key that had
	// returned when the call began.
	//
	// Errors: those of read, and that of ctx when it ends first. That the cache fails is
	// none: then read is called.
	Fetch(ctx context.Context, key string, read func(ctx context.Context) ([]byte, error)) (value []byte, kept bool, err error)
	// Forget removes what is kept of keys, whose rows have changed. A Fetch of this
	// process that begins when it has returned finds nothing older, whatever fails.
	Forget(ctx context.Context, keys ...string)
	// Suspend is Forget for a change that is not committed yet, and whose end is not
	// seen: for a while, this process keeps nothing of keys.
	Suspend(ctx context.Context, keys ...string)
}

// WithCache returns bun's dialect d, of a handle that a team opens itself, with a cache.
// What else is known of the handle stays; see [Describe].
func WithCache(d schema.Dialect, cache Cache) schema.Dialect {
	c := OfDialect(d)
	c.Cache = cache
	return described{Dialect: d, capabilities: c}
}
