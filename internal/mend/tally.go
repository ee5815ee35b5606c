// Package mend keeps account of the parts of a composing verb: which were there
// and which had to be done.
package mend

import (
	"slices"

	"github.com/chameleon-go/chameleon/credits"
)

// Tally is of one call. Its zero value is ready.
type Tally struct {
	there bool
	done  []credits.Part
}

// Note adds a part that was there before the call, or was done by it.
func (t *Tally) Note(part credits.Part, there bool) {
	if there {
		t.there = true
		return
	}
	if !slices.Contains(t.done, part) {
		t.done = append(t.done, part)
	}
}

// Operation notes the part of an operation, if there is one.
func (t *Tally) Operation(part credits.Part, op *credits.Operation) {
	if op != nil {
		t.Note(part, op.Replayed)
	}
}

// Mended lists the parts that were missing beside others that were there; nil
// for a first call, which does all of them, and for a replay, which does none.
func (t *Tally) Mended() []credits.Part {
	if !t.there {
		return nil
	}
	return t.done
}

// Replayed reports whether there was nothing to do.
func (t *Tally) Replayed() bool { return t.there && len(t.done) == 0 }
