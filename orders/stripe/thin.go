package stripe

import (
	"encoding/json"
	"fmt"
	"time"

	stripego "github.com/stripe/stripe-go/v85"
	stripehook "github.com/stripe/stripe-go/v85/webhook"

	"github.com/chameleon-go/chameleon/orders/webhook"
)

// thin is an event that only refers to its object. Its times are written out.
type thin struct {
	ID       string             `json:"id"`
	Object   string             `json:"object"`
	Type     stripego.EventType `json:"type"`
	Created  time.Time          `json:"created"`
	Livemode bool               `json:"livemode"`
	Context  string             `json:"context"`
}

// construct verifies a request and reads its event. A thin event has no data:
// its types mean nothing to orders, and a hook sees the whole body.
func construct(r Request, secret string, options stripehook.ConstructEventOptions) (*stripego.Event, error) {
	var kind struct {
		Object string `json:"object"`
	}
	if json.Unmarshal(r.Body, &kind) != nil || kind.Object != "v2.core.event" {
		event, err := stripehook.ConstructEventWithOptions(r.Body, r.Signature, secret, options)
		return &event, err
	}
	if err := stripehook.ValidatePayloadWithTolerance(r.Body, r.Signature, secret, options.Tolerance); err != nil {
		return nil, err
	}
	read := new(thin)
	if err := json.Unmarshal(r.Body, read); err != nil {
		return nil, fmt.Errorf("%w: %w", webhook.ErrPayload, err)
	}
	event := &stripego.Event{ID: read.ID, Type: read.Type, Livemode: read.Livemode, Account: read.Context}
	if !read.Created.IsZero() {
		event.Created = read.Created.Unix()
	}
	return event, nil
}
