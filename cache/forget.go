package cache

import (
	"context"
	"maps"
	"time"
)

// Forget implements dialect.Cache.
//
// The store forgets first, and reads in progress are abandoned after that: a read that
// begins in between finds the store empty and the database changed. If the store cannot be
// reached, its values for the keys are not trusted until everything that it may hold has
// expired.
func (c *Cache) Forget(ctx context.Context, keys ...string) {
	if !c.drop(ctx, keys...) {
		c.bar(c.options.TTL+margin, keys)
	}
	c.leaveFlights(keys)
}

// Suspend implements dialect.Cache.
func (c *Cache) Suspend(ctx context.Context, keys ...string) {
	c.bar(c.options.TTL+margin+SuspendedFor, keys)
	c.drop(ctx, keys...)
	c.leaveFlights(keys)
}

// drop makes the store forget keys, even while it is not otherwise used.
func (c *Cache) drop(ctx context.Context, keys ...string) bool {
	if len(keys) == 0 {
		return true
	}
	names := make([]string, len(keys))
	for i, key := range keys {
		names[i] = c.name(key)
	}
	ctx, cancel := c.limit(ctx)
	defer cancel()
	err := c.store.Forget(ctx, names...)
	if err != nil {
		c.failed(err)
	}
	return err == nil
}

// leaveFlights makes sure that no later call shares a read that is in progress.
func (c *Cache) leaveFlights(keys []string) {
	for _, key := range keys {
		c.flights.Forget(key)
	}
}

// bar stops the store from being used for keys for a time.
func (c *Cache) bar(d time.Duration, keys []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	if len(c.barred) >= c.crowd {
		maps.DeleteFunc(c.barred, func(_ string, until time.Time) bool { return !now.Before(until) })
		c.crowd = max(minCrowd, 2*len(c.barred))
	}
	for _, key := range keys {
		if until := now.Add(d); until.After(c.barred[key]) {
			c.barred[key] = until
		}
	}
}

func (c *Cache) isBarred(key string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	until, ok := c.barred[key]
	return ok && time.Now().Before(until)
}

func (c *Cache) isResting() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Before(c.rests)
}

// failed stops using the store for a while.
func (c *Cache) failed(err error) {
	c.mu.Lock()
	c.rests = time.Now().Add(restAfterFailure)
	c.mu.Unlock()
	c.report(err)
}

func (c *Cache) report(err error) {
	c.failures.Add(1)
	if c.options.Failed != nil {
		c.options.Failed(err)
	}
}
