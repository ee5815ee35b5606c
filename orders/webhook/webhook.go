// Package webhook holds what the packages for payment providers' webhooks share: the
// result of a handler, its errors, and the HTTP status to answer each of them with.
package webhook

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/affiliates"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/shown"
	"github.com/chameleon-go/chameleon/orders"
)

// MaxBody is the maximum size of a request body, in bytes.
const MaxBody = 1 << 20

// Sentinels for errors.Is; every error of a handler is an *[Error] around one
// of them or around what a verb of package orders returned.
var (
	// ErrSignature means that the request is not signed with any of the secrets.
	ErrSignature = errors.New("bad signature")
	// ErrStale means that the signature's time is too old or in the future.
	ErrStale = errors.New("stale timestamp")
	// ErrPayload means that the signed body does not have the format that the provider
	// documents.
	ErrPayload = errors.New("bad payload")
	// ErrUnknownEvent means that package orders does not use events of this type.
	ErrUnknownEvent = errors.New("unknown event")
)

// Error describes an event that could not be processed. Nothing was written.
type Error struct {
	// Provider is "stripe" or "creem".
	Provider string
	// EventID and EventType are empty if the signature is not valid.
	EventID, EventType string
	// Answer is the HTTP status that Options ask for; 0 means that of the function
	// [Status].
	Answer int
	Err    error
}

