package stripe

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	stripego "github.com/stripe/stripe-go/v85"
	stripehook "github.com/stripe/stripe-go/v85/webhook"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/orders/webhook"
	"github.com/chameleon-go/chameleon/secret"
)

// SignatureHeader is the request header that Stripe signs in.
const SignatureHeader = "Stripe-Signature"

// DefaultTolerance is how old a signature may be, and how far from the future.
const DefaultTolerance = stripehook.DefaultTolerance

// Config is how to handle events.
type Config struct {
	webhook.Options
	// Secrets are the endpoint's signing secrets; several while one is rolled.
	Secrets []secret.Secret
	// Tolerance is how old a signature may be, and how far from the future;
	// 0 means DefaultTolerance.
	Tolerance time.Duration
	// Accounts are the connected accounts whose events are taken, "" being the
	// own one. Nil means the own one alone.
	Accounts []string
	// Livemode, when set, is the mode whose events are taken: those of the other
	// one are not ours.
	Livemode *bool
	// PaymentLinks takes the client_reference_id of sessions that a payment link
	// began for an order's number. The payer can write it into the link's URL.
	PaymentLinks bool
	// PaymentIntent returns the payment intent that paid an invoice, by asking
	// Stripe for it. It is called where the event does not say; nil leaves such
	// payments without a reference. It runs outside any transaction of ours.
	PaymentIntent func(ctx context.Context, invoiceID string) (string, error)
	// InvoiceLines returns the list of an invoice's lines as Stripe answers
	// GET /v1/invoices/:id/lines, all of them. It is called for an invoice of which
	// the event shows only a part; nil takes the rest for the subscription's own
	// price. It runs outside any transaction of ours.
	InvoiceLines func(ctx context.Context, invoiceID string) ([]byte, error)
}

// Request is a webhook as it came in.
type Request struct {
	// Body is the raw body, byte for byte.
	Body []byte
	// Signature is the value of [SignatureHeader].
	Signature string
}

// Handle verifies a request and carries its event out. db may be a bun.Tx.
//
// Errors: *webhook.Error, with the HTTP status to answer with. It wraps
// webhook.ErrSignature, ErrStale, ErrPayload or ErrUnknownEvent; an error
// of the verb, such as orders.ErrNotFound for an unknown order; or a
// *dialect.Error.
func Handle(ctx context.Context, db bun.IDB, c Config, r Request) (*webhook.Result, error) {
	event, err := c.verify(r)
	if err != nil {
		return nil, &webhook.Error{Provider: "stripe", Err: err}
	}
	result := &webhook.Result{}
	if err = c.ours(event); err == nil {
		err = c.dispatch(ctx, db, event, result)
	}
	return c.Finish(ctx, db, "stripe", told(event, r.Body), result, err)
}

// told is the event as the caller's hook sees it.
func told(e *stripego.Event, body []byte) webhook.Event {
	seen := webhook.Event{
		ID: e.ID, Type: string(e.Type), Created: created(e), Account: e.Account, Livemode: e.Livemode, Object: body,
	}
	if e.Data != nil {
		seen.Object = e.Data.Raw
	}
	return seen
}

// ours checks whose event it is: who sells on a connected account writes what
// they like into its metadata.
func (c Config) ours(e *stripego.Event) error {
	switch {
	case !slices.Contains(c.Accounts, e.Account) && (e.Account != "" || c.Accounts != nil):
		return fmt.Errorf("%w: of account %q", webhook.ErrNotOurs, e.Account)
	case c.Livemode != nil && *c.Livemode != e.Livemode:
		return fmt.Errorf("%w: livemode is %v", webhook.ErrNotOurs, e.Livemode)
	}
	return nil
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

// verify checks the signature against each secret and reads the event.
func (c Config) verify(r Request) (*stripego.Event, error) {
	options := stripehook.ConstructEventOptions{
		Tolerance: c.Tolerance,
		// An endpoint keeps the API version that it was made with, whatever
		// stripe-go is compiled for. What is read here is read from all.
		IgnoreAPIVersionMismatch: true,
	}
	if options.Tolerance == 0 {
		options.Tolerance = DefaultTolerance
	}
	err := webhook.ErrSignature
	for _, key := range c.Secrets {
		if key.IsZero() {
			continue // it would sign anything
		}
		event, refused := construct(r, key.Reveal(), options)
		if refused == nil {
			return event, early(r.Signature, options.Tolerance)
		}
		err = meaning(refused)
		if !errors.Is(err, webhook.ErrSignature) {
			return nil, err
		}
	}
	return nil, err
}

// early refuses a signature from the future, which stripe-go takes: one that
// says next year would be good until then. The header is one that was verified.
func early(header string, tolerance time.Duration) error {
	for pair := range strings.SplitSeq(header, ",") {
		text, isTime := strings.CutPrefix(pair, "t=")
		if !isTime {
			continue
		}
		seconds, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return fmt.Errorf("%w: %w", webhook.ErrSignature, err)
		}
		if ahead := time.Until(time.Unix(seconds, 0)); ahead > tolerance {
			return fmt.Errorf("%w: the signature is %v ahead of this machine's clock", webhook.ErrStale, ahead.Round(time.Second))
		}
	}
	return nil
}

