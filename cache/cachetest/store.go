package cachetest

import (
	"context"
	"crypto/rand"
	"sync"
	"time"

	"github.com/chameleon-go/chameleon/cache"
)

// Store is a plain store in memory for tests: it never makes room, and it can be made to
// fail. It is safe for concurrent use.
type Store struct {
	mu      sync.Mutex
	entries map[string]held
	err     error
	garbles bool
}

// held is a value, or a lease.
type held struct {
	value []byte
	lease string
	until time.Time
}

var _ cache.Store = (*Store)(nil)

// NewStore returns an empty store.
func NewStore() *Store { return &Store{entries: map[string]held{}} }

// Fail has every call return err from now on, and work again where it is nil. What the
// store holds it goes on to hold.
func (s *Store) Fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
}

// Garble has Get return values that differ from those that were put by a bit, or no longer
// does.
func (s *Store) Garble(garbles bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.garbles = garbles
}

// Values returns what the store holds, by name, leases left out.
func (s *Store) Values() map[string][]byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	values := map[string][]byte{}
	for name, h := range s.entries {
		if h.value != nil && time.Now().Before(h.until) {
			values[name] = h.value
		}
	}
	return values
}

// Get implements cache.Store.
//
// Errors: that of Fail.
func (s *Store) Get(_ context.Context, name string, ttl time.Duration) (cache.Entry, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return cache.Entry{}, s.err
	}
	now := time.Now()
	if h, ok := s.entries[name]; ok && now.Before(h.until) {
		if len(h.value) > 0 && s.garbles {
			garbled := append([]byte{}, h.value...)
			garbled[len(garbled)/2] ^= 1
			return cache.Entry{Value: garbled}, nil
		}
		return cache.Entry{Value: h.value}, nil
	}
	h := held{lease: rand.Text(), until: now.Add(ttl)}
	s.entries[name] = h
	return cache.Entry{Lease: h.lease}, nil
}

// Put implements cache.Store.
//
// Errors: that of Fail.
func (s *Store) Put(_ context.Context, name, lease string, value []byte) (stored bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	h, ok := s.entries[name]
	switch {
	case s.err != nil:
		return false, s.err
	case !ok || lease == "" || h.lease != lease || !time.Now().Before(h.until):
		return false, nil
	case value == nil:
		delete(s.entries, name)
		return false, nil
	}
	s.entries[name] = held{value: value, until: h.until}
	return true, nil
}

// Forget implements cache.Store.
//
// Errors: that of Fail.
func (s *Store) Forget(_ context.Context, names ...string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return s.err
	}
	for _, name := range names {
		delete(s.entries, name)
	}
	return nil
}
