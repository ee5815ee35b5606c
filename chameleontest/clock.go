package chameleontest

import (
	"sync"
	"time"
)

// Epoch is where a Clock starts unless it is told otherwise.
var Epoch = time.Date(2024, time.January, 1, 0, 0, 0, 0, time.UTC) //nolint:gochecknoglobals // a constant in all but type

// Clock is a clock that stands still until a test moves it. It is safe for
// concurrent use.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock returns a clock that shows start, or Epoch where start is zero. Times that
// it shows go into the At field of params.
func NewClock(start time.Time) *Clock {
	if start.IsZero() {
		start = Epoch
	}
	return &Clock{now: start.UTC()}
}

// Now is what the clock shows, in UTC. The method's value is a func() time.Time, for
// programs that take one.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance moves the clock, backwards where d is negative, and returns what it shows
// then.
func (c *Clock) Advance(d time.Duration) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	return c.now
}

// Set makes the clock show now.
func (c *Clock) Set(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = now.UTC()
}
