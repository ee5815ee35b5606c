package creem

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/orders/webhook"
	"github.com/chameleon-go/chameleon/secret"
)

// SignatureHeader is the request header that Creem signs in.
const SignatureHeader = "Creem-Signature"

// futureTolerance is how far Creem's clock may be ahead of ours.
const futureTolerance = 5 * time.Minute

// Config is how to handle events.
type Config struct {
	webhook.Options
	// Secrets are the webhook's signing secrets; several while one is changed.
	Secrets []secret.Secret
	// Livemode, when set, is the mode whose events are taken: those of the other
	// one are not ours.
	Livemode *bool
	// MaxAge is how old an event may be; 0 means any age.
	MaxAge time.Duration
}

// Request is a webhook as it came in.
type Request struct {
	// Body is the raw body, byte for byte.
	Body []byte
	// Signature is the value of [SignatureHeader].
	Signature string
	// At is when it came in; zero means now.
	At time.Time
}

// Sign returns the signature of a body, for tests.
func Sign(body []byte, secret string) string { return hex.EncodeToString(sum(body, secret)) }

func sum(body []byte, secret string) []byte {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	return mac.Sum(nil)
}

// Handle verifies a request and carries its event out. db may be a bun.Tx.
//
// Errors: *webhook.Error, with the HTTP status to answer with. It wraps
// webhook.ErrSignature, ErrStale, ErrPayload or ErrUnknownEvent; an error
// of the verb, such as orders.ErrNotFound for an unknown order; or a
// *dialect.Error.
func Handle(ctx context.Context, db bun.IDB, c Config, r Request) (*webhook.Result, error) {
	e, err := c.verify(r)
	if err != nil {
		return nil, &webhook.Error{Provider: "creem", Err: err}
	}
	result, live := &webhook.Result{}, e.live()
	if c.Livemode != nil && *c.Livemode != live {
		err = fmt.Errorf("%w: livemode is %v", webhook.ErrNotOurs, live)
	} else {
		err = c.carryOut(ctx, db, e, result)
	}
	seen := webhook.Event{ID: e.ID, Type: e.Type, Created: e.at(), Livemode: live, Object: e.Object}
	return c.Finish(ctx, db, "creem", seen, result, err)
}

// Handler is [Handle] as an http.Handler. done, if not nil, is called after
// every request, for logs and alerts.
func Handler(
	db bun.IDB, c Config, done func(ctx context.Context, result *webhook.Result, err error),
) http.Handler {
	return webhook.HTTP(func(ctx context.Context, body []byte, header http.Header) (*webhook.Result, error) {
		return Handle(ctx, db, c, Request{Body: body, Signature: header.Get(SignatureHeader)})
	}, done)
}

// event is the envelope that all events share.
type event struct {
	ID   string `json:"id"`
	Type string `json:"eventType"`
	// Created is in milliseconds since 1970.
	Created int64           `json:"created_at"`
	Object  json.RawMessage `json:"object"`
}

func (e *event) at() time.Time {
	if e.Created == 0 {
		return time.Time{}
	}
	return time.UnixMilli(e.Created).UTC()
}

// verify checks the signature and reads the envelope.
func (c Config) verify(r Request) (*event, error) {
	if !c.signed(r) {
		return nil, webhook.ErrSignature
	}
	e := new(event)
	if err := json.Unmarshal(r.Body, e); err != nil {
		return nil, fmt.Errorf("%w: %w", webhook.ErrPayload, err)
	}
	if e.Type == "" || len(e.Object) == 0 {
		return nil, fmt.Errorf("%w: no eventType or object", webhook.ErrPayload)
	}
	return e, c.fresh(e, r.At)
}

func (c Config) signed(r Request) bool {
	given, err := hex.DecodeString(r.Signature)
	if err != nil {
		return false
	}
	for _, key := range c.Secrets {
		// An empty secret would sign anything.
		if !key.IsZero() && hmac.Equal(given, sum(r.Body, key.Reveal())) {
			return true
		}
	}
	return false
}

// fresh checks the event's age, which the signature covers.
func (c Config) fresh(e *event, now time.Time) error {
	if c.MaxAge == 0 {
		return nil
	}
	if now.IsZero() {
		now = time.Now()
	}
	if age := now.Sub(e.at()); age > c.MaxAge || age < -futureTolerance {
		return fmt.Errorf("%w: the event is %v old", webhook.ErrStale, age.Round(time.Second))
	}
	return nil
}

func (c Config) carryOut(ctx context.Context, db bun.IDB, e *event, result *webhook.Result) error {
	var err error
	switch e.Type {
	case "checkout.completed":
		err = c.checkoutCompleted(ctx, db, e, result)
	case "subscription.paid":
		result.Order, err = c.subscriptionPaid(ctx, db, e)
	case "subscription.trialing":
		result.Order, err = c.subscriptionTrialing(ctx, db, e)
	case "subscription.past_due", "subscription.unpaid":
		result.Order, err = c.subscriptionUnpaid(ctx, db, e)
	case "subscription.active", "subscription.update", "subscription.paused",
		"subscription.scheduled_cancel", "subscription.expired", "subscription.canceled":
		err = c.subscriptionChanged(ctx, db, e, result)
	case "refund.created", "refund.updated", "refund.failed":
		err = c.refundCreated(ctx, db, e, result)
	case "dispute.created", "dispute.updated", "dispute.closed", "dispute.won", "dispute.lost":
		result.Order, err = c.disputeChanged(ctx, db, e)
	default:
		err = webhook.ErrUnknownEvent
	}
	return err
}
