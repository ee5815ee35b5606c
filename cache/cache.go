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

// SuspendedFor is how long after a verb a transaction that the caller opened may commit,
// so that its change is seen at once in this process.
const SuspendedFor = time.Minute

const (
	// restAfterFailure is how long a store that failed is not asked.
	restAfterFailure = time.Second
	// margin is for clocks that do not run alike.
	margin = time.Second
	// minCrowd is how many names may be barred before it is looked which still are.
	minCrowd = 1024
	// maxSecret is the longest secret, in bytes.
	maxSecret = 1024
)

// InvalidError names a field of Options and says what is wrong with it.
type InvalidError = dialect.InvalidError

// ErrInvalid matches every *InvalidError.
var ErrInvalid = dialect.ErrInvalid

// Options say how values are kept. The zero value of a field is its default.
type Options struct {
	// TTL is how old a value may be, [DefaultTTL] by default, from a second to a day.
	TTL time.Duration
	// Namespace begins the name of each value; "chameleon" by default. In a store that
	// several databases share, each has its own.
	Namespace string
	// Secret, when set, is what each value is authenticated with, at most 1,024 bytes:
	// then nobody who can write to the store can forge one. Processes that share a store
	// have the same.
	Secret []byte
	// Timeout limits each call of the store, [DefaultTimeout] by default.
	Timeout time.Duration
	// Failed, when set, is told of each failure of the store, and of values that are not
	// what was stored. It must be safe for concurrent use, and must not wait.
	Failed func(err error)
}

// Cache keeps values in a [Store]. It is a dialect.Cache, safe for concurrent use, and for
// the handles of one database.
type Cache struct {
	store   Store
	options Options
	flights singleflight.Group

	mu sync.Mutex
	// barred are the names of which nothing is believed or kept, until when.
	// Those that ended are removed when there are crowd of them.
	barred map[string]time.Time
	crowd  int
	// rests is until when the store is left alone.
	rests time.Time

	hits, misses, failures atomic.Int64
}

var _ dialect.Cache = (*Cache)(nil)

// New returns a cache.
//
// Errors: *InvalidError for a field of o, and for no store.
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
		problem = valid.Failf("TTL", "not from a second to a day")
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

// Stats counts since the cache was made.
type Stats struct {
	// Hits were answered from the store, Misses by a read. What shared another's answer is
	// in neither.
	Hits   int64 `json:"hits"`
	Misses int64 `json:"misses"`
	// Failures are calls of the store that failed, and values that were not what was
	// stored.
	Failures int64 `json:"failures"`
}

// Stats returns what was counted so far.
func (c *Cache) Stats() Stats {
	return Stats{Hits: c.hits.Load(), Misses: c.misses.Load(), Failures: c.failures.Load()}
}

// name is a key's in the store.
func (c *Cache) name(key string) string { return c.options.Namespace + ":" + key }
