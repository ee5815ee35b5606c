package wire

import "bytes"

// Held is a request that is on its way for as long as a test likes.
type Held struct {
	line    *line
	request []byte
}

// HoldNext keeps back the next request of any connection, which then comes out
// of the channel. Nothing more reaches that client.
func (p *Proxy) HoldNext() <-chan *Held {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.hold = make(chan *Held, 1)
	return p.hold
}

// keep holds back a request if one is to be held.
func (p *Proxy) keep(l *line, request []byte) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.hold == nil || l.dead {
		return false
	}
	l.dead = true
	p.hold <- &Held{l, bytes.Clone(request)}
	p.hold = nil
	return true
}

// Lose breaks the connection for the client.
func (h *Held) Lose() { _ = h.line.client.Close() }

// Deliver hands the request to the server, and returns when the server has
// dealt with it and the connection is closed.
func (h *Held) Deliver() {
	_, _ = h.line.server.Write(h.request)
	if half, ok := h.line.server.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite()
	}
	<-h.line.closed
}

// HushAt makes the connection silent on which text is next asked, in capitals
// or not: it stays open, and no answer comes, if the server got the request or
// not.
func (p *Proxy) HushAt(text string, deliver bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.hushAt, p.hushDelivers = bytes.ToUpper([]byte(text)), deliver
}

// hushed reports whether the line is silent, from this request on perhaps, and
// whether the server is to hear the request all the same.
func (p *Proxy) hushed(l *line, request []byte) (silent, deliver bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if l.silent {
		return true, false
	}
	if p.hushAt == nil || !bytes.Contains(bytes.ToUpper(request), p.hushAt) {
		return false, true
	}
	p.hushAt = nil
	l.silent, l.dead = true, true
	return true, p.hushDelivers
}
