package chameleontest

import (
	"sync"
	"time"
)

// Epoch is where a Clock starts unless it is told otherwise.
var Epoch = time.Date(2024, time.January, 1, 0, 0, 0, 0, time.UTC) //nolint:gochecknoglobals // a constant in all but type

// Clock is a clock that only the test moves. It is safe for concurrent use.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock returns a clock that shows start, or [Epoch] if start is zero. Pass its times in
// the At field of params.
func NewClock(start time.Time) *Clock {
	if start.IsZero() {
		start = Epoch
	}
	return &Clock{now: start.UTC()}
}

// Now returns the clock's time, in UTC. The method value is a func() time.Time, for
// programs that take one.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance moves the clock by d, backwards if d is negative, and returns the new time.
func (c *Clock) Advance(d time.Duration) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	return c.now
}

// Set sets the clock to now.
func (c *Clock) Set(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = now.UTC()
}
