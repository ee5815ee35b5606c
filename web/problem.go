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

// ContentType is that of a problem's body, which RFC 9457 defines.
const ContentType = "application/problem+json"

// retryAfter is what a client is asked to wait where the database is not to be
// reached.
const retryAfter = time.Second

// Problem is the body that tells a client of an error: that of RFC 9457 without its type,
// and with a Code that programs tell problems apart by.
type Problem struct {
	Title  string `json:"title"`
	Status int    `json:"status"`
	// Detail says more, to people. It is empty for what is the server's own fault.
	Detail string `json:"detail,omitempty"`
	// Code is a word such as "insufficient_credits"; the package's table of errors
	// has all. It does not change from version to version.
	Code string `json:"code"`
	// Field is the field of the verb's params that is wrong, for "invalid_input".
	Field string `json:"field,omitempty"`
	// Need and Have are credits, for "insufficient_credits".
	Need *int64 `json:"need,omitzero"`
	Have *int64 `json:"have,omitzero"`
	// RetryAfter is when the same request may succeed; zero for never, as it is.
	RetryAfter time.Duration `json:"-"`
}

// Status is the HTTP status of an error, and 200 for nil.
func Status(err error) int {
	if err == nil {
		return http.StatusOK
	}
	return ProblemOf(err).Status
}

// ProblemOf makes the problem of an error, without what clients must not see; for nil it
// has a Status of 200 and nothing else. An error that no package of this module documents is "internal_error"
// with status 500 and without a detail, as are the database's own failures that no retry
// mends: log those.
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
// and Retry-After where waiting helps. Of a client that has gone nothing is written.
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
