package cache

import (
	"context"
	"time"
)

// Store holds values for a time. Package cachetest has tests for one.
//
// What keeps an old value from coming back is the lease: a read that found nothing is
// given one before it asks the database, and its value is taken only as long as nobody
// has made the store forget the name since.
type Store interface {
	// Get returns what name holds. Where it holds nothing, it is given a lease, until ttl
	// has passed, and the caller gets it; where another caller has the lease, nothing is
	// returned at all.
	//
	// Errors: the store's.
	Get(ctx context.Context, name string, ttl time.Duration) (Entry, error)
	// Put stores a value in the place of the lease, and says whether it did: the lease
	// must still be the name's. The value ends when the lease would have: reading it
	// prolongs nothing. A nil value gives the lease up.
	//
	// Errors: the store's.
	Put(ctx context.Context, name, lease string, value []byte) (stored bool, err error)
	// Forget removes the values and leases of names.
	//
	// Errors: the store's.
	Forget(ctx context.Context, names ...string) error
}

// Entry is what a [Store] answers: a value, or a lease, or neither.
type Entry struct {
	// Value must not be changed. Nil is none.
	Value []byte `json:"-"`
	Lease string `json:"-"`
}
