package cache

import (
	"context"
	"time"
)

// Store holds values for a limited time. Package cachetest has tests for implementations.
//
// Leases keep an old value from returning: a read that finds nothing gets a lease before it
// asks the database, and its value is accepted only if nobody has made the store forget the
// name since.
type Store interface {
	// Get returns the value of name. If there is none, name is leased until ttl has passed,
	// and the caller gets the lease. If another caller has the lease, the entry is empty.
	//
	// Errors: the store's.
	Get(ctx context.Context, name string, ttl time.Duration) (Entry, error)
	// Put replaces the lease by a value, if the lease is still current, and reports whether
	// it did. The value ends when the lease would have ended; reads do not prolong it. A
	// nil value releases the lease.
	//
	// Errors: the store's.
	Put(ctx context.Context, name, lease string, value []byte) (stored bool, err error)
	// Forget removes the values and leases of names.
	//
	// Errors: the store's.
	Forget(ctx context.Context, names ...string) error
}

// Entry is the result of Store.Get: a value, or a lease, or neither.
type Entry struct {
	// Value must not be modified. Nil means that there is none.
	Value []byte `json:"-"`
	Lease string `json:"-"`
}
