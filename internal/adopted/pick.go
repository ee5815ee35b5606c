// Package adopted finds the entry of the ledger that belongs to a row that the
// original application wrote: its entries name neither orders nor generations.
package adopted

import (
	"cmp"
	"slices"
	"time"
)

// Entry is one that the original wrote, taken over or not.
type Entry struct {
	// Key is the idempotency key under which the ledger has it, or will.
	Key string
	At  time.Time
}

// pick returns the entry that is nearest to one of the times, nil for none. An entry
// that is nearer to one of the rivals belongs to that. Where a second entry is no
// farther than margin from the first, or a rival is as near, all that fit are
// returned as others, and none.
func pick(entries []Entry, near, rivals []time.Time, margin time.Duration) (*Entry, []Entry) {
	type fit struct {
		Entry

		off, rival time.Duration
	}
	var fits []fit
	for _, e := range entries {
		if f := (fit{Entry: e, off: nearest(e.At, near), rival: nearest(e.At, rivals)}); f.off <= f.rival {
			fits = append(fits, f)
		}
	}
	if len(fits) == 0 {
		return nil, nil
	}
	slices.SortStableFunc(fits, func(a, b fit) int { return cmp.Compare(a.off, b.off) })
	fits = slices.DeleteFunc(fits, func(f fit) bool { return f.off > fits[0].off+margin })
	if len(fits) == 1 && fits[0].off < fits[0].rival {
		return &fits[0].Entry, nil
	}
	others := make([]Entry, len(fits))
	for i, f := range fits {
		others[i] = f.Entry
	}
	return nil, others
}

// nearest is how far at is from the nearest of some times.
func nearest(at time.Time, times []time.Time) time.Duration {
	least := time.Duration(1<<63 - 1)
	for _, t := range times {
		least = min(least, at.Sub(t).Abs())
	}
	return least
}
