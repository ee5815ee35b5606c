package stripe

import (
	"context"
	"fmt"

	stripego "github.com/stripe/stripe-go/v85"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/internal/shown"
	"github.com/chameleon-go/chameleon/orders"
	"github.com/chameleon-go/chameleon/orders/webhook"
)

// readSession reads a checkout session and the number of its order. The payer
// can write a payment link's client_reference_id.
func (c Config) readSession(e *stripego.Event) (*stripego.CheckoutSession, string, error) {
	s, err := read[stripego.CheckoutSession](e)
	if err != nil {
		return nil, "", err
	}
	no := s.Metadata[orderKey]
	if no == "" && (s.PaymentLink == nil || c.PaymentLinks) {
		no = s.ClientReferenceID
	}
	if no == "" {
		return nil, "", fmt.Errorf("%w: %w: the session has no order number", webhook.ErrNotOurs, orders.ErrNotFound)
	}
	return s, no, nil
}

func (c Config) sessionPaid(ctx context.Context, db bun.IDB, e *stripego.Event, result *webhook.Result) error {
	s, no, err := c.readSession(e)
	if err != nil {
		return err
	}
	switch {
	case s.Mode == stripego.CheckoutSessionModeSetup:
		result.Ignored = "a session in setup mode pays nothing"
		return nil
	case s.PaymentStatus == stripego.CheckoutSessionPaymentStatusUnpaid:
		result.Ignored = "the payment is not through yet"
		return nil
	case !paid(e, s):
		return fmt.Errorf("%w: payment_status %s does not say that the session is paid", webhook.ErrPayload, shown.Text(string(s.PaymentStatus)))
	}
	p := c.payment(s)
	p.OrderNo, p.Grace, p.Tiers, p.At = no, c.Grace, c.Tiers, created(e)
	p.PayRef, p.Invoice = sessionRefs(s)
	if s.Customer != nil {
		p.CustomerRef = s.Customer.ID
	}
	if s.Subscription != nil {
		p.SubID = s.Subscription.ID
		free, err := isFree(ctx, db, s, no)
		if err != nil {
			return err
		}
		if trial(s) && !free {
			result.Order, err = orders.StartTrial(ctx, db, orders.StartTrialParams{
				Provider: orders.PayTypeStripe, SubID: p.SubID, OrderNo: no, At: p.At,
			})
			return err
		}
		p.Lines = sessionLines(s, p.At)
	}
	result.Order, err = orders.MarkPaid(ctx, db, p)
	return err
}

// paid reports whether the event says that the session is paid, in so many words.
func paid(e *stripego.Event, s *stripego.CheckoutSession) bool {
	switch s.PaymentStatus {
	case stripego.CheckoutSessionPaymentStatusPaid, stripego.CheckoutSessionPaymentStatusNoPaymentRequired:
		return true
	case "":
		return e.Type == stripego.EventTypeCheckoutSessionAsyncPaymentSucceeded
	}
	return false
}

// isFree reports whether a session that costs nothing is for an order that costs nothing,
// rather than for a trial.
func isFree(ctx context.Context, db bun.IDB, s *stripego.CheckoutSession, no string) (bool, error) {
	if !trial(s) {
		return false, nil
	}
	o, err := orders.Get(ctx, db, orders.GetParams{OrderNo: no})
	return err == nil && o.Amount == 0, err
}

// payment is what the session says was paid. Where the customer paid in a
// currency of their own, older API versions state that one, and what it was
// converted from besides.
func (c Config) payment(s *stripego.CheckoutSession) orders.MarkPaidParams {
	p := orders.MarkPaidParams{
		Provider: orders.PayTypeStripe,
		Paid:     money(s.AmountTotal, s.Currency), Subtotal: max(s.AmountSubtotal, 0), Accept: c.Acceptable,
	}
	if d := s.TotalDetails; d != nil {
		p.Tax, p.Discount = max(d.AmountTax, 0), max(d.AmountDiscount, 0)
	}
	if from := s.CurrencyConversion; from != nil && c.LocalCurrency {
		p.Local, p.Paid, p.Subtotal = p.Paid, money(from.AmountTotal, from.SourceCurrency), max(from.AmountSubtotal, 0)
	}
	return p
}

// sessionRefs are Stripe's names for the payment and the invoice.
func sessionRefs(s *stripego.CheckoutSession) (intent, invoice string) {
	if s.PaymentIntent != nil {
		intent = s.PaymentIntent.ID
	}
	if s.Invoice != nil {
		invoice = s.Invoice.ID
	}
	return intent, invoice
}

func (c Config) sessionFailed(ctx context.Context, db bun.IDB, e *stripego.Event, result *webhook.Result) error {
	s, no, err := c.readSession(e)
	if err != nil {
		return err
	}
	p := orders.MarkFailedParams{
		OrderNo: no, Provider: orders.PayTypeStripe, Reason: "asynchronous payment failed", Due: due(s.AmountTotal, s.Currency), At: created(e),
	}
	p.PayRef, p.Invoice = sessionRefs(s)
	result.Order, err = orders.MarkFailed(ctx, db, p)
	return err
}

func (c Config) sessionExpired(ctx context.Context, db bun.IDB, e *stripego.Event, result *webhook.Result) error {
	_, no, err := c.readSession(e)
	if err != nil {
		return err
	}
	result.Order, err = orders.Cancel(ctx, db, orders.CancelParams{OrderNo: no, At: created(e)})
	return err
}
