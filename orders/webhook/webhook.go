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

// MaxBody is the largest request body that is read, in bytes.
const MaxBody = 1 << 20

// Sentinels for errors.Is; every error of a handler is an *[Error] around one
// of them or around what a verb of package orders returned.
var (
	// ErrSignature says that the request is not signed with any of the secrets.
	ErrSignature = errors.New("bad signature")
	// ErrStale says that the signature is too old, or from the future.
	ErrStale = errors.New("stale timestamp")
	// ErrPayload says that the signed body is not what the provider documents.
	ErrPayload = errors.New("bad payload")
	// ErrUnknownEvent says that the event's type means nothing to orders.
	ErrUnknownEvent = errors.New("unknown event")
)

// Error says what became of an event that could not be carried out. Nothing
// was written.
type Error struct {
	// Provider is "stripe" or "creem".
	Provider string
	// EventID and EventType are empty where the signature did not hold.
	EventID, EventType string
	// Answer is the HTTP status that Options ask for, 0 for that of the function
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

// Status is the HTTP status for the provider; see the function [Status].
func (e *Error) Status() int {
	if e.Answer != 0 {
		return e.Answer
	}
	return Status(e.Err)
}

// Result is an event that was carried out, or that asked for nothing.
type Result struct {
	EventID   string `json:"event_id"`
	EventType string `json:"event_type"`
	// Account is the connected account that the event is of, empty for the own
	// one, and Livemode whether it is about real money.
	Account  string `json:"account,omitempty"`
	Livemode bool   `json:"livemode"`
	// Hooked is true when Options.Hook took an event that asked for nothing.
	Hooked bool `json:"hooked"`
	// Order is what the verb of package orders returned. It is nil where the
	// event asked for nothing; Ignored says why.
	Order   *orders.Result `json:"order,omitzero"`
	Ignored string         `json:"ignored,omitempty"`
}

// Options are what handlers of all providers take. The zero value works.
type Options struct {
	// Answers are the HTTP statuses for events of unknown orders.
	Answers Answers
	// Hook sees every verified event that asks orders for nothing, in a
	// transaction of its own or in the caller's. An error undoes what it wrote, and
	// is answered so that the provider sends the event again.
	Hook func(ctx context.Context, tx bun.Tx, e Event) error
	// Accept is asked about a payment that is not what its order asks for; see
	// orders.MarkPaidParams. Nil accepts none: orders.ErrAmount and
	// orders.ErrCurrency are answered with 422.
	Accept func(ctx context.Context, m orders.Mismatch) bool
	// LocalCurrency accepts what a customer paid in a currency of their own where
	// the provider says which part of the order's currency that was converted
	// from.
	LocalCurrency bool
	// Policy is about refunded credits that were spent; empty means
	// credits.PolicyDebt.
	Policy credits.ClawBackPolicy
	// Tiers is the referrers' commission scale; nil means
	// affiliates.DefaultTiers.
	Tiers affiliates.Tiers
	// CarryOver is the most unspent credits that a renewal keeps of the period
	// before it; 0 means none.
	CarryOver int64
	// Plan returns what a whole period of a provider's price or product buys for
	// one seat: quantities multiply it, prorations take their share of it, and
	// several items add up. Nil, or returning nil for all of them, means what the
	// subscription's first order bought, by the seat; a part of a period is then
	// worth what its money buys at that order's price.
	Plan func(priceID string) *orders.Plan
	// Bought is asked of each payment of a subscription, and of each trial, with all
	// that the provider says. Nil, or returning nil, means what follows from the order,
	// the lines and Plan. It may be called again for one payment and has to return the
	// same. It is not asked of one-time payments, whose events have no lines: the order
	// says what they bought. Nor is it of a Checkout Session, which says what was paid
	// and not for what: the first invoice does, and corrects what the session granted.
	Bought func(p orders.Purchase) *orders.Bought
	// TrialCredits is what a trial grants: 0, the default, nothing, and
	// orders.TrialFull what the first paid period does. They end with the trial.
	TrialCredits int64
	// Grace is how long the credits of a period outlive it, so that they are there
	// until its renewal is paid, which at Stripe takes an hour or two: at most a
	// year; 0, the default, is not at all.
	Grace time.Duration
	// Change is what a change of plans in the middle of a period does; empty means
	// orders.ChangeReplace.
	Change orders.ChangePolicy
}

// PlanOf calls o.Plan if there is one.
func (o Options) PlanOf(priceID string) *orders.Plan {
	if o.Plan == nil || priceID == "" {
		return nil
	}
	return o.Plan(priceID)
}

// Status returns the HTTP status to answer a provider with, so that it tries
// again where that can help and only there:
//
//	200  carried out, now or before; an unknown event; an event that is too
//	     late to matter (a payment that failed after the order was paid); also a
//	     second payment of a paid order, and a refund of an unknown payment: both
//	     are kept, see orders.Payment
//	400  bad signature, stale timestamp, bad payload
//	404  unknown order: it may be about to be written; an event that is not ours,
//	     see Options.Answers
//	409  too early: a renewal before its start
//	422  what can never be carried out: a wrong currency, too little money, a
//	     payment of another order
//	503  the database failed, an adopted column is too narrow, or the context
//	     ended
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

// HTTP turns a handler of requests into an http.Handler: it reads the body, up
// to [MaxBody], and answers with the [Status]. The answer's body says no more
// than the status does. done, if not nil, is called after every request.
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
