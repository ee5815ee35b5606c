package proxy

import (
	"time"

	"github.com/chameleon-go/chameleon/internal/torture/wire"
)

// The longest times that a line holds something back. They pass the callers'
// shorter deadlines, and stay below what a run can wait for.
const (
	longestLate  = 2 * time.Second
	longestStall = 3 * time.Second
	longestOpen  = 3 * time.Second
)

// upload passes requests on until the client closes or the line is cut.
func (l *line) upload() {
	buffer := make([]byte, 1<<15)
	for {
		n, err := l.client.Read(buffer)
		for _, request := range l.requests.Feed(buffer[:n]) {
			if t := l.proxy.trapOf(request.Kind); t != nil {
				l.hold(t, request)
				return
			}
			if !l.pass(request) {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// pass gives one request to the server, or does to it what chance has chosen.
// It reports whether the line goes on.
func (l *line) pass(request wire.Request) bool {
	if l.proxy.calm.Load() {
		return l.send(request.Bytes)
	}
	if l.upLeft >= 0 {
		if l.upLeft -= int64(len(request.Bytes)); l.upLeft < 0 {
			l.proxy.Faults.count(CutAtByte)
			l.send(request.Bytes[:int64(len(request.Bytes))+l.upLeft])
			l.cut()
			return false
		}
	}
	fault := choose(l.up, request.Kind)
	if fault != None && fault != CutInAnswer {
		l.proxy.Faults.count(fault)
	}
	switch fault {
	case CutBefore, BeforeCommit:
		l.cut()
		return false
	case CutWithin, WithinCommit:
		l.send(request.Bytes[:l.up.IntN(len(request.Bytes))])
		l.cut()
		return false
	case CutAfter, AfterCommit:
		return l.loseAnswer(request)
	case CutAnswered, CommitAnswered:
		return l.afterAnswer(request)
	case Belated:
		l.deaf.Store(true)
		reset(l.client)
		l.wait(between(l.up, time.Millisecond, longestLate))
		l.send(request.Bytes)
		l.wait(between(l.up, time.Millisecond, longestOpen))
		return false
	case HalfOpen:
		l.deaf.Store(true)
		l.send(request.Bytes)
		reset(l.client)
		l.wait(between(l.up, 50*time.Millisecond, longestOpen))
		return false
	default:
		return l.hamper(fault, request)
	}
}

// loseAnswer sends a request, lets the client go at once and the server hear
// of it a moment later, while it answers or before.
func (l *line) loseAnswer(request wire.Request) bool {
	l.deaf.Store(true)
	l.send(request.Bytes)
	reset(l.client)
	l.wait(between(l.up, 20*time.Microsecond, 20*time.Millisecond))
	l.cut()
	return false
}

// afterAnswer lets the server answer and cuts before the client hears it.
func (l *line) afterAnswer(request wire.Request) bool {
	select { // what came before
	case <-l.alert:
	default:
	}
	l.deaf.Store(true)
	l.send(request.Bytes)
	select {
	case <-l.alert:
	case <-l.gone:
	case <-time.After(longestStall):
	}
	l.cut()
	return false
}

// hamper delays and deafens, without a cut of its own.
func (l *line) hamper(fault Fault, request wire.Request) bool {
	switch fault {
	case CutInAnswer:
		l.grant.Store(1 + l.up.Int64N(100))
	case LateAnswer:
		until := time.Now().Add(between(l.up, 2*time.Millisecond, longestLate))
		l.late.Store(&until)
	case LateRequest:
		l.wait(between(l.up, 2*time.Millisecond, longestLate))
	case Swallowed:
		l.deaf.Store(true)
	case Stalled:
		d := between(l.up, 10*time.Millisecond, longestStall)
		until := time.Now().Add(d)
		l.late.Store(&until)
		l.wait(d)
	default:
	}
	return l.send(request.Bytes)
}

func (l *line) send(bytes []byte) bool {
	_, err := l.server.Write(bytes)
	return err == nil
}
