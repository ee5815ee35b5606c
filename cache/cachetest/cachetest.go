// Package cachetest tests implementations of cache.Store, and provides one for tests.
package cachetest

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chameleon-go/chameleon/cache"
)

// ttl is long beside what a test takes, and short the ttl of what a test sees end.
const (
	ttl   = time.Hour
	short = 200 * time.Millisecond
	// patience is how long a test waits for the end of a short ttl.
	patience = 30 * time.Second
)

// Run tests what package cache asks of a store. newStore returns one that is empty; names
// of one test are no other's.
func Run(t *testing.T, newStore func(t *testing.T) cache.Store) {
	t.Helper()
	for name, test := range map[string]func(*testing.T, *user){
		"what is put is there":                  testPut,
		"what is forgotten is not":              testForget,
		"a lease has one holder":                testLease,
		"an old lease puts nothing":             testOldLease,
		"a lease that was given up is free":     testGivenUp,
		"a value ends when its lease would":     testEnds,
		"a lease that ended puts nothing":       testLeaseEnds,
		"any bytes are values":                  testBytes,
		"of many at once one has the lease":     testMany,
		"what is forgotten stays so under load": testRace,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, &user{t: t, store: newStore(t), prefix: fmt.Sprintf("test%d:", number.Add(1))})
		})
	}
}

var number atomic.Int64 //nolint:gochecknoglobals // names of tests that share a store

// user calls a store and ends the test where that fails.
type user struct {
	t      *testing.T
	store  cache.Store
	prefix string
}

func (u *user) get(name string, ttl time.Duration) cache.Entry {
	u.t.Helper()
	entry, err := u.store.Get(context.Background(), u.prefix+name, ttl)
	if err != nil {
		u.t.Fatalf("get: %v", err)
	}
	return entry
}

func (u *user) put(name, lease string, value []byte) bool {
	u.t.Helper()
	stored, err := u.store.Put(context.Background(), u.prefix+name, lease, value)
	if err != nil {
		u.t.Fatalf("put: %v", err)
	}
	return stored
}

func (u *user) forget(names ...string) {
	u.t.Helper()
	all := make([]string, len(names))
	for i, name := range names {
		all[i] = u.prefix + name
	}
	if err := u.store.Forget(context.Background(), all...); err != nil {
		u.t.Fatalf("forget: %v", err)
	}
}

// lease takes the lease of a name that holds nothing.
func (u *user) lease(name string, ttl time.Duration) string {
	u.t.Helper()
	entry := u.get(name, ttl)
	if entry.Value != nil || entry.Lease == "" {
		u.t.Fatalf("%s: got %q and the lease %q, want a lease alone", name, entry.Value, entry.Lease)
	}
	return entry.Lease
}

func (u *user) holds(name, want string) {
	u.t.Helper()
	if entry := u.get(name, ttl); string(entry.Value) != want || entry.Lease != "" {
		u.t.Fatalf("%s: got %q and the lease %q, want %q", name, entry.Value, entry.Lease, want)
	}
}

func testPut(_ *testing.T, u *user) {
	if !u.put("a", u.lease("a", ttl), []byte("1")) {
		u.t.Fatal("the lease's holder could not put")
	}
	u.holds("a", "1")
	if u.put("a", "", []byte("2")) {
		u.t.Fatal("who has no lease could put in place of a value")
	}
	u.holds("a", "1")
	u.lease("b", ttl)
}

func testForget(_ *testing.T, u *user) {
	for _, name := range []string{"a", "b", "c"} {
		u.put(name, u.lease(name, ttl), []byte(name))
	}
	u.forget("a", "b", "none")
	u.lease("a", ttl)
	u.lease("b", ttl)
	u.holds("c", "c")
}

func testLease(_ *testing.T, u *user) {
	lease := u.lease("a", ttl)
	if entry := u.get("a", ttl); entry.Value != nil || entry.Lease != "" {
		u.t.Fatalf("got %q and the lease %q while another has it", entry.Value, entry.Lease)
	}
	if u.put("a", "another", []byte("2")) {
		u.t.Fatal("who has no lease could put")
	}
	if !u.put("a", lease, []byte("1")) {
		u.t.Fatal("the lease's holder could not put")
	}
	if u.put("a", lease, []byte("2")) {
		u.t.Fatal("a lease puts twice")
	}
	u.holds("a", "1")
}

