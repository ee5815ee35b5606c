package events

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// The defaults of [DeliverParams].
const (
	DefaultLease       = time.Minute
	DefaultMaxAttempts = 20
	DefaultRetryAfter  = time.Second
	DefaultRetryMost   = 10 * time.Minute
	DefaultWorkers     = 4
)

// Handler processes an event. If it returns an error or panics, it is called again
// later with the same event. Its context ends with the lease.
type Handler func(ctx context.Context, e Event) error

// DeliverParams configure delivery. The zero value of a field means its default.
type DeliverParams struct {
	// Handler is required.
	Handler Handler
	// Lease is how long an account's events belong to this process alone, a minute by
	// default. It should be well above what a handler takes. If a process dies, its
	// events are delivered again when the lease ends.
	Lease time.Duration
	// RetryAfter is the pause after a first failure, a second by default. It doubles
	// with each failure, up to RetryMost, ten minutes by default.
	RetryAfter, RetryMost time.Duration
	// MaxAttempts is after how many failed deliveries an event is parked, 20 by
	// default: about two hours with the other defaults.
	MaxAttempts int
	// Workers is how many accounts are processed concurrently, 4 by default.
	Workers int
}

// DeliverResult counts what a call did.
type DeliverResult struct {
	// Delivered were accepted by the handler.
	Delivered int64 `json:"delivered"`
	// Failed deliveries will be retried, except Parked ones.
	Failed int64 `json:"failed"`
	Parked int64 `json:"parked"`
	// Lost deliveries outlasted their lease, and another process took over.
	Lost int64 `json:"lost"`
}

func (r *DeliverResult) add(o DeliverResult) {
	r.Delivered += o.Delivered
	r.Failed += o.Failed
	r.Parked += o.Parked
	r.Lost += o.Lost
}

func (p DeliverParams) withDefaults() (DeliverParams, error) {
	for _, f := range []struct {
		name  string
		d     *time.Duration
		value time.Duration
	}{
		{"Lease", &p.Lease, DefaultLease}, {"RetryAfter", &p.RetryAfter, DefaultRetryAfter}, {"RetryMost", &p.RetryMost, DefaultRetryMost},
	} {
		if *f.d == 0 {
			*f.d = f.value
		}
		if *f.d < 0 {
			return p, valid.Failf(f.name, "%v is negative", *f.d)
		}
	}
	if p.Workers == 0 {
		p.Workers = DefaultWorkers
	}
	if p.MaxAttempts == 0 {
		p.MaxAttempts = DefaultMaxAttempts
	}
	switch {
	case p.Handler == nil:
		return p, valid.Failf("Handler", "is nil")
	case p.Workers < 0:
		return p, valid.Failf("Workers", "%d is negative", p.Workers)
	case p.MaxAttempts < 0:
		return p, valid.Failf("MaxAttempts", "%d is negative", p.MaxAttempts)
	}
	return p, nil
}

// Deliver passes all due events to p.Handler and returns when none is left. It is
// meant for a job queue such as River, or for cron. Failed deliveries become due
// again later and are not errors of Deliver: the result counts them, and the event
// records the handler's error.
//
// Errors: *InvalidError for a field of p; *dialect.Error when the database fails,
// together with the result so far; ctx's error. An event that the handler accepted is
// recorded as delivered, or is delivered again.
func Deliver(ctx context.Context, db *bun.DB, p DeliverParams) (*DeliverResult, error) {
	p, err := p.withDefaults()
	if err != nil {
		return nil, err
	}
	total := &DeliverResult{}
	for ctx.Err() == nil {
		accounts, err := due(ctx, db)
		if err != nil || len(accounts) == 0 {
			return total, dialect.Classify(err)
		}
		done, err := p.round(ctx, db, accounts)
		total.add(done)
		if err != nil {
			return total, dialect.Classify(err)
		}
	}
	return total, ctx.Err()
}

// dueRows bounds the rows that one look at the outbox reads.
const dueRows = 500

// due lists accounts that have events which may be delivered, each once.
func due(ctx context.Context, db *bun.DB) ([]string, error) {
	var found []string
	err := db.NewRaw("SELECT user_uuid FROM chameleon_events WHERE due_us <= ? ORDER BY due_us, id LIMIT ?",
		time.Now().UnixMicro(), dueRows).Scan(ctx, &found)
	seen := make(map[string]bool, len(found))
	accounts := found[:0]
	for _, user := range found {
		if !seen[user] {
			seen[user] = true
			accounts = append(accounts, user)
		}
	}
	return accounts, err
}

// round works on accounts, several at a time.
func (p DeliverParams) round(ctx context.Context, db *bun.DB, accounts []string) (DeliverResult, error) {
	var mu sync.Mutex
	var total DeliverResult
	var failure error
	next := make(chan string)
	var all sync.WaitGroup
	for range min(p.Workers, len(accounts)) {
		all.Go(func() {
			for user := range next {
				l := lane{db: db, p: p, user: user}
				err := l.run(ctx)
				mu.Lock()
				total.add(l.done)
				failure = errors.Join(failure, err)
				mu.Unlock()
			}
		})
	}
	for _, user := range accounts {
		mu.Lock()
		stop := failure != nil
		mu.Unlock()
		if stop || ctx.Err() != nil {
			break
		}
		next <- user
	}
	close(next)
	all.Wait()
	return total, failure
}
