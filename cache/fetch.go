package cache

import (
	"context"
	"errors"
	"fmt"
)

// fetched is the result of a flight.
type fetched struct {
	value []byte
	kept  bool
}

// panicked carries the panic of a read to the caller whose read it was.
type panicked struct{ value any }

func (panicked) Error() string { return "the read panicked" }

// maxFlights is how many times a call joins a flight of another call that is then cut
// short, before it reads by itself.
const maxFlights = 2

// Fetch implements dialect.Cache.
//
// Errors: those of read, and that of ctx when it ends first.
func (c *Cache) Fetch(
	ctx context.Context, key string, read func(ctx context.Context) ([]byte, error),
) (value []byte, kept bool, err error) {
	for range maxFlights {
		if c.isBarred(key) {
			break
		}
		found, shared, err := c.join(ctx, key, read)
		if !shared || !endedOfItself(err) || ctx.Err() != nil {
			return found.value, found.kept, err
		}
	}
	c.misses.Add(1)
	value, err = read(ctx)
	return value, false, err
}

// join takes part in a flight of key, and starts one if there is none. shared is true if it
// was started by another call.
func (c *Cache) join(
	ctx context.Context, key string, read func(ctx context.Context) ([]byte, error),
) (found fetched, shared bool, err error) {
	own := false
	landed := c.flights.DoChan(key, func() (any, error) {
		own = true
		return c.fly(ctx, key, read)
	})
	select {
	case <-ctx.Done():
		return fetched{}, false, ctx.Err()
	case result := <-landed:
		if p, ok := errors.AsType[panicked](result.Err); ok && own {
			panic(p.value) // in the goroutine that can recover from it
		}
		found, _ = result.Val.(fetched)
		return found, !own, result.Err
	}
}

// endedOfItself reports whether a read failed for a reason that concerns only its own
// caller.
func endedOfItself(err error) bool {
	_, hook := errors.AsType[panicked](err)
	return hook || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// fly looks into the store, and reads if it has nothing.
func (c *Cache) fly(ctx context.Context, key string, read func(context.Context) ([]byte, error)) (_ fetched, err error) {
	lease := ""
	defer func() {
		if reason := recover(); reason != nil {
			c.put(ctx, key, lease, nil)
			err = panicked{reason}
		}
	}()
	value, lease, found := c.get(ctx, key)
	if found {
		c.hits.Add(1)
		return fetched{value: value, kept: true}, nil
	}
	c.misses.Add(1)
	value, err = read(ctx)
	if err != nil {
		c.put(ctx, key, lease, nil)
		return fetched{}, err
	}
	return fetched{value: value, kept: c.put(ctx, key, lease, value)}, nil
}

// get asks the store. lease is empty if the value that is read must not be stored.
func (c *Cache) get(ctx context.Context, key string) (value []byte, lease string, found bool) {
	if c.isResting() {
		return nil, "", false
	}
	ctx, cancel := c.limit(ctx)
	defer cancel()
	entry, err := c.store.Get(ctx, c.name(key), c.options.TTL)
	switch {
	case err != nil:
		c.failed(err)
		return nil, "", false
	case entry.Value == nil:
		return nil, entry.Lease, false
	}
	value, ok := c.verify(c.name(key), entry.Value)
	if !ok {
		c.report(fmt.Errorf("cache: the value of %q is not what was stored", c.name(key)))
		c.drop(ctx, key)
		return nil, "", false
	}
	return value, "", true
}

// put stores a value; nil releases the lease.
func (c *Cache) put(ctx context.Context, key, lease string, value []byte) (stored bool) {
	if lease == "" || c.isResting() {
		return false
	}
	var signed []byte
	if value != nil {
		signed = c.sign(c.name(key), value)
	}
	ctx, cancel := c.limit(ctx)
	defer cancel()
	stored, err := c.store.Put(ctx, c.name(key), lease, signed)
	if err != nil {
		c.failed(err)
	}
	return stored && err == nil && value != nil
}

// limit bounds a call of the store. The caller's context may have ended.
func (c *Cache) limit(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), c.options.Timeout)
}
