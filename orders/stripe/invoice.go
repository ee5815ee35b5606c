package stripe

import (
	"context"
	"fmt"
	"time"

	stripego "github.com/stripe/stripe-go/v85"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/internal/shown"
	"github.com/chameleon-go/chameleon/orders"
	"github.com/chameleon-go/chameleon/orders/webhook"
)

// first reports whether the invoice pays the period that a subscription begins
// with, and its order is known.
func (inv *invoice) first() bool {
	return inv.BillingReason == stripego.InvoiceBillingReasonSubscriptionCreate && inv.orderNo() != ""
}

// purchase is all that the invoice says.
func (inv *invoice) purchase(e *stripego.Event, lines []orders.Line) orders.Purchase {
	with := inv.settled()
	return orders.Purchase{
		Provider: orders.PayTypeStripe, SubID: inv.subscription(), Ref: inv.ID, OrderNo: inv.orderNo(),
		Reason: inv.reason(), Trial: inv.trial(lines), Lines: lines, More: inv.Lines != nil && inv.Lines.HasMore,
		Subtotal: inv.Subtotal, Discount: inv.discount() + with.notes, Tax: with.tax, Total: with.total, Paid: with.paid,
		FromBalance: with.balance, CustomerRef: inv.customer(),
		Currency: money(0, inv.Currency).Currency, At: inv.paidAt(e),
	}
}

// customer is whose invoice it is.
func (inv *invoice) customer() string {
	if inv.Customer == nil {
		return ""
	}
	return inv.Customer.ID
}

// paidAt is when the invoice was paid.
func (inv *invoice) paidAt(e *stripego.Event) time.Time {
	if t := inv.StatusTransitions; t != nil && t.PaidAt != 0 {
		return unix(t.PaidAt)
	}
	return created(e)
}

func (c Config) invoicePaid(ctx context.Context, db bun.IDB, e *stripego.Event, result *webhook.Result) error {
	inv, err := readInvoice(e)
	if err != nil {
		return err
	}
	if inv.subscription() != "" {
		return foreign(c.periodPaid(ctx, db, e, inv, result), inv.orderNo())
	}
	return c.plainInvoicePaid(ctx, db, e, inv, result)
}

// periodPaid carries out an invoice of a subscription.
func (c Config) periodPaid(ctx context.Context, db bun.IDB, e *stripego.Event, inv *invoice, result *webhook.Result) error {
	lines, err := c.allLines(ctx, db, inv)
	if err != nil {
		return err
	}
	bought := c.Bill(inv.purchase(e, lines))
	if bought.Trial {
		if bought.Trial, err = c.trials(ctx, db, inv); err != nil {
			return err
		}
	}
	if !bought.Trial && bought.Nothing() {
		result.Ignored = "the invoice pays no period"
		return nil
	}
	ref, err := c.reference(ctx, inv)
	if err != nil {
		return err
	}
	switch {
	case bought.Trial:
		result.Order, err = bought.StartTrial(ctx, db, ref)
	case inv.first():
		result.Order, err = bought.MarkPaid(ctx, db, ref)
	default:
		result.Order, err = bought.Renew(ctx, db, ref)
	}
	return err
}

// reference is the payment intent that paid an invoice, empty if unknown.
func (c Config) reference(ctx context.Context, inv *invoice) (string, error) {
	if ref := inv.paymentRef(); ref != "" || c.PaymentIntent == nil || inv.AmountPaid == 0 {
		return ref, nil
	}
	ref, err := c.PaymentIntent(ctx, inv.ID)
	if err != nil {
		return "", fmt.Errorf("payment intent of invoice %s: %w", shown.Text(inv.ID), err)
	}
	return ref, nil
}

func (c Config) invoiceFailed(ctx context.Context, db bun.IDB, e *stripego.Event, result *webhook.Result) error {
	inv, err := readInvoice(e)
	if err != nil {
		return err
	}
	const reason = "invoice payment failed"
	no, plain := inv.orderNo(), inv.subscription() == ""
	if plain {
		no = inv.Metadata[orderKey]
	}
	unpaid, ok := inv.period()
	switch {
	case plain && no == "":
		result.Ignored = "the invoice is not of a subscription, and " + namesNoOrder
	case plain, inv.first():
		result.Order, err = orders.MarkFailed(ctx, db, orders.MarkFailedParams{
			OrderNo: no, Provider: orders.PayTypeStripe, Reason: reason, PayRef: inv.paymentRef(), Invoice: inv.ID,
			Due: due(inv.AmountDue, inv.Currency), At: created(e),
		})
	case !ok:
		result.Ignored = "the invoice pays no period"
	case inv.reason() == orders.ReasonChange:
		result.Ignored = "a change of plans that was not paid"
	case inv.threshold():
		result.Ignored = "what was used that was not paid"
	default:
		result.Order, err = orders.FailRenewal(ctx, db, orders.FailRenewalParams{
			SubID: inv.subscription(), PeriodStart: unpaid.start, PeriodEnd: unpaid.end,
			Due: due(inv.AmountDue, inv.Currency), Plan: c.PlanOf(unpaid.price), Reason: reason,
			PayRef: inv.paymentRef(), Invoice: inv.ID, At: created(e),
		})
	}
	return foreign(err, no)
}
