package rediscache_test

import (
	"context"
	"time"

	"github.com/chameleon-go/chameleon/cache"
)

// prefixed is a store whose names are this run's.
type prefixed struct {
	store  cache.Store
	prefix string
}

func (p prefixed) Get(ctx context.Context, name string, ttl time.Duration) (cache.Entry, error) {
	return p.store.Get(ctx, p.prefix+name, ttl)
}

func (p prefixed) Put(ctx context.Context, name, lease string, value []byte) (bool, error) {
	return p.store.Put(ctx, p.prefix+name, lease, value)
}

func (p prefixed) Forget(ctx context.Context, names ...string) error {
	all := make([]string, len(names))
	for i, name := range names {
		all[i] = p.prefix + name
	}
	return p.store.Forget(ctx, all...)
}

// read is a read of the database that finds what is there now.
func read(now string) func(context.Context) ([]byte, error) {
	return func(context.Context) ([]byte, error) { return []byte(now), nil }
}
