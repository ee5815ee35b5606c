package wire

import (
	"bytes"
	"encoding/binary"
	"sync/atomic"
)

// postgresRequests cuts at Query and at Sync. What is prepared under a name is
// remembered, because an execution does not repeat its text.
type postgresRequests struct {
	status *atomic.Int32 // of the latest ReadyForQuery
	texts  map[string]string

	started bool
	buffer  []byte
	pending []byte // messages of the request that is under way
	text    string // of its statement
}

func (r *postgresRequests) Feed(data []byte) []Request {
	r.buffer = append(r.buffer, data...)
	var requests []Request
	for {
		message, ok := r.next()
		if !ok {
			return requests
		}
		r.pending = append(r.pending, message...)
		kind, ends := r.read(message)
		if ends {
			requests = append(requests, Request{kind, r.pending})
			r.pending, r.text = nil, ""
		}
	}
}

// next takes one message off the buffer. The first has no type.
func (r *postgresRequests) next() ([]byte, bool) {
	head := 1
	if !r.started {
		head = 0
	}
	if len(r.buffer) < head+4 {
		return nil, false
	}
	size := head + int(binary.BigEndian.Uint32(r.buffer[head:]))
	if size < head+4 || len(r.buffer) < size {
		return nil, false
	}
	message := bytes.Clone(r.buffer[:size])
	r.buffer = r.buffer[size:]
	return message, true
}

// read notes what a message says and reports whether a request ends with it.
func (r *postgresRequests) read(message []byte) (Kind, bool) {
	if !r.started {
		r.started = true
		return Login, true
	}
	body := message[5:]
	switch message[0] {
	case 'Q':
		r.text = cString(body)
		return r.kind(), true
	case 'P':
		name := cString(body)
		r.text = cString(body[min(len(body), len(name)+1):])
		r.texts[name] = r.text
	case 'B':
		portal := cString(body)
		r.text = r.texts[cString(body[min(len(body), len(portal)+1):])]
	case 'S':
		return r.kind(), true
	case 'p':
		return Login, true
	case 'X':
		return Other, true
	}
	return Other, false
}

func (r *postgresRequests) kind() Kind { return kindOf(r.text, r.status.Load() != 'I') }

func cString(b []byte) string {
	text, _, _ := bytes.Cut(b, []byte{0})
	return string(text)
}

// postgresAnswers remembers the transaction status of ReadyForQuery.
type postgresAnswers struct {
	status atomic.Int32
	buffer []byte
}

func (a *postgresAnswers) Feed(data []byte) {
	a.buffer = append(a.buffer, data...)
	for len(a.buffer) >= 5 {
		size := 1 + int(binary.BigEndian.Uint32(a.buffer[1:]))
		if size < 5 || len(a.buffer) < size {
			return
		}
		if a.buffer[0] == 'Z' && size == 6 {
			a.status.Store(int32(a.buffer[5]))
		}
		a.buffer = a.buffer[size:]
	}
}
