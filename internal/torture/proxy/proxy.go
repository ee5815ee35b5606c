package proxy

import (
	"context"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/chameleon-go/chameleon/dialect"
)

// Proxy listens on the loopback interface and passes connections on to a
// server.
type Proxy struct {
	// Faults is what was injected so far.
	Faults Faults

	engine   dialect.Engine
	listener net.Listener
	seed     uint64
	target   atomic.Pointer[string]
	calm     atomic.Bool
	refuse   atomic.Bool
	trap     atomic.Pointer[Trap]

	mu    sync.Mutex
	lines map[*line]bool
	made  uint64
	group sync.WaitGroup
}

// Listen starts a proxy to the server at target. The faults of its n-th
// connection follow from seed and n.
func Listen(ctx context.Context, engine dialect.Engine, target string, seed uint64) (*Proxy, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &Proxy{engine: engine, listener: listener, seed: seed, lines: map[*line]bool{}}
	p.Retarget(target)
	p.group.Go(p.accept)
	return p, nil
}

// Address is where the proxy listens.
func (p *Proxy) Address() string { return p.listener.Addr().String() }

// Retarget names the server's new address.
func (p *Proxy) Retarget(target string) { p.target.Store(&target) }

// Calm turns faults off, and back on.
func (p *Proxy) Calm(calm bool) { p.calm.Store(calm) }

// Refuse makes new connections fail, or lets them in again.
func (p *Proxy) Refuse(refuse bool) { p.refuse.Store(refuse) }

// Settle waits until nothing is held back any more, for as long as limit, and
// then cuts the lines whose clients or servers are gone without the other's
// knowing. Faults should be off, and the clients at rest.
func (p *Proxy) Settle(limit time.Duration) {
	for end := time.Now().Add(limit); time.Now().Before(end) && len(p.strays((*line).holding)) > 0; {
		time.Sleep(20 * time.Millisecond)
	}
	for _, l := range p.strays((*line).stray) {
		l.cut()
	}
}

func (p *Proxy) strays(is func(*line) bool) []*line {
	p.mu.Lock()
	defer p.mu.Unlock()
	var found []*line
	for l := range p.lines {
		if is(l) {
			found = append(found, l)
		}
	}
	return found
}

// CutAll ends every connection at once, those too that wait to be told late.
func (p *Proxy) CutAll() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for l := range p.lines {
		l.cut()
	}
}

// Close ends the proxy.
func (p *Proxy) Close() error {
	err := p.listener.Close()
	p.CutAll()
	p.group.Wait()
	return err
}

func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return // closed
		}
		p.group.Go(func() { p.serve(client.(*net.TCPConn)) }) //nolint:forcetypeassert // the listener is TCP's
	}
}

const dialTimeout = 5 * time.Second

func (p *Proxy) serve(client *net.TCPConn) {
	if p.refuse.Load() {
		p.Faults.count(Refused)
		reset(client)
		return
	}
	dialer := net.Dialer{Timeout: dialTimeout}
	conn, err := dialer.Dial("tcp", *p.target.Load())
	if err != nil {
		reset(client)
		return
	}
	p.mu.Lock()
	p.made++
	l := newLine(p, client, conn.(*net.TCPConn), rand.New(rand.NewPCG(p.seed, p.made))) //nolint:forcetypeassert // dialled as TCP
	p.lines[l] = true
	p.mu.Unlock()
	l.run()
	p.mu.Lock()
	delete(p.lines, l)
	p.mu.Unlock()
}

// reset closes a connection so that the other side gets an RST.
func reset(conn *net.TCPConn) {
	_ = conn.SetLinger(0) // the connection may be gone already, which is what is wanted
	_ = conn.Close()
}
