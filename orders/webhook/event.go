package webhook

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/orders"
)

// ErrNotOurs means that nothing in an event links it to an order of this application: it is
// for another product on the same account. An event that names an order that does not exist
// is an orders.ErrNotFound instead: the order may be about to be written.
var ErrNotOurs = errors.New("event does not belong to an order of this application")

// Event is a verified event as the provider sent it.
type Event struct {
	ID   string `json:"id"`
	Type string `json:"type"`
	// Created is when it happened.
	Created time.Time `json:"created,omitzero"`
	// Account is the connected account that the event is for, empty for your own account.
	// Livemode reports whether it is about real money.
	Account  string `json:"account,omitempty"`
	Livemode bool   `json:"livemode"`
	// Object is the JSON of the object that the event is about. If the event only refers to
	// its object, it is the whole body.
	Object json.RawMessage `json:"object"`
}

// Answers are the HTTP statuses for events of unknown orders. 0 means 404, which makes
// providers resend the event; 200 ends that.
type Answers struct {
	// NotOurs is for ErrNotOurs, NotYet for an order that does not exist.
	NotOurs, NotYet int
}

// status returns the status for an error; 0 means that of the function [Status].
func (a Answers) status(err error) int {
	switch {
	case errors.Is(err, ErrNotOurs):
		return a.NotOurs
	case errors.Is(err, orders.ErrNotFound):
		return a.NotYet
	}
	return 0
}

// Finish returns a handler's result for an event. It calls the Hook for an event that
// package orders does not handle.
//
// Errors: *Error.
func (o Options) Finish(ctx context.Context, db bun.IDB, provider string, e Event, result *Result, err error) (*Result, error) {
	result.EventID, result.EventType, result.Account, result.Livemode = e.ID, e.Type, e.Account, e.Livemode
	ignored := err == nil && result.Ignored != "" || errors.Is(err, ErrUnknownEvent)
	if ignored && o.Hook != nil {
		err = dialect.InTx(ctx, db, func(ctx context.Context, tx bun.Tx) error { return o.Hook(ctx, tx, e) })
		result.Hooked = err == nil
	}
	if err == nil {
		return result, nil
	}
	return nil, &Error{Provider: provider, EventID: e.ID, EventType: e.Type, Answer: o.Answers.status(err), Err: err}
}

// Acceptable reports whether Accept accepts a payment that does not match its order.
func (o Options) Acceptable(ctx context.Context, m orders.Mismatch) bool {
	return o.Accept != nil && o.Accept(ctx, m)
}
