// Package memory provides a store for package cache that lives in this process and is
// bounded in bytes. It is a separate module, because it needs ttlcache.
package memory

import (
	"context"
	"crypto/rand"
	"sync"
	"time"

	"github.com/jellydator/ttlcache/v3"

	"github.com/chameleon-go/chameleon/cache"
)

// DefaultMaxBytes is how much a store holds unless it is told otherwise.
const DefaultMaxBytes = 32 << 20

// overhead is what an entry takes beside its name and value, in bytes, about.
const overhead = 300

// Options say how much is held.
type Options struct {
	// MaxBytes is how much the names and values may take, about; [DefaultMaxBytes] by
	// default. What was used least recently makes room.
	MaxBytes int64
}

// Store is a cache.Store. It has no goroutine, and need not be closed.
type Store struct {
	mu      sync.Mutex
	entries *ttlcache.Cache[string, held]
}

// held is a value, or a lease.
type held struct {
	value []byte
	lease string
	until time.Time
}

var _ cache.Store = (*Store)(nil)

// New returns an empty store.
func New(o Options) *Store {
	if o.MaxBytes <= 0 {
		o.MaxBytes = DefaultMaxBytes
	}
	limit := uint64(o.MaxBytes) //nolint:gosec // not negative
	return &Store{entries: ttlcache.New(
		ttlcache.WithDisableTouchOnHit[string, held](), // a read prolongs nothing
		ttlcache.WithMaxCost(limit, func(item ttlcache.CostItem[string, held]) uint64 {
			return uint64(len(item.Key) + len(item.Value.value) + overhead)
		}),
	)}
}

// Get implements cache.Store.
//
// Errors: none.
func (s *Store) Get(_ context.Context, name string, ttl time.Duration) (cache.Entry, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if item := s.entries.Get(name); item != nil {
		return cache.Entry{Value: item.Value().value}, nil
	}
	lease := rand.Text()
	s.entries.Set(name, held{lease: lease, until: time.Now().Add(ttl)}, ttl)
	return cache.Entry{Lease: lease}, nil
}

// Put implements cache.Store.
//
// Errors: none.
func (s *Store) Put(_ context.Context, name, lease string, value []byte) (stored bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	item := s.entries.Get(name)
	if item == nil || lease == "" || item.Value().lease != lease {
		return false, nil
	}
	until := item.Value().until
	left := time.Until(until)
	if value == nil || left <= 0 {
		s.entries.Delete(name)
		return false, nil
	}
	s.entries.Set(name, held{value: value, until: until}, left)
	return true, nil
}

// Forget implements cache.Store.
//
// Errors: none.
func (s *Store) Forget(_ context.Context, names ...string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range names {
		s.entries.Delete(name)
	}
	return nil
}
