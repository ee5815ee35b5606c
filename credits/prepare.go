package credits

import (
	"context"
	"math"
	"math/rand/v2"
)

// Prepared is a checked and complete operation: it has its key and its time, and
// shares nothing with its caller. It is for programs that gather operations before
// they post them, as package charger does.
//
// However often it is posted, it is one operation. Posting it again after an
// answer was lost finds what the first attempt wrote, and does not count as a
// replay.
type Prepared struct{ made spec }

// Prepare checks an operation as its verb does, and generates a key and takes the
// current time if it has none. It does not access the database.
//
// Errors: *InvalidError.
func Prepare(ctx context.Context, op Op) (*Prepared, error) {
	s, err := specOf(ctx, op)
	if err != nil {
		return nil, err
	}
	p := &Prepared{made: *s}
	p.made.own = true // its key is checked
	p.made.mark = 1 + rand.Int64N(math.MaxInt64)
	return p, nil
}

// spec gives every attempt a copy, which it changes.
func (p *Prepared) spec() (*spec, error) { //nolint:unparam // as every Op
	s := p.made
	return &s, nil
}

// Key returns the operation's idempotency key.
func (p *Prepared) Key() string { return p.made.key }
