package storm

import (
	"context"
	"math/rand/v2"
)

// site is where clients work: an engine, its databases, and what can be done
// to them.
type site interface {
	// prepare makes a database and returns its URL, without faults between.
	prepare(ctx context.Context, round int) (string, error)
	// clientURL is the URL that the i-th client gets.
	clientURL(i int) string
	// events are the faults of the place, to be drawn from.
	events() []event
	// calm turns faults off, and back on.
	calm(calm bool)
	// release ends every connection.
	release()
	// settle waits until what is under way has ended, clients being at rest. It
	// returns what has not.
	settle(ctx context.Context) ([]string, error)
	// faults are those that were counted elsewhere.
	faults() map[string]int
	version() string
	close(ctx context.Context) error
}

// event is a fault of the place.
type event struct {
	name string
	do   func(ctx context.Context, random *rand.Rand) error
}
