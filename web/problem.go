package web

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/orders/webhook"
)

// ContentType is the content type of a problem's body, defined by RFC 9457.
const ContentType = "application/problem+json"

// retryAfter is what a client is asked to wait where the database is not to be
// reached.
const retryAfter = time.Second

// Problem is the body of an error response: that of RFC 9457, without its type and
// with a Code for programs.
type Problem struct {
	Title  string `json:"title"`
	Status int    `json:"status"`
	// Detail is an explanation for people. It is empty for the server's own
	// failures.
	Detail string `json:"detail,omitempty"`
	// Code is a stable identifier such as "insufficient_credits"; docs/errors.md
	// lists them.
	Code string `json:"code"`
	// Field is the field of the verb's params that is wrong, for "invalid_input".
	Field string `json:"field,omitempty"`
	// Need and Have are credits, for "insufficient_credits".
	Need *int64 `json:"need,omitzero"`
	Have *int64 `json:"have,omitzero"`
	// RetryAfter is how long to wait before the same request may succeed; zero
	// if waiting does not help.
	RetryAfter time.Duration `json:"-"`
}

// Status returns the HTTP status of an error, and 200 for nil.
func Status(err error) int {
	if err == nil {
		return http.StatusOK
	}
	return ProblemOf(err).Status
}

// ProblemOf returns the problem of an error, without anything that clients must not
// see; for nil it has a Status of 200 and nothing else. An error that no package of
// this module documents is "internal_error" with status 500 and no detail, and so are
// database failures that a retry does not resolve: log those.
func ProblemOf(err error) Problem {
	if err == nil {
		return Problem{Status: http.StatusOK}
	}
	if _, ok := errors.AsType[*webhook.Error](err); ok {
		status := webhook.Status(err)
		return Problem{Title: http.StatusText(status), Status: status, Code: "webhook_refused"}
	}
	for _, r := range rules() {
		if !errors.Is(err, r.sentinel) {
			continue
		}
		p := Problem{Title: r.title, Status: r.status, Code: r.code, RetryAfter: r.retry}
		if r.status < http.StatusInternalServerError && !r.silent {
			p.Detail = err.Error()
		}
		return p.with(err)
	}
	return Problem{Title: "Internal error", Status: http.StatusInternalServerError, Code: "internal_error"}
}

// with adds what the error carries.
func (p Problem) with(err error) Problem {
	if invalid, ok := errors.AsType[*dialect.InvalidError](err); ok {
		p.Field = invalid.Field
	}
	if short, ok := errors.AsType[*credits.InsufficientError](err); ok {
		p.Need, p.Have = &short.Need, &short.Have
	}
	return p
}

// WriteProblem answers a request with the problem of an error: its status, its body,
// and Retry-After if waiting helps. If the client has disconnected, it writes
// nothing.
func WriteProblem(w http.ResponseWriter, err error) {
	if errors.Is(err, context.Canceled) {
		w.WriteHeader(statusClientClosedRequest)
		return
	}
	p := ProblemOf(err)
	body, marshalErr := json.Marshal(p)
	if marshalErr != nil { // strings and numbers only
		http.Error(w, p.Title, p.Status)
		return
	}
	w.Header().Set("Content-Type", ContentType)
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if p.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(p.RetryAfter.Seconds())))
	}
	w.WriteHeader(p.Status)
	_, _ = w.Write(body) // a client that has gone reads nothing
}
