package cache

import (
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// The defaults of [Options].
const (
	DefaultTTL     = 30 * time.Second
	DefaultTimeout = 100 * time.Millisecond
)

// SuspendedFor is how long after a verb a caller's transaction may commit so that this
// process sees the change at once.
const SuspendedFor = time.Minute

const (
	// restAfterFailure is how long a store is not used after a failure.
	restAfterFailure = time.Second
	// margin allows for clocks that run at different speeds.
	margin = time.Second
	// minCrowd is how many keys may be barred before expired ones are removed.
	minCrowd = 1024
	// maxSecret is the maximum length of a secret, in bytes.
	maxSecret = 1024
)

// InvalidError names a field of Options and says what is wrong with it.
type InvalidError = dialect.InvalidError

// ErrInvalid matches every *InvalidError.
var ErrInvalid = dialect.ErrInvalid

// Options configure a cache. The zero value of a field means its default.
type Options struct {
	// TTL is the maximum age of a value, from a second to a day; [DefaultTTL] by default.
	TTL time.Duration
	// Namespace is the prefix of every name in the store; "chameleon" by default. Give each
	// database its own if several share a store.
	Namespace string
	// Secret authenticates values, so that nobody who can write to the store can forge one.
	// It has at most 1,024 bytes and is optional. Processes that share a store need the
	// same Secret.
	Secret []byte
	// Timeout limits each call of the store; [DefaultTimeout] by default.
	Timeout time.Duration
	// Failed is called for each failure of the store, and for values that are not what was
	// stored. It is optional, must be safe for concurrent use, and must not block.
	Failed func(err error)
}

// Cache keeps values in a [Store]. It implements dialect.Cache, serves the handles of one
// database, and is safe for concurrent use.
type Cache struct {
	store   Store
	options Options
	flights singleflight.Group

	mu sync.Mutex
	// barred has the keys that are neither read from the store nor written to it, and until
	// when. Expired ones are removed when their number reaches crowd.
	barred map[string]time.Time
	crowd  int
	// rests is the time until which the store is not used.
	rests time.Time

	hits, misses, failures atomic.Int64
}

var _ dialect.Cache = (*Cache)(nil)

// New returns a cache.
//
// Errors: *InvalidError for a field of o, and for a nil store.
func New(store Store, o Options) (*Cache, error) {
	if o.TTL == 0 {
		o.TTL = DefaultTTL
	}
	if o.Timeout == 0 {
		o.Timeout = DefaultTimeout
	}
	if o.Namespace == "" {
		o.Namespace = "chameleon"
	}
	var problem error
	switch {
	case store == nil:
		problem = valid.Failf("Store", "required")
	case o.TTL < time.Second || o.TTL > 24*time.Hour:
		problem = valid.Failf("TTL", "not between a second and a day")
	case o.Timeout < 0:
		problem = valid.Failf("Timeout", "is negative")
	case len(o.Secret) > maxSecret:
		problem = valid.Failf("Secret", "longer than %d bytes", maxSecret)
	default:
		problem = valid.Name("Namespace", o.Namespace)
	}
	if problem != nil {
		return nil, problem
	}
	return &Cache{store: store, options: o, barred: map[string]time.Time{}, crowd: minCrowd}, nil
}

// Stats counts events since the cache was created.
type Stats struct {
	// Hits were answered from the store, Misses by a read. A call that shared the answer of
	// another call counts as neither.
	Hits   int64 `json:"hits"`
	Misses int64 `json:"misses"`
	// Failures are calls of the store that failed, and values that were not what was
	// stored.
	Failures int64 `json:"failures"`
}

// Stats returns the counts so far.
func (c *Cache) Stats() Stats {
	return Stats{Hits: c.hits.Load(), Misses: c.misses.Load(), Failures: c.failures.Load()}
}

// name returns a key's name in the store.
func (c *Cache) name(key string) string { return c.options.Namespace + ":" + key }
