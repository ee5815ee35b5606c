package wire

import (
	"bytes"
	"strings"
)

// The commands that hold a statement's text, and the size of a packet's head.
const (
	comQuery   = 0x03
	comPrepare = 0x16
	packetHead = 4
)

// mysqlRequests cuts at packets. A command's packet has the number 0; others
// belong to the login.
type mysqlRequests struct {
	buffer        []byte
	inTransaction bool
}

func (r *mysqlRequests) Feed(data []byte) []Request {
	r.buffer = append(r.buffer, data...)
	var requests []Request
	for len(r.buffer) >= packetHead {
		size := packetHead + (int(r.buffer[0]) | int(r.buffer[1])<<8 | int(r.buffer[2])<<16)
		if len(r.buffer) < size {
			break
		}
		packet := bytes.Clone(r.buffer[:size])
		r.buffer = r.buffer[size:]
		requests = append(requests, Request{r.kind(packet), packet})
	}
	return requests
}

func (r *mysqlRequests) kind(packet []byte) Kind {
	if packet[3] != 0 {
		return Login
	}
	if len(packet) == packetHead || packet[packetHead] != comQuery && packet[packetHead] != comPrepare {
		return Other
	}
	text := string(packet[packetHead+1:])
	kind := kindOf(text, r.inTransaction)
	first, _, several := strings.Cut(strings.ToLower(text), ";")
	switch {
	case kind != Other:
		r.inTransaction = false
	case several:
	case strings.HasPrefix(first, "start transaction"), strings.HasPrefix(first, "begin"):
		r.inTransaction = true
	case first == "rollback":
		r.inTransaction = false
	}
	return kind
}

type mysqlAnswers struct{}

func (mysqlAnswers) Feed([]byte) {}
