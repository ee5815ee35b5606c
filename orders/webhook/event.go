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

// ErrNotOurs says that nothing in an event ties it to an order of ours: it is of
// another product on the same account. An event that names an order which is not
// there is an orders.ErrNotFound alone: the order may be about to be written.
var ErrNotOurs = errors.New("event is not of an order of this application")

// Event is a verified event as the provider sent it.
type Event struct {
	ID   string `json:"id"`
	Type string `json:"type"`
	// Created is when it happened.
	Created time.Time `json:"created,omitzero"`
	// Account is the connected account that it is of, empty for the own one, and
	// Livemode whether it is about real money.
	Account  string `json:"account,omitempty"`
	Livemode bool   `json:"livemode"`
	// Object is the JSON of what the event is about; of an event that only refers
	// to its object it is the whole body.
	Object json.RawMessage `json:"object"`
}

// Answers are the HTTP statuses for events of unknown orders. 0 means 404, upon
// which providers send an event again; 200 ends that.
type Answers struct {
	// NotOurs is for an ErrNotOurs, NotYet for an order that is not there.
	NotOurs, NotYet int
}

// status is the answer to an error, 0 for that of the function [Status].
func (a Answers) status(err error) int {
	switch {
	case errors.Is(err, ErrNotOurs):
		return a.NotOurs
	case errors.Is(err, orders.ErrNotFound):
		return a.NotYet
	}
	return 0
}

// Finish is what a handler returns of an event: how it ended, and what the Hook
// makes of an event that asked for nothing.
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

// Acceptable is what handlers ask about a payment that is not what its order
// asks for.
func (o Options) Acceptable(ctx context.Context, m orders.Mismatch) bool {
	return o.Accept != nil && o.Accept(ctx, m)
}
