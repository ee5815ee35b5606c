// Package wire reads as much of PostgreSQL's and MySQL's protocols as it takes
// to know, between a client and its server, where requests end and which of
// them commit. It changes nothing and understands no TLS.
package wire

import (
	"strings"

	"github.com/chameleon-go/chameleon/dialect"
)

// Kind says what a request does to a transaction.
type Kind int

// The kinds of requests.
const (
	// Other is a statement in a transaction, or one that only reads.
	Other Kind = iota
	// Commit is COMMIT by itself.
	Commit
	// Packet is a request that writes and commits: one statement outside of a
	// transaction, or several with their own.
	Packet
	// Login is what comes before the first request.
	Login
)

// Request is what a client sends before it waits for an answer.
type Request struct {
	Kind  Kind
	Bytes []byte
}

// Requests cuts a client's stream into requests.
type Requests interface {
	// Feed takes what was read and returns the requests that are whole now.
	Feed(data []byte) []Request
}

// Answers follows the server's stream.
type Answers interface {
	// Feed takes what was read.
	Feed(data []byte)
}

// New returns the two sides of a new connection.
func New(engine dialect.Engine) (Requests, Answers) {
	if engine == dialect.PostgreSQL {
		answers := new(postgresAnswers)
		return &postgresRequests{status: &answers.status, texts: map[string]string{}}, answers
	}
	return new(mysqlRequests), mysqlAnswers{}
}

// kindOf judges a statement, sent in a transaction or not.
func kindOf(text string, inTransaction bool) Kind {
	text = strings.ToLower(strings.TrimRight(strings.TrimSpace(text), "; \n"))
	first, _, _ := strings.Cut(text, " ")
	switch {
	case first == "commit":
		return Commit
	case strings.HasSuffix(text, "commit"):
		return Packet
	case inTransaction:
		return Other
	}
	switch first {
	case "with", "insert", "update", "delete":
		return Packet
	}
	return Other
}
