// Package rediscache provides a store for package cache in Redis 6 or newer, or Valkey.
// Processes share it, so that all of them see a change at once. It is a separate module,
// because it needs go-redis.
//
//	client := redis.NewClient(&redis.Options{Addr: "localhost:6379"})
//	kept, err := cache.New(rediscache.New(client), cache.Options{Secret: secret})
//	db, err := chameleon.Open(ctx, url, chameleon.WithCache(kept))
//
// Each call runs one script on one key, so it works on a cluster. The server may evict
// any key (maxmemory-policy allkeys-lru) and need not persist anything. A replica that is
// promoted may lack the latest changes; other processes then see them late, but within
// the TTL of package cache.
//
// Anyone who can write to the server can make an API key valid, unless
// cache.Options.Secret is set. Set it if others use the server.
package rediscache

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/chameleon-go/chameleon/cache"
)

// What a key holds begins with what it is.
const (
	markLease = "L"
	markValue = "V"
)

// The scripts. A key's time to live is set with its lease and never again: PX there,
// KEEPTTL here.
//
//nolint:gochecknoglobals // constants in all but type
var (
	get = redis.NewScript(`local held = redis.call('GET', KEYS[1])
if held then return held end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return false`)
	put = redis.NewScript(`if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'KEEPTTL')
return 1`)
	giveUp = redis.NewScript(`if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 0`)
)

// Store is a cache.Store.
type Store struct {
	client redis.UniversalClient
}

var _ cache.Store = (*Store)(nil)

// New returns a store on a client, which its caller closes.
func New(client redis.UniversalClient) *Store { return &Store{client: client} }

// Get implements cache.Store.
//
// Errors: the client's.
func (s *Store) Get(ctx context.Context, name string, ttl time.Duration) (cache.Entry, error) {
	lease := markLease + rand.Text()
	held, err := get.Run(ctx, s.client, []string{name}, lease, ttl.Milliseconds()).Text()
	switch {
	case errors.Is(err, redis.Nil):
		return cache.Entry{Lease: lease}, nil
	case err != nil:
		return cache.Entry{}, err
	case len(held) > 0 && held[:1] == markLease:
		return cache.Entry{}, nil
	case len(held) > 0 && held[:1] == markValue:
		return cache.Entry{Value: []byte(held[1:])}, nil
	}
	return cache.Entry{Value: []byte(held)}, nil // nobody's: package cache will see that
}

// Put implements cache.Store.
//
// Errors: the client's.
func (s *Store) Put(ctx context.Context, name, lease string, value []byte) (stored bool, err error) {
	if value == nil {
		return false, giveUp.Run(ctx, s.client, []string{name}, lease).Err()
	}
	n, err := put.Run(ctx, s.client, []string{name}, lease, markValue+string(value)).Int()
	return n == 1, err
}

// Forget implements cache.Store.
//
// Errors: the client's.
func (s *Store) Forget(ctx context.Context, names ...string) error {
	_, err := s.client.Pipelined(ctx, func(p redis.Pipeliner) error {
		for _, name := range names {
			p.Del(ctx, name)
		}
		return nil
	})
	return err
}
