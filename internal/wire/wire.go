// Package wire stands between a client and its database server: it counts
// round trips, and cuts connections where a test wants it to.
package wire

import (
	"net"
	"net/url"
	"sync"
	"testing"
)

// Proxy forwards connections to a server.
type Proxy struct {
	t        testing.TB
	target   string
	listener net.Listener
	group    sync.WaitGroup

	mu       sync.Mutex
	lines    map[*line]bool
	requests int
	cut      *Cut
	hold     chan *Held // for the next request, if that is to be held
	// hushAt is the request at which a line becomes silent, nil for none.
	hushAt       []byte
	hushDelivers bool
}

// Cut says where to cut a connection: at the At-th request from now on, counted
// over all connections. With After the server gets the request, answers, and
// the client never learns; without, the server never gets it.
type Cut struct {
	At    int
	After bool
}

// line is one connection.
type line struct {
	client, server net.Conn
	// asked means that the client has sent something that was not answered yet.
	asked bool
	// dead means that nothing more reaches the client.
	dead bool
	// silent means that nothing more reaches the server either.
	silent bool
	// closed is closed when the server has closed its side.
	closed chan struct{}
}

// Before starts a proxy before the server of a database URL, and returns it
// with the URL that leads through it. It ends with the test.
func Before(t testing.TB, databaseURL string) (*Proxy, string) {
	t.Helper()
	u, err := url.Parse(databaseURL)
	if err != nil {
		t.Fatal("the database's URL cannot be parsed")
	}
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("listen: %v", err)
	}
	p := &Proxy{t: t, target: u.Host, listener: listener, lines: map[*line]bool{}}
	p.group.Go(p.accept)
	t.Cleanup(func() {
		_ = listener.Close()
		p.Drop()
		p.group.Wait()
	})
	u.Host = listener.Addr().String()
	return p, u.String()
}

// Requests is the number of round trips since the last call: how often a client
// sent something and waited for an answer, however many packets either took.
func (p *Proxy) Requests() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := p.requests
	p.requests = 0
	return n
}

// Arm sets a cut, which happens once.
func (p *Proxy) Arm(c Cut) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.requests, p.cut = 0, &c
}

// Disarm takes the cut back and reports whether it has happened. It returns
// when the server has dealt with all that was cut off.
func (p *Proxy) Disarm() (happened bool) {
	p.mu.Lock()
	happened = p.cut == nil
	p.cut = nil
	var dead []*line
	for l := range p.lines {
		if l.dead {
			dead = append(dead, l)
		}
	}
	p.mu.Unlock()
	for _, l := range dead {
		<-l.closed
	}
	return happened
}

// Drop cuts every connection that there is.
func (p *Proxy) Drop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for l := range p.lines {
		l.kill()
	}
}

// DropOne cuts one connection, of those that wait for the server if there are
// any.
func (p *Proxy) DropOne() {
	p.mu.Lock()
	defer p.mu.Unlock()
	var one *line
	for l := range p.lines {
		if !l.dead && (one == nil || l.asked) {
			one = l
		}
	}
	if one != nil {
		one.kill()
	}
}

// Reset breaks every connection for both sides, as a client does that closes
// while an answer is on its way: what the server still sends is refused.
func (p *Proxy) Reset() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for l := range p.lines {
		l.dead = true
		_ = l.client.Close()
		if server, ok := l.server.(*net.TCPConn); ok {
			_ = server.SetLinger(0)
		}
		_ = l.server.Close()
	}
}

// kill ends the line for the client at once. The server gets an end of input,
// and what it still says is read and thrown away.
func (l *line) kill() {
	l.dead = true
	_ = l.client.Close()
	if half, ok := l.server.(*net.TCPConn); ok {
		_ = half.CloseWrite()
	}
}

func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return // closed
		}
		server, err := net.Dial("tcp", p.target) //nolint:noctx // the test's end closes it
		if err != nil {
			_ = client.Close()
			continue
		}
		l := &line{client: client, server: server, closed: make(chan struct{})}
		p.mu.Lock()
		p.lines[l] = true
		p.mu.Unlock()
		p.group.Go(func() { p.up(l) })
		p.group.Go(func() { p.down(l) })
	}
}

// up carries what the client says to the server.
func (p *Proxy) up(l *line) {
	buffer := make([]byte, 64<<10)
	for {
		n, err := l.client.Read(buffer)
		if n > 0 && p.keep(l, buffer[:n]) {
			return
		}
		silent, deliver := p.hushed(l, buffer[:n])
		if n > 0 && !silent && !p.ask(l) {
			continue
		}
		if n > 0 && deliver {
			_, _ = l.server.Write(buffer[:n])
		}
		if err != nil {
			p.mu.Lock()
			l.kill()
			p.mu.Unlock()
			return
		}
	}
}

// ask notes that the client speaks, and reports whether the server is to hear
// it.
func (p *Proxy) ask(l *line) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !l.asked {
		l.asked = true
		p.requests++
	}
	if p.cut == nil || p.cut.After || p.requests < p.cut.At {
		return true
	}
	p.cut = nil
	l.kill()
	return false
}

// down carries what the server says to the client, until the server closes.
func (p *Proxy) down(l *line) {
	buffer := make([]byte, 64<<10)
	for {
		n, err := l.server.Read(buffer)
		if n > 0 && p.answer(l) {
			_, _ = l.client.Write(buffer[:n])
		}
		if err != nil {
			break
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	l.kill()
	_ = l.server.Close()
	delete(p.lines, l)
	close(l.closed)
}

// answer notes that the server speaks, and reports whether the client is to
// hear it.
func (p *Proxy) answer(l *line) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	l.asked = false
	if p.cut != nil && p.cut.After && p.requests >= p.cut.At {
		p.cut = nil
		l.kill()
	}
	return !l.dead
}