func (e *Error) Error() string {
	if e.EventID == "" {
		return shown.Text(e.Provider) + " webhook: " + shown.Line(e.Err.Error())
	}
	return fmt.Sprintf("%s webhook: %s %s: %s", shown.Text(e.Provider), shown.Text(e.EventType), shown.Text(e.EventID), shown.Line(e.Err.Error()))
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Status returns the HTTP status for the provider; see the function [Status].
func (e *Error) Status() int {
	if e.Answer != 0 {
		return e.Answer
	}
	return Status(e.Err)
}

// Result describes an event that was processed, or that required nothing.
type Result struct {
	EventID   string `json:"event_id"`
	EventType string `json:"event_type"`
	// Account is the connected account that the event is for, empty for your own account.
	// Livemode reports whether it is about real money.
	Account  string `json:"account,omitempty"`
	Livemode bool   `json:"livemode"`
	// Hooked is true if Options.Hook processed an event that package orders does not
	// handle.
	Hooked bool `json:"hooked"`
	// Order is the result of the verb of package orders. It is nil if the event required
	// nothing; Ignored says why.
	Order   *orders.Result `json:"order,omitzero"`
	Ignored string         `json:"ignored,omitempty"`
}

// Options are the options of all providers' handlers. The zero value is ready to use.
type Options struct {
	// Answers are the HTTP statuses for events of unknown orders.
	Answers Answers
	// Hook is called for every verified event that package orders does not handle, in its
	// own transaction or in the caller's. If it returns an error, its writes are rolled
	// back, and the response makes the provider resend the event.
	Hook func(ctx context.Context, tx bun.Tx, e Event) error
	// Accept decides about a payment that does not match its order; see
	// orders.MarkPaidParams. Nil accepts none: orders.ErrAmount and orders.ErrCurrency are
	// answered with 422.
	Accept func(ctx context.Context, m orders.Mismatch) bool
	// LocalCurrency accepts a payment in the customer's currency if the provider reports
	// the amount in the order's currency that it was converted from.
	LocalCurrency bool
	// Policy decides about refunded credits that were already spent; empty means
	// credits.PolicyDebt.
	Policy credits.ClawBackPolicy
	// Tiers is the referrers' commission scale; nil means
	// affiliates.DefaultTiers.
	Tiers affiliates.Tiers
	// CarryOver is the maximum of unspent credits that a renewal carries over from the
	// previous period; 0 means none. Nothing is kept of a period that lasts longer than the
	// renewal.
	CarryOver int64
	// CarryOverWithin is how long before a renewal is told its predecessor's credits may have
	// expired and still be kept, at most a year; 0 means credits.DefaultCarryOverWithin, a day.
	CarryOverWithin time.Duration
	// Plan returns what a whole period of a provider's price or product buys for one seat.
	// Quantities multiply it, prorations take their share of it, and several items add up.
	// If it is nil, or returns nil for all items, a period buys what the subscription's
	// first order bought per seat, and a part of a period buys its amount's worth at that
	// order's price.
	Plan func(priceID string) *orders.Plan
	// Bought is called for each payment of a subscription, and for each trial, with
	// everything that the provider reports. If it is nil, or returns nil, what was bought
	// follows from the order, the lines and Plan. It may be called more than once for a
	// payment and must return the same each time. It is not called for one-time payments,
	// whose events have no lines: the order says what they bought. Nor is it called for a
	// Checkout Session, which says what was paid but not for what: the first invoice does,
	// and corrects what the session granted.
	Bought func(p orders.Purchase) *orders.Bought
	// TrialCredits is what a trial grants: 0, the default, means nothing, and
	// orders.TrialFull means as much as the first paid period. The credits end with the
	// trial.
	TrialCredits int64
	// Grace is how long the credits of a period remain valid after it, until its renewal is
	// paid, which takes an hour or two at Stripe. The maximum is a year; 0, the default,
	// means not at all.
	Grace time.Duration
	// Change decides what a plan change in the middle of a period does; empty means
	// orders.ChangeReplace.
	Change orders.ChangePolicy
}

// PlanOf calls o.Plan if it is set.
func (o Options) PlanOf(priceID string) *orders.Plan {
	if o.Plan == nil || priceID == "" {
		return nil
	}
	return o.Plan(priceID)
}

// Status returns the HTTP status with which to answer a provider, so that it resends the
// event if, and only if, that can help:
//
//	200  processed, now or earlier; an unknown event; an event that is too late to
//	     matter (a payment that failed after the order was paid); a second payment of
//	     a paid order, and a refund of an unknown payment, which are both kept (see
//	     orders.Payment)
//	400  bad signature, stale timestamp, bad payload
//	404  unknown order, which may be about to be written; an event that is not ours
//	     (see Options.Answers)
//	409  too early: a renewal before its start
//	422  can never be processed: a wrong currency, too little money, a payment of
//	     another order
//	503  the database failed, an adopted column is too narrow, or the context ended
func Status(err error) int {
	var state *orders.StateError
	if told := (*Error)(nil); errors.As(err, &told) && told.Answer != 0 {
		return told.Answer
	}
	switch {
	case err == nil, errors.Is(err, ErrUnknownEvent):
		return http.StatusOK
	case errors.Is(err, ErrSignature), errors.Is(err, ErrStale), errors.Is(err, ErrPayload):
		return http.StatusBadRequest
	case errors.Is(err, orders.ErrNotFound), errors.Is(err, ErrNotOurs):
		return http.StatusNotFound
	case errors.Is(err, orders.ErrNotStarted):
		return http.StatusConflict
	case errors.As(err, &state):
		if state.Retryable() {
			return http.StatusConflict
		}
		return http.StatusOK
	case errors.Is(err, dialect.ErrNarrowColumn): // once the column is widened it succeeds
		return http.StatusServiceUnavailable
	case errors.Is(err, orders.ErrCurrency), errors.Is(err, orders.ErrAmount), errors.Is(err, orders.ErrPaymentTaken), errors.Is(err, orders.ErrInvalid), errors.Is(err, credits.ErrLimit):
		return http.StatusUnprocessableEntity
	default:
		return http.StatusServiceUnavailable
	}
}

// HTTP converts a function that handles requests into an http.Handler. It reads the body,
// up to [MaxBody], and responds with the [Status]. The response's body contains only the
// status. done, if not nil, is called after every request.
func HTTP(
	handle func(ctx context.Context, body []byte, header http.Header) (*Result, error),
	done func(ctx context.Context, result *Result, err error),
) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			w.Header().Set("Allow", http.MethodPost)
			http.Error(w, "POST only", http.StatusMethodNotAllowed)
			return
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxBody))
		if err != nil {
			http.Error(w, "body not readable", http.StatusRequestEntityTooLarge)
			return
		}
		result, err := handle(r.Context(), body, r.Header)
		if done != nil {
			done(r.Context(), result, err)
		}
		status := Status(err)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, http.StatusText(status)+"\n")
	})
}