// testOldLease is the race that leases are for: a read began before a change.
func testOldLease(_ *testing.T, u *user) {
	old := u.lease("a", ttl)
	u.forget("a")
	if u.put("a", old, []byte("old")) {
		u.t.Fatal("a lease from before Forget could put")
	}
	now := u.lease("a", ttl)
	if u.put("a", old, []byte("old")) {
		u.t.Fatal("a lease from before Forget could put in place of a new one")
	}
	if !u.put("a", now, []byte("new")) {
		u.t.Fatal("the lease's holder could not put")
	}
	if u.put("a", old, []byte("old")) {
		u.t.Fatal("a lease from before Forget could put in place of a value")
	}
	u.holds("a", "new")
}

func testGivenUp(_ *testing.T, u *user) {
	if u.put("a", u.lease("a", ttl), nil) {
		u.t.Fatal("nothing was stored")
	}
	other := u.lease("a", ttl)
	u.put("a", "another", nil)
	if !u.put("a", other, []byte("1")) {
		u.t.Fatal("another gave up the lease")
	}
}

// testEnds: reading a value does not prolong it.
func testEnds(t *testing.T, u *user) {
	u.put("a", u.lease("a", short), []byte("1"))
	for end := time.Now().Add(patience); u.get("a", short).Value != nil; {
		if time.Now().After(end) {
			t.Fatal("the value does not end while it is read")
		}
	}
}

func testLeaseEnds(t *testing.T, u *user) {
	old := u.lease("a", short)
	for end := time.Now().Add(patience); u.get("a", ttl).Lease == ""; {
		if time.Now().After(end) {
			t.Fatal("the lease does not end")
		}
	}
	if u.put("a", old, []byte("1")) {
		t.Fatal("a lease that ended could put")
	}
}

func testBytes(_ *testing.T, u *user) {
	every := make([]byte, 0, 300)
	for i := range 300 {
		every = append(every, byte(i))
	}
	for name, value := range map[string][]byte{"every": every, "empty": {}, "large": bytes.Repeat(every, 1000)} {
		u.put(name, u.lease(name, ttl), value)
		if got := u.get(name, ttl); got.Value == nil || !bytes.Equal(got.Value, value) {
			u.t.Fatalf("%s: %d bytes came back for %d", name, len(got.Value), len(value))
		}
	}
}

func testMany(t *testing.T, u *user) {
	const callers = 16
	var leases atomic.Int64
	var all sync.WaitGroup
	for range callers {
		all.Go(func() {
			entry, err := u.store.Get(context.Background(), u.prefix+"a", ttl)
			if err != nil {
				t.Error(err)
			}
			if entry.Lease != "" {
				leases.Add(1)
			}
		})
	}
	all.Wait()
	if leases.Load() != 1 {
		t.Fatalf("%d of %d callers had the lease", leases.Load(), callers)
	}
}

// testRace has readers put what they saw of a number that goes up. Whoever looks after a
// change was forgotten never finds less than it.
func testRace(t *testing.T, u *user) {
	const readers, changes = 4, 100
	var truth atomic.Int64
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	var all sync.WaitGroup
	for range readers {
		all.Go(func() {
			for ctx.Err() == nil {
				entry, err := u.store.Get(context.Background(), u.prefix+"a", ttl)
				if err == nil && entry.Lease != "" {
					_, err = u.store.Put(context.Background(), u.prefix+"a", entry.Lease, fmt.Append(nil, truth.Load()))
				}
				if err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for range changes {
		now := truth.Add(1)
		u.forget("a")
		var found int64
		if entry := u.get("a", ttl); entry.Value != nil {
			if _, err := fmt.Sscan(string(entry.Value), &found); err != nil || found < now {
				t.Errorf("found %q when %d had been forgotten", entry.Value, now-1)
			}
		} else if entry.Lease != "" {
			u.put("a", entry.Lease, nil)
		}
	}
	stop()
	all.Wait()
}
