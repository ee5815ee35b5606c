package proxy

import (
	"sync"
	"time"

	"github.com/chameleon-go/chameleon/internal/torture/wire"
)

// Trap catches one request that writes and commits, and holds it for as long as
// its owner likes. What chance does rarely, it does at a chosen moment: the
// client is cut off and goes on, and the server gets the request later.
type Trap struct {
	caught, cut, deliver, done chan struct{}
	cutOnce, deliverOnce       sync.Once
}

// Trap sets a trap for the next [wire.Packet], on any line, also when the proxy
// is calm.
func (p *Proxy) Trap() *Trap {
	t := &Trap{
		caught: make(chan struct{}), cut: make(chan struct{}), deliver: make(chan struct{}), done: make(chan struct{}),
	}
	p.trap.Store(t)
	return t
}

// Caught is closed when the trap holds a request.
func (t *Trap) Caught() <-chan struct{} { return t.caught }

// Cut resets the client's side; the server hears nothing of it.
func (t *Trap) Cut() { t.cutOnce.Do(func() { close(t.cut) }) }

// Deliver gives the request to the server.
func (t *Trap) Deliver() { t.deliverOnce.Do(func() { close(t.deliver) }) }

// Done is closed when the server has answered and closed its side, or the line
// is gone.
func (t *Trap) Done() <-chan struct{} { return t.done }

// trapOf is the trap that a request of this kind falls into, nil for none.
func (p *Proxy) trapOf(kind wire.Kind) *Trap {
	if kind != wire.Packet {
		return nil
	}
	return p.trap.Swap(nil)
}

// hold keeps a request in a trap until its end. The line ends with it.
func (l *line) hold(t *Trap, request wire.Request) {
	defer close(t.done)
	l.deaf.Store(true)
	l.proxy.Faults.count(Belated)
	close(t.caught)
	for _, next := range []<-chan struct{}{t.cut, t.deliver} {
		select {
		case <-next:
			reset(l.client)
		case <-l.gone:
			return
		}
	}
	select { // what came before
	case <-l.alert:
	default:
	}
	l.send(request.Bytes)
	l.hearOut()
	_ = l.server.CloseWrite() // the server may have closed
	select {
	case <-l.over:
	case <-l.gone:
	case <-time.After(longestStall):
	}
	l.cut()
}

// quiet is how long a server that has begun to answer may pause: a packet of
// several statements has several answers.
const quiet = 300 * time.Millisecond

// hearOut waits until the server has said what it has to say.
func (l *line) hearOut() {
	for limit := longestStall; ; limit = quiet {
		select {
		case <-l.alert:
		case <-l.gone:
			return
		case <-time.After(limit):
			return
		}
	}
}
