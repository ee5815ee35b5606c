package cache_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/cache"
	"github.com/chameleon-go/chameleon/cache/cachetest"
)

func TestStore(t *testing.T) {
	t.Parallel()
	cachetest.Run(t, func(*testing.T) cache.Store { return cachetest.NewStore() })
}

// table stands for a database: one value, and how often it was read.
type table struct {
	value atomic.Value
	reads atomic.Int64
}

func newTable(value string) *table {
	tab := new(table)
	tab.value.Store(value)
	return tab
}

func (tab *table) read(context.Context) ([]byte, error) {
	tab.reads.Add(1)
	return []byte(tab.value.Load().(string)), nil
}

func newCache(t *testing.T, store cache.Store, o cache.Options) *cache.Cache {
	t.Helper()
	c, err := cache.New(store, o)
	require.NoError(t, err)
	return c
}

func fetch(t *testing.T, c *cache.Cache, read func(context.Context) ([]byte, error)) string {
	t.Helper()
	value, _, err := c.Fetch(t.Context(), "a", read)
	require.NoError(t, err)
	return string(value)
}

// TestValuesAreKeptForTheirTime, which is counted from before the read and which
// reading does not prolong.
func TestValuesAreKeptForTheirTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, tab := newCache(t, cachetest.NewStore(), cache.Options{TTL: 10 * time.Second}), newTable("old")
		slow := func(ctx context.Context) ([]byte, error) {
			value, err := tab.read(ctx)
			time.Sleep(4 * time.Second)
			return value, err
		}
		assert.Equal(t, "old", fetch(t, c, slow))
		tab.value.Store("new")
		for range 5 {
			assert.Equal(t, "old", fetch(t, c, tab.read))
			time.Sleep(time.Second)
		}
		time.Sleep(time.Second)
		assert.Equal(t, "new", fetch(t, c, tab.read), "10 seconds after the read began")
		assert.EqualValues(t, 2, tab.reads.Load())
		assert.Equal(t, cache.Stats{Hits: 5, Misses: 2}, c.Stats())
	})
}

func TestNothingIsKeptOfNoValueAndOfErrors(t *testing.T) {
	t.Parallel()
	store := cachetest.NewStore()
	c := newCache(t, store, cache.Options{})
	broken := errors.New("broken")
	for range 2 {
		value, kept, err := c.Fetch(t.Context(), "a", func(context.Context) ([]byte, error) { return nil, nil })
		require.NoError(t, err)
		assert.Nil(t, value)
		assert.False(t, kept)
		_, kept, err = c.Fetch(t.Context(), "a", func(context.Context) ([]byte, error) { return nil, broken })
		require.ErrorIs(t, err, broken)
		assert.False(t, kept)
	}
	assert.Empty(t, store.Values())
	_, kept, err := c.Fetch(t.Context(), "a", newTable("x").read)
	require.NoError(t, err)
	assert.True(t, kept, "the leases were given up")
}

// TestOneReadServesAll who ask at the same time.
func TestOneReadServesAll(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, tab := newCache(t, cachetest.NewStore(), cache.Options{}), newTable("x")
		open := make(chan struct{})
		var all sync.WaitGroup
		for range 50 {
			all.Go(func() {
				assert.Equal(t, "x", fetch(t, c, func(ctx context.Context) ([]byte, error) {
					<-open
					return tab.read(ctx)
				}))
			})
		}
		synctest.Wait()
		close(open)
		all.Wait()
		assert.EqualValues(t, 1, tab.reads.Load())
	})
}

// TestAReadFromBeforeAChange is the race that would bring an old value back: the read saw
// the old one, and ends after the change was forgotten.
func TestAReadFromBeforeAChange(t *testing.T) {
	t.Parallel()
	for name, forget := range map[string]func(c *cache.Cache, ctx context.Context){
		"Forget":  func(c *cache.Cache, ctx context.Context) { c.Forget(ctx, "a") },
		"Suspend": func(c *cache.Cache, ctx context.Context) { c.Suspend(ctx, "a") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c, tab := newCache(t, cachetest.NewStore(), cache.Options{}), newTable("old")
				open := make(chan struct{})
				var before sync.WaitGroup
				before.Go(func() {
					assert.Equal(t, "old", fetch(t, c, func(ctx context.Context) ([]byte, error) {
						value, err := tab.read(ctx)
						select {
						case <-open:
						case <-time.After(time.Minute): // whoever waits for it gets the old value
						}
						return value, err
					}))
				})
				synctest.Wait()
				tab.value.Store("new")
				forget(c, t.Context())
				assert.Equal(t, "new", fetch(t, c, tab.read), "while the old read is under way")
				close(open)
				before.Wait()
				assert.Equal(t, "new", fetch(t, c, tab.read), "after the old read has ended")
			})
		})
	}
}

