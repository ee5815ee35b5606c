package meter

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// The defaults of [Params].
const (
	DefaultLease = 1000
	DefaultEvery = 10 * time.Second
	DefaultGrace = 5 * time.Minute
)

// ErrClosed is what [Meter.Take] returns after [Meter.Close]. Nothing was counted.
var ErrClosed = errors.New("meter: already closed")

// Params configure a [Meter].
type Params struct {
	// DB is the handle that leases are taken and settled on.
	DB       *bun.DB
	UserUUID string
	// Lease is how many credits are held at a time, and the most that a crash loses;
	// 0 means DefaultLease. If the account has less, what it has is leased.
	Lease int64
	// Every is how long counted credits may stay unsettled; 0 means
	// DefaultEvery.
	Every time.Duration
	// Grace is how much longer the hold lasts, so that the database may be
	// unreachable for a while; 0 means DefaultGrace.
	Grace time.Duration
	// Type is the transaction type; empty means [credits.TypeAIGeneration].
	Type string
	// Budgets are names of budgets of the account, as in [credits.ChargeParams]: what is
	// settled counts against each, and no lease is larger than what is left of them.
	Budgets []string
	// OrderNo and GenID link the entries to an order or a generation.
	OrderNo, GenID string
	// Metadata is any JSON object up to 16 KiB; the meter keeps the map.
	Metadata map[string]any
}

// Totals are what became of the counted credits so far.
type Totals struct {
	// Counted is what Take counted.
	Counted int64 `json:"counted"`
	// Settled is what the account paid of it.
	Settled int64 `json:"settled"`
	// Lost was counted, but the account, or a budget, no longer had it when it was
	// to be settled.
	Lost int64 `json:"lost"`
}

// Meter counts credits of one account. Its methods are safe for concurrent use.
type Meter struct {
	p    Params
	name string // begins the keys of its operations

	mu     sync.Mutex
	lease  *lease  // nil for none
	change *change // of the lease, while one is under way
	leases int64
	strays []string // keys of holds of which it is not known whether they were made
	totals Totals
	closed bool
}

// change is a change of leases that somebody may wait for.
type change struct {
	need int64 // the next lease's least, 0 for no next one
	done chan struct{}
	err  error
}

// New returns a meter. It does not access the database before the first Take, and has
// no goroutine while it has no lease.
//
// Errors: *credits.InvalidError.
func New(p Params) (*Meter, error) {
	if p.Lease == 0 {
		p.Lease = DefaultLease
	}
	if p.Every == 0 {
		p.Every = DefaultEvery
	}
	if p.Grace == 0 {
		p.Grace = DefaultGrace
	}
	switch {
	case p.DB == nil:
		return nil, valid.Failf("DB", "is missing")
	case p.Every < 0:
		return nil, valid.Failf("Every", "%v is negative", p.Every)
	case p.Grace < 0:
		return nil, valid.Failf("Grace", "%v is negative", p.Grace)
	}
	if err := valid.Amount("Lease", p.Lease); err != nil {
		return nil, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return nil, err
	}
	m := &Meter{p: p, name: "meter-" + id.String()}
	if _, err = credits.Prepare(context.Background(), m.hold("", p.Lease)); err != nil {
		return nil, err
	}
	_, err = credits.Prepare(context.Background(), credits.ChargeParams{UserUUID: p.UserUUID, Amount: p.Lease, Budgets: p.Budgets})
	return m, err
}

// Take counts credits, 1 to 2^53. If it returns nil they are counted and will be
// settled; after an error they are not. It accesses the database only when the
// lease is used up or old, and then waits no longer than ctx allows.
//
// Errors: *credits.InsufficientError when the lease and the account are used up, and
// *credits.BudgetError when a budget is; other errors of [credits.GetBudget],
// [credits.Hold] and [credits.Capture] while leases cannot be taken or settled;
// [ErrClosed].
func (m *Meter) Take(ctx context.Context, amount int64) error {
	if err := valid.Amount("Amount", amount); err != nil {
		return err
	}
	for {
		c, err := m.count(amount)
		if c == nil {
			return err
		}
		select {
		case <-c.done:
		case <-ctx.Done():
			return dialect.Classify(ctx.Err())
		}
		if c.err != nil && (c.need == amount || !usedUp(c.err)) {
			return c.err
		}
	}
}

// usedUp reports whether err may be no error for who needs less.
func usedUp(err error) bool {
	return errors.Is(err, credits.ErrInsufficient) || errors.Is(err, credits.ErrBudget)
}

// count counts credits of the lease, or returns the change that has to come first.
func (m *Meter) count(amount int64) (*change, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case m.closed:
		return nil, ErrClosed
	case m.change != nil:
		return m.change, nil
	case m.lease.take(amount):
		m.totals.Counted += amount
		return nil, nil
	}
	return m.begin(amount), nil
}

// begin has the lease change: what was counted is settled and, where something is
// needed, a new one taken. The caller has the mutex.
func (m *Meter) begin(need int64) *change {
	m.change = &change{need: need, done: make(chan struct{})}
	go m.renew(m.change, m.lease)
	return m.change
}

// Totals returns what was counted so far and what became of it. What is neither
// settled nor lost is in the current lease.
func (m *Meter) Totals() Totals {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.totals
}

// retryAfter is how long Close waits before it tries again.
const retryAfter = 200 * time.Millisecond

// Close stops counting and settles what was counted, retrying until ctx ends. It
// may be called several times.
//
// Errors: those of [credits.Capture], if ctx ends before everything is settled.
func (m *Meter) Close(ctx context.Context) error {
	for {
		m.mu.Lock()
		m.closed = true
		c := m.change
		if c == nil {
			if m.lease == nil {
				m.mu.Unlock()
				return nil
			}
			c = m.begin(0)
		}
		m.mu.Unlock()
		select {
		case <-c.done:
		case <-ctx.Done():
			return dialect.Classify(ctx.Err())
		}
		if c.err == nil || c.need > 0 {
			continue
		}
		select {
		case <-time.After(retryAfter):
		case <-ctx.Done():
			return c.err
		}
	}
}
