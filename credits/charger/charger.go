package charger

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"sync"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// The defaults of [Params].
const (
	DefaultLanes      = 4
	DefaultMaxGroup   = 250
	DefaultMaxWaiting = 10_000
	DefaultTimeout    = 10 * time.Second
)

// ErrClosed is what [Charger.Charge] returns after [Charger.Shutdown]. Nothing was
// sent.
var ErrClosed = errors.New("charger: already shut down")

// Params configure a [Charger].
type Params struct {
	// DB is the handle that charges are posted on.
	DB *bun.DB
	// Lanes is how many groups may be under way at once, each on its own
	// connection. All charges of an account use one lane, in sequence. 0 means
	// DefaultLanes, or 1 on SQLite, which has one writer.
	Lanes int
	// MaxGroup is the maximum number of charges in a commit, up to
	// [credits.MaxBatch]; 0 means DefaultMaxGroup.
	MaxGroup int
	// MaxWaiting is how many charges may be waiting or under way; beyond that,
	// Charge blocks. 0 means DefaultMaxWaiting.
	MaxWaiting int
	// Timeout bounds one attempt at a group; 0 means DefaultTimeout.
	Timeout time.Duration
}

// Charger gathers charges and posts them in groups. Its methods are safe for
// concurrent use.
type Charger struct {
	db       *bun.DB
	engine   dialect.Engine
	maxGroup int
	timeout  time.Duration
	lanes    []*lane
	seed     maphash.Seed

	// places holds one for each charge that waits or is under way.
	places chan struct{}
	// work ends when Shutdown's context has ended before all was done.
	work context.Context //nolint:containedctx // that of the groups, which are nobody's call
	stop context.CancelFunc

	mu       sync.Mutex
	closed   bool
	closing  chan struct{} // closed with closed set
	underWay sync.WaitGroup
}

// New returns a Charger. An idle Charger has no goroutine and needs no Shutdown.
//
// Errors: *credits.InvalidError.
func New(p Params) (*Charger, error) {
	c := &Charger{
		db: p.DB, maxGroup: or(p.MaxGroup, DefaultMaxGroup), timeout: or(p.Timeout, DefaultTimeout),
		seed: maphash.MakeSeed(), closing: make(chan struct{}),
	}
	waiting := or(p.MaxWaiting, DefaultMaxWaiting)
	switch {
	case p.DB == nil:
		return nil, valid.Failf("DB", "is missing")
	case p.Lanes < 0:
		return nil, valid.Failf("Lanes", "%d is negative", p.Lanes)
	case c.maxGroup < 0 || c.maxGroup > credits.MaxBatch:
		return nil, valid.Failf("MaxGroup", "%d is not between 1 and %d", c.maxGroup, credits.MaxBatch)
	case waiting < 0:
		return nil, valid.Failf("MaxWaiting", "%d is negative", waiting)
	case c.timeout < 0:
		return nil, valid.Failf("Timeout", "%v is negative", c.timeout)
	}
	c.engine = dialect.Of(p.DB).Engine
	lanes := or(p.Lanes, DefaultLanes)
	if p.Lanes == 0 && c.engine == dialect.SQLite {
		lanes = 1
	}
	for range lanes {
		c.lanes = append(c.lanes, &lane{charger: c, aside: map[string][]*call{}})
	}
	c.places = make(chan struct{}, waiting)
	c.work, c.stop = context.WithCancel(context.Background())
	return c, nil
}

// or is a parameter, or its default where it is zero.
func or[T int | time.Duration](given, byDefault T) T {
	if given == 0 {
		return byDefault
	}
	return given
}

// Charge is [credits.Charge] in a commit that it may share with others. If ctx
// ends it returns at once; see the package documentation.
//
// Errors: those of [credits.Charge]; [ErrClosed].
func (c *Charger) Charge(ctx context.Context, p credits.ChargeParams) (*credits.Operation, error) {
	op, err := credits.Prepare(ctx, p)
	if err != nil {
		return nil, err
	}
	if err := c.enter(ctx); err != nil {
		return nil, err
	}
	one := &call{op: op, user: p.UserUUID, done: make(chan struct{})}
	c.laneOf(p.UserUUID).add(one)
	select {
	case <-one.done:
		return one.operation, one.err
	case <-ctx.Done():
	}
	if one.giveUp() {
		return nil, dialect.Classify(ctx.Err())
	}
	select {
	case <-one.done: // both at once
		return one.operation, one.err
	default:
		return nil, dialect.Unanswered(ctx, c.engine, fmt.Errorf("the charge was sent: %w", ctx.Err()))
	}
}

// enter waits for a place.
func (c *Charger) enter(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return dialect.Classify(err)
	}
	select {
	case c.places <- struct{}{}:
	case <-c.closing:
		return ErrClosed
	case <-ctx.Done():
		return dialect.Classify(ctx.Err())
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		<-c.places
		return ErrClosed
	}
	c.underWay.Add(1)
	return nil
}

// leave gives up a place.
func (c *Charger) leave() {
	<-c.places
	c.underWay.Done()
}

func (c *Charger) laneOf(user string) *lane {
	return c.lanes[maphash.String(c.seed, user)%uint64(len(c.lanes))]
}

// Shutdown accepts no more charges and waits for those accepted to finish. If ctx
// ends first, waiting charges fail with [ErrClosed] and those under way are aborted;
// their callers learn if an outcome is unknown. It may be called several times.
//
// Errors: that of ctx.
func (c *Charger) Shutdown(ctx context.Context) error {
	c.mu.Lock()
	if !c.closed {
		c.closed = true
		close(c.closing)
	}
	c.mu.Unlock()
	done := make(chan struct{})
	go func() {
		c.underWay.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		c.stop()
		<-done // soon: see dialect.CleanupLimit
		return ctx.Err()
	}
}
