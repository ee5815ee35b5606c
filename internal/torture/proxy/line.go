package proxy

import (
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/chameleon-go/chameleon/internal/torture/wire"
)

// line is one connection, from a client to the server.
type line struct {
	proxy          *Proxy
	client, server *net.TCPConn
	requests       wire.Requests
	answers        wire.Answers

	// Each direction has its own source of chance: the order in which the two
	// draw would depend on the scheduler.
	up, down *rand.Rand
	// upLeft and downLeft are the bytes after which the line is cut, negative
	// for never.
	upLeft, downLeft int64

	gone  chan struct{} // closed when the line is cut
	over  chan struct{} // closed when the server has
	once  sync.Once
	deaf  atomic.Bool               // answers no longer reach the client
	holds atomic.Bool               // something is being held back
	grant atomic.Int64              // bytes of answers that still do before a cut, when positive
	late  atomic.Pointer[time.Time] // until when answers are held
	alert chan struct{}             // tells the request side that an answer has come
}

func newLine(p *Proxy, client, server *net.TCPConn, random *rand.Rand) *line {
	l := &line{
		proxy: p, client: client, server: server, gone: make(chan struct{}), over: make(chan struct{}), alert: make(chan struct{}, 1),
		up: rand.New(rand.NewPCG(random.Uint64(), 1)), down: rand.New(rand.NewPCG(random.Uint64(), 2)),
		upLeft: -1, downLeft: -1,
	}
	l.requests, l.answers = wire.New(p.engine)
	if random.Float64() < 0.03 {
		bytes := random.Int64N(20_000)
		if random.IntN(2) == 0 {
			l.upLeft = bytes
		} else {
			l.downLeft = bytes
		}
	}
	return l
}

// run passes both directions on until the line ends.
func (l *line) run() {
	go func() {
		defer close(l.over)
		l.download()
	}()
	l.upload()
	l.leave()
	<-l.over
	l.cut()
}

// cut resets both sides.
func (l *line) cut() {
	l.once.Do(func() { close(l.gone) })
	reset(l.client)
	reset(l.server)
}

// holding reports whether something is being held back.
func (l *line) holding() bool { return l.holds.Load() }

// stray reports whether the line is not what its two ends take it for.
func (l *line) stray() bool { return l.deaf.Load() || l.holds.Load() }

// wait holds the line for a time, or until it is cut.
func (l *line) wait(d time.Duration) {
	l.holds.Store(true)
	defer l.holds.Store(false)
	select {
	case <-l.gone:
	case <-time.After(d):
	}
}

// leave is what the server hears of a client that has closed or was cut off:
// an end at once, a reset after a latency, or nothing for a while.
func (l *line) leave() {
	if l.proxy.calm.Load() {
		_ = l.server.CloseWrite() // an end, as from a client that says goodbye
		l.linger(100 * time.Millisecond)
		return
	}
	switch chance := l.up.Float64(); {
	case chance < 0.6:
		l.proxy.Faults.count(Reset)
		l.wait(between(l.up, 50*time.Microsecond, 50*time.Millisecond))
	case chance < 0.7:
		l.proxy.Faults.count(Lingering)
		l.linger(between(l.up, 10*time.Millisecond, 2*time.Second))
	default:
		_ = l.server.CloseWrite() // an end, as from a client that says goodbye
		l.linger(100 * time.Millisecond)
	}
	l.cut()
}

// linger leaves the server's side open, its answers read, and waits.
func (l *line) linger(d time.Duration) {
	l.deaf.Store(true)
	l.wait(d)
}

// download passes answers on.
func (l *line) download() {
	buffer := make([]byte, 1<<15)
	for {
		n, err := l.server.Read(buffer)
		if n > 0 {
			l.answers.Feed(buffer[:n])
			select {
			case l.alert <- struct{}{}:
			default:
			}
			if !l.deliver(buffer[:n]) {
				l.cut()
				return
			}
		}
		if err != nil {
			if !l.deaf.Load() {
				reset(l.client) // the server is gone, and says so
			}
			return
		}
	}
}

// deliver gives an answer to the client. It reports whether the line goes on.
func (l *line) deliver(answer []byte) bool {
	if until := l.late.Swap(nil); until != nil {
		l.wait(time.Until(*until))
	}
	if l.deaf.Load() {
		return true
	}
	if left := l.grant.Load(); left > 0 {
		_, _ = l.client.Write(answer[:min(int64(len(answer)), left)]) // it is cut in any case
		l.proxy.Faults.count(CutInAnswer)
		return false
	}
	if l.downLeft >= 0 && !l.proxy.calm.Load() {
		if l.downLeft -= int64(len(answer)); l.downLeft < 0 {
			l.proxy.Faults.count(CutAtByte)
			_, _ = l.client.Write(answer[:int64(len(answer))+l.downLeft]) // it is cut in any case
			return false
		}
	}
	if _, err := l.client.Write(answer); err != nil {
		l.deaf.Store(true) // upload sees the client's end, too
	}
	return true
}