// TestAStoreThatCannotForget: what it still holds is not believed, in this process,
// until it has ended.
func TestAStoreThatCannotForget(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := cachetest.NewStore()
		c, tab := newCache(t, store, cache.Options{TTL: 10 * time.Second}), newTable("old")
		assert.Equal(t, "old", fetch(t, c, tab.read))
		tab.value.Store("new")
		store.Fail(errors.New("down"))
		c.Forget(t.Context(), "a")
		assert.Equal(t, "new", fetch(t, c, tab.read))
		store.Fail(nil)
		for range 10 {
			time.Sleep(time.Second) // the store is not left alone any more
			assert.Equal(t, "new", fetch(t, c, tab.read))
		}
		tab.value.Store("newer")
		assert.Equal(t, "newer", fetch(t, c, tab.read), "not even what was read meanwhile is kept")
		time.Sleep(time.Second)
		assert.Equal(t, "newer", fetch(t, c, tab.read))
		tab.value.Store("newest")
		assert.Equal(t, "newer", fetch(t, c, tab.read), "then it is kept again")
	})
}

// TestSuspendedKeysAreNotKept, for as long as the transaction may take.
func TestSuspendedKeysAreNotKept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := cachetest.NewStore()
		c, tab := newCache(t, store, cache.Options{TTL: 10 * time.Second}), newTable("old")
		assert.Equal(t, "old", fetch(t, c, tab.read))
		c.Suspend(t.Context(), "a")
		assert.Empty(t, store.Values())
		for end := time.Now().Add(cache.SuspendedFor + 10*time.Second); time.Now().Before(end); time.Sleep(5 * time.Second) {
			assert.Equal(t, "old", fetch(t, c, tab.read))
			assert.Empty(t, store.Values())
			value, kept, err := c.Fetch(t.Context(), "b", tab.read)
			require.NoError(t, err)
			assert.Equal(t, "old", string(value))
			assert.True(t, kept, "others are")
			c.Forget(t.Context(), "b")
		}
		time.Sleep(time.Second)
		fetch(t, c, tab.read)
		assert.Len(t, store.Values(), 1)
	})
}

// counting counts the calls of a store.
type counting struct {
	*cachetest.Store
	calls atomic.Int64
}

func (s *counting) Get(ctx context.Context, name string, ttl time.Duration) (cache.Entry, error) {
	s.calls.Add(1)
	return s.Store.Get(ctx, name, ttl)
}

// TestAStoreThatIsDown costs a read, and is left alone for a while.
func TestAStoreThatIsDown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var reported []error
		store := &counting{Store: cachetest.NewStore()}
		c := newCache(t, store, cache.Options{Failed: func(err error) { reported = append(reported, err) }})
		tab, down := newTable("x"), errors.New("down")
		store.Fail(down)
		for range 3 {
			assert.Equal(t, "x", fetch(t, c, tab.read))
		}
		assert.EqualValues(t, 1, store.calls.Load())
		assert.Equal(t, []error{down}, reported)
		time.Sleep(time.Second)
		store.Fail(nil)
		assert.Equal(t, "x", fetch(t, c, tab.read))
		assert.Equal(t, "x", fetch(t, c, tab.read))
		assert.EqualValues(t, 4, tab.reads.Load(), "the last is from the store")
		assert.Equal(t, cache.Stats{Hits: 1, Misses: 4, Failures: 1}, c.Stats())
	})
}

// silent is a store that does not answer.
type silent struct{}

func (silent) Get(ctx context.Context, _ string, _ time.Duration) (cache.Entry, error) {
	<-ctx.Done()
	return cache.Entry{}, ctx.Err()
}

func (silent) Put(ctx context.Context, _, _ string, _ []byte) (bool, error) {
	<-ctx.Done()
	return false, ctx.Err()
}

func (silent) Forget(ctx context.Context, _ ...string) error {
	<-ctx.Done()
	return ctx.Err()
}

func TestAStoreThatDoesNotAnswer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, tab := newCache(t, silent{}, cache.Options{Timeout: time.Second}), newTable("x")
		began := time.Now()
		assert.Equal(t, "x", fetch(t, c, tab.read))
		assert.Equal(t, time.Second, time.Since(began))
		c.Forget(t.Context(), "a")
		assert.Equal(t, 2*time.Second, time.Since(began))
	})
}

