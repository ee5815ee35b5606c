package payhistory

import (
	"context"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// Handle carries an event out and returns the answer to the provider.
type Handle func(ctx context.Context, db bun.IDB, e Event) (status int, err error)

// Mode is how events are delivered.
type Mode struct {
	Shuffled, Doubled, AtOnce, Crashing bool
}

// Modes are the ways that the histories of a test take in turn; their number and
// that of worlds have no common divisor.
func Modes() []Mode {
	return []Mode{
		{},
		{Shuffled: true},
		{Shuffled: true, Doubled: true},
		{Doubled: true, Crashing: true},
		{Shuffled: true, Doubled: true, AtOnce: true},
		{Shuffled: true, Doubled: true, Crashing: true},
		{Shuffled: true, Doubled: true, AtOnce: true, Crashing: true},
	}
}

// most is how often an event is delivered before nobody is taken to want it.
const most = 30

// workers is how many events are told at once.
const workers = 4

// delivery is an event on its way.
type delivery struct {
	Event
	tries int
	// crashes is at which places of their statements the first tries die.
	crashes []int64
}

// Deliver tells events to a handler until each is taken: what is not answered
// with 200, or died, is told again, after the others. between is called once,
// when half of them were told.
func Deliver(t *testing.T, db *bun.DB, r *rand.Rand, m Mode, events []Event, handle Handle, between func()) {
	t.Helper()
	db = db.WithQueryHook(enginetest.Crasher{})
	queue := plan(r, m, events)
	next := &again{}
	half := len(queue) / 2
	next.round(t, db, m, queue[:half], handle)
	between()
	next.round(t, db, m, queue[half:], handle)
	for len(next.left) > 0 {
		queue, next.left = next.left, nil
		next.round(t, db, m, queue, handle)
	}
}

// round tells each event once.
func (a *again) round(t *testing.T, db *bun.DB, m Mode, queue []*delivery, handle Handle) {
	t.Helper()
	if m.AtOnce {
		a.tellAtOnce(t, db, queue, handle)
		return
	}
	for _, d := range queue {
		a.tell(t, db, d, handle)
	}
}

// plan puts the deliveries in order.
func plan(r *rand.Rand, m Mode, events []Event) []*delivery {
	var queue []*delivery
	events = slices.Clone(events)
	slices.SortStableFunc(events, func(a, b Event) int { return a.At.Compare(b.At) })
	for _, e := range events {
		for range 1 + btoi(m.Doubled) {
			d := &delivery{Event: e}
			for m.Crashing && len(d.crashes) < 2 && r.IntN(3) > 0 {
				d.crashes = append(d.crashes, r.Int64N(70))
			}
			queue = append(queue, d)
		}
	}
	if m.Shuffled {
		r.Shuffle(len(queue), func(i, j int) { queue[i], queue[j] = queue[j], queue[i] })
	}
	return queue
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// again is what has to be told again.
type again struct {
	mu   sync.Mutex
	left []*delivery
}

func (a *again) tellAtOnce(t *testing.T, db *bun.DB, queue []*delivery, handle Handle) {
	t.Helper()
	room := make(chan struct{}, workers)
	var all sync.WaitGroup
	for _, d := range queue {
		room <- struct{}{}
		all.Go(func() {
			defer func() { <-room }()
			a.tell(t, db, d, handle)
		})
	}
	all.Wait()
}

// tell delivers an event once. A crash is not answered.
func (a *again) tell(t *testing.T, db *bun.DB, d *delivery, handle Handle) {
	t.Helper()
	place := int64(-1)
	if d.tries < len(d.crashes) {
		place = d.crashes[d.tries]
	}
	d.tries++
	var status int
	struck, err := enginetest.Crash(t.Context(), place, func(ctx context.Context) error {
		var err error
		status, err = handle(ctx, db, d.Event)
		return err
	})
	if status == http.StatusOK && !struck {
		return
	}
	if d.tries >= most {
		assert.Fail(t, "an event is refused", "%s of %v: %d %v: %v", d.Kind, d.At, status, err, d.Object)
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.left = append(a.left, d)
}
