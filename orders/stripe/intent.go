package stripe

import (
	"context"
	"errors"

	stripego "github.com/stripe/stripe-go/v85"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/orders"
	"github.com/chameleon-go/chameleon/orders/webhook"
)

// namesNoOrder is why a payment intent or an invoice is left to the event that
// says more: those of subscriptions carry no metadata of their own.
const namesNoOrder = "it names no order"

// intentSucceeded pays the order that the payment intent names, for those who
// collect payments without a Checkout Session.
func (c Config) intentSucceeded(ctx context.Context, db bun.IDB, e *stripego.Event, result *webhook.Result) error {
	pi, err := read[stripego.PaymentIntent](e)
	if err != nil {
		return err
	}
	no := pi.Metadata[orderKey]
	if no == "" {
		result.Ignored = namesNoOrder
		return nil
	}
	result.Order, err = orders.MarkPaid(ctx, db, orders.MarkPaidParams{
		OrderNo: no, Provider: orders.PayTypeStripe, Paid: money(pi.AmountReceived, pi.Currency), PayRef: pi.ID, Accept: c.Acceptable,
		Tiers: c.Tiers, At: created(e),
	})
	other := errors.Is(err, orders.ErrAmount) || errors.Is(err, orders.ErrCurrency)
	if other && pi.Metadata[byKey] == bySession {
		result.Order, result.Ignored, err = nil, "its session says what was taken off the price", nil
	}
	return err
}

func intentFailed(ctx context.Context, db bun.IDB, e *stripego.Event, result *webhook.Result) error {
	pi, err := read[stripego.PaymentIntent](e)
	if err != nil {
		return err
	}
	no := pi.Metadata[orderKey]
	if no == "" {
		result.Ignored = namesNoOrder
		return nil
	}
	p := orders.MarkFailedParams{
		OrderNo: no, Provider: orders.PayTypeStripe, Reason: "payment failed", PayRef: pi.ID, Due: due(pi.Amount, pi.Currency), At: created(e),
	}
	if why := pi.LastPaymentError; why != nil && why.Msg != "" {
		p.Reason = why.Msg
	}
	result.Order, err = orders.MarkFailed(ctx, db, p)
	return err
}

// plainInvoicePaid pays the order that an invoice without a subscription names.
func (c Config) plainInvoicePaid(ctx context.Context, db bun.IDB, e *stripego.Event, inv *invoice, result *webhook.Result) error {
	no := inv.Metadata[orderKey]
	if no == "" {
		result.Ignored = "the invoice is not of a subscription, and " + namesNoOrder
		return nil
	}
	ref, err := c.reference(ctx, inv)
	if err != nil {
		return err
	}
	with := inv.settled()
	result.Order, err = orders.MarkPaid(ctx, db, orders.MarkPaidParams{
		OrderNo: no, Provider: orders.PayTypeStripe, Paid: money(with.paid, inv.Currency), Tax: with.taxPaid(), Discount: max(inv.discount()+with.notes, 0),
		FromBalance: with.balance, CustomerRef: inv.customer(), Subtotal: max(inv.Subtotal, 0), Accept: c.Acceptable, Invoice: inv.ID, PayRef: ref, Tiers: c.Tiers, At: inv.paidAt(e),
	})
	return err
}

// invoicePaymentPaid tells which payment intent, or charge, paid an invoice.
func invoicePaymentPaid(ctx context.Context, db bun.IDB, e *stripego.Event, result *webhook.Result) error {
	paid, err := read[stripego.InvoicePayment](e)
	if err != nil {
		return err
	}
	ref := paidBy(paid)
	if paid.Invoice == nil || ref == "" {
		result.Ignored = "nothing of Stripe's paid the invoice"
		return nil
	}
	result.Order, err = orders.LinkPayment(ctx, db, orders.LinkPaymentParams{
		Provider: orders.PayTypeStripe, PayRef: ref, Invoice: paid.Invoice.ID,
		Paid: money(paid.AmountPaid, paid.Currency), At: created(e),
	})
	return err
}
