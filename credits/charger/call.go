package charger

import (
	"errors"
	"sync/atomic"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
)

// call is one charge on its way.
type call struct {
	op    *credits.Prepared
	user  string
	state atomic.Int32
	// lost is the error of an attempt of which the outcome is not known, nil for none.
	lost error

	// done is closed when operation or err is set.
	done      chan struct{}
	operation *credits.Operation
	err       error
}

// The states of a call. Who changes it from waiting decides whether it is sent.
const (
	waiting int32 = iota
	sent
	givenUp
)

// giveUp takes back a call that was not sent.
func (c *call) giveUp() bool { return c.state.CompareAndSwap(waiting, givenUp) }

// send reports whether the call may be sent: its caller has not given it up.
func (c *call) send() bool {
	return c.state.CompareAndSwap(waiting, sent) || c.state.Load() == sent
}

// finish gives the caller its result. A refusal is none while an earlier attempt may
// still be performed, unless the key turns out to be another's.
func (c *call) finish(op *credits.Operation, err error) {
	if err != nil && c.lost != nil && !errors.Is(err, credits.ErrKeyReused) {
		err = dialect.Unsettled(c.lost, err)
	}
	c.operation, c.err = op, err
	close(c.done)
}