// TestValuesThatAreNotWhatWasStored are not believed.
func TestValuesThatAreNotWhatWasStored(t *testing.T) {
	t.Parallel()
	store := cachetest.NewStore()
	c, tab := newCache(t, store, cache.Options{Namespace: "n", Secret: []byte("secret")}), newTable("a's")
	assert.Equal(t, "a's", fetch(t, c, tab.read))
	store.Garble(true)
	assert.Equal(t, "a's", fetch(t, c, tab.read))
	store.Garble(false)
	assert.Equal(t, "a's", fetch(t, c, tab.read))
	assert.EqualValues(t, 3, tab.reads.Load(), "what was garbled was removed")

	plant := func(name string, value []byte) {
		require.NoError(t, store.Forget(t.Context(), name))
		entry, err := store.Get(t.Context(), name, time.Hour)
		require.NoError(t, err)
		_, err = store.Put(t.Context(), name, entry.Lease, value)
		require.NoError(t, err)
	}
	own := store.Values()["n:a"]
	forger := newCache(t, store, cache.Options{Namespace: "n", Secret: []byte("another")})
	require.NoError(t, store.Forget(t.Context(), "n:a"))
	assert.Equal(t, "forged", fetch(t, forger, newTable("forged").read))
	forged := store.Values()["n:a"]
	for name, planted := range map[string][]byte{
		"another secret's": forged, "short": own[:10], "empty": {}, "cut": own[:len(own)-1], "longer": append(slices.Clip(own), 'x'),
	} {
		plant("n:a", planted)
		assert.Equal(t, "a's", fetch(t, c, tab.read), name)
	}
	plant("n:b", own)
	value, _, err := c.Fetch(t.Context(), "b", newTable("b's").read)
	require.NoError(t, err)
	assert.Equal(t, "b's", string(value), "a value of another name")
	plant("n:a", own)
	assert.Equal(t, "a's", fetch(t, c, newTable("unread").read), "and the right one is")
}

// TestWhatEndsAReadEndsNoOther: its caller leaves, or a query hook panics.
func TestWhatEndsAReadEndsNoOther(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(ctx context.Context) ([]byte, error){
		"its context": func(ctx context.Context) ([]byte, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		},
		"a panic": func(ctx context.Context) ([]byte, error) {
			<-ctx.Done()
			panic("hook")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c, tab := newCache(t, cachetest.NewStore(), cache.Options{}), newTable("x")
				ctx, cancel := context.WithCancel(t.Context())
				var all sync.WaitGroup
				all.Go(func() {
					_, _, err := c.Fetch(ctx, "a", end)
					assert.ErrorIs(t, err, context.Canceled)
				})
				synctest.Wait()
				for range 3 {
					all.Go(func() { assert.Equal(t, "x", fetch(t, c, tab.read)) })
				}
				synctest.Wait()
				cancel()
				all.Wait()
				assert.Equal(t, "x", fetch(t, c, newTable("unread").read), "and the lease was given up")
			})
		})
	}
}

func TestAPanicReachesItsCaller(t *testing.T) {
	t.Parallel()
	c := newCache(t, cachetest.NewStore(), cache.Options{})
	assert.PanicsWithValue(t, "hook", func() {
		_, _, _ = c.Fetch(t.Context(), "a", func(context.Context) ([]byte, error) { panic("hook") })
	})
	assert.Equal(t, "x", fetch(t, c, newTable("x").read))
}

func TestOptions(t *testing.T) {
	t.Parallel()
	for field, o := range map[string]cache.Options{
		"TTL": {TTL: time.Millisecond}, "Timeout": {Timeout: -1}, "Namespace": {Namespace: "two words"},
		"Secret": {Secret: []byte(strings.Repeat("x", 1025))},
	} {
		_, err := cache.New(cachetest.NewStore(), o)
		invalid, ok := errors.AsType[*cache.InvalidError](err)
		require.True(t, ok, field)
		assert.Equal(t, field, invalid.Field)
	}
	_, err := cache.New(nil, cache.Options{})
	require.ErrorIs(t, err, cache.ErrInvalid)
	_, err = cache.New(cachetest.NewStore(), cache.Options{TTL: 25 * time.Hour})
	require.ErrorIs(t, err, cache.ErrInvalid)
}