// meaning turns stripe-go's refusal into ours.
func meaning(err error) error {
	switch {
	case errors.Is(err, stripehook.ErrTooOld):
		return fmt.Errorf("%w: %w", webhook.ErrStale, err)
	case errors.Is(err, stripehook.ErrNoValidSignature), errors.Is(err, stripehook.ErrNotSigned),
		errors.Is(err, stripehook.ErrInvalidHeader):
		return fmt.Errorf("%w: %w", webhook.ErrSignature, err)
	default:
		return fmt.Errorf("%w: %w", webhook.ErrPayload, err)
	}
}

// dispatch finds what carries the event out.
func (c Config) dispatch(ctx context.Context, db bun.IDB, e *stripego.Event, result *webhook.Result) error {
	var carry func(context.Context, bun.IDB, *stripego.Event, *webhook.Result) error
	switch e.Type {
	case stripego.EventTypeCheckoutSessionCompleted, stripego.EventTypeCheckoutSessionAsyncPaymentSucceeded:
		carry = c.sessionPaid
	case stripego.EventTypeCheckoutSessionAsyncPaymentFailed:
		carry = c.sessionFailed
	case stripego.EventTypeCheckoutSessionExpired:
		carry = c.sessionExpired
	case stripego.EventTypeInvoicePaid, stripego.EventTypeInvoicePaymentSucceeded:
		carry = c.invoicePaid
	case stripego.EventTypeInvoicePaymentFailed:
		carry = c.invoiceFailed
	case stripego.EventTypeInvoicePaymentPaid:
		carry = invoicePaymentPaid
	case stripego.EventTypePaymentIntentSucceeded:
		carry = c.intentSucceeded
	case stripego.EventTypePaymentIntentPaymentFailed:
		carry = intentFailed
	case stripego.EventTypeChargeRefunded:
		carry = c.chargeRefunded
	case stripego.EventTypeRefundCreated, stripego.EventTypeRefundUpdated, stripego.EventTypeRefundFailed,
		stripego.EventTypeChargeRefundUpdated:
		carry = c.refundChanged
	case stripego.EventTypeCreditNoteCreated, stripego.EventTypeCreditNoteUpdated, stripego.EventTypeCreditNoteVoided:
		carry = c.creditNoted
	case stripego.EventTypeChargeDisputeCreated, stripego.EventTypeChargeDisputeUpdated,
		stripego.EventTypeChargeDisputeClosed, stripego.EventTypeChargeDisputeFundsWithdrawn,
		stripego.EventTypeChargeDisputeFundsReinstated:
		carry = c.dispute
	case stripego.EventTypeCustomerSubscriptionCreated, stripego.EventTypeCustomerSubscriptionUpdated,
		stripego.EventTypeCustomerSubscriptionDeleted, stripego.EventTypeCustomerSubscriptionPaused,
		stripego.EventTypeCustomerSubscriptionResumed, stripego.EventTypeCustomerSubscriptionTrialWillEnd:
		carry = c.subscriptionChanged
	default:
		return webhook.ErrUnknownEvent
	}
	if e.Data == nil {
		return fmt.Errorf("%w: the event has no data", webhook.ErrPayload)
	}
	return carry(ctx, db, e, result)
}
