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

// readSession reads a checkout session and the number of its order.
func readSession(e *stripego.Event) (*stripego.CheckoutSession, string, error) {
	s, err := read[stripego.CheckoutSession](e)
	if err != nil {
		return nil, "", err
	}
	no := s.Metadata[orderKey]
	if no == "" {
		no = s.ClientReferenceID
	}
	if no == "" {
		return nil, "", fmt.Errorf("%w: the session has no order number", orders.ErrNotFound)
	}
	return s, no, nil
}

func (c Config) sessionPaid(ctx context.Context, db bun.IDB, e *stripego.Event, result *webhook.Result) error {
	s, no, err := readSession(e)
	if err != nil {
		return err
	}
	if s.PaymentStatus == stripego.CheckoutSessionPaymentStatusUnpaid {
		result.Ignored = "the payment is not through yet"
		return nil
	}
	p := orders.MarkPaidParams{
		OrderNo: no, Paid: money(s.AmountTotal, s.Currency), Tiers: c.Tiers, At: created(e),
	}
	if s.PaymentIntent != nil {
		p.PayRef = s.PaymentIntent.ID
	}
	if s.Subscription != nil {
		p.SubID = s.Subscription.ID
	}
	result.Order, err = orders.MarkPaid(ctx, db, p)
	return err
}

func sessionFailed(ctx context.Context, db bun.IDB, e *stripego.Event, result *webhook.Result) error {
	_, no, err := readSession(e)
	if err != nil {
		return err
	}
	result.Order, err = orders.MarkFailed(ctx, db, orders.MarkFailedParams{
		OrderNo: no, Reason: "asynchronous payment failed", At: created(e),
	})
	return err
}

func sessionExpired(ctx context.Context, db bun.IDB, e *stripego.Event, result *webhook.Result) error {
	_, no, err := readSession(e)
	if err != nil {
		return err
	}
	result.Order, err = orders.Cancel(ctx, db, orders.CancelParams{OrderNo: no, At: created(e)})
	return err
}

// renewal reads an invoice as a payment of a period. It says why where the
// invoice is none.
func renewal(e *stripego.Event) (inv *invoice, paid period, ignored string, err error) {
	inv, err = readInvoice(e)
	if err != nil {
		return nil, period{}, "", err
	}
	if inv.subscription() == "" {
		return nil, period{}, "the invoice is not of a subscription", nil
	}
	paid, ok := inv.period()
	if !ok {
		return nil, period{}, "the invoice pays no period", nil
	}
	return inv, paid, "", nil
}

// first reports whether the invoice pays the period that a subscription begins
// with, and its order is known.
func (inv *invoice) first() bool {
	return inv.BillingReason == stripego.InvoiceBillingReasonSubscriptionCreate && inv.orderNo() != ""
}

func (c Config) invoicePaid(ctx context.Context, db bun.IDB, e *stripego.Event, result *webhook.Result) error {
	inv, paid, ignored, err := renewal(e)
	if err != nil || ignored != "" {
		result.Ignored = ignored
		return err
	}
	ref, err := c.reference(ctx, inv)
	if err != nil {
		return err
	}
	amount := money(inv.AmountPaid, inv.Currency)
	at := created(e)
	if t := inv.StatusTransitions; t != nil && t.PaidAt != 0 {
		at = unix(t.PaidAt)
	}
	if inv.first() {
		result.Order, err = orders.MarkPaid(ctx, db, orders.MarkPaidParams{
			OrderNo: inv.orderNo(), Paid: amount, PayRef: ref, SubID: inv.subscription(),
			PeriodStart: paid.start, PeriodEnd: paid.end, Tiers: c.Tiers, At: at,
		})
		return err
	}
	result.Order, err = orders.Renew(ctx, db, orders.RenewParams{
		SubID: inv.subscription(), PeriodStart: paid.start, PeriodEnd: paid.end, Paid: amount, PayRef: ref,
		Plan: c.PlanOf(paid.price), CarryOver: c.CarryOver, Tiers: c.Tiers, At: at,
	})
	return err
}

// reference is the payment intent that paid an invoice, empty if unknown.
func (c Config) reference(ctx context.Context, inv *invoice) (string, error) {
	if ref := inv.paymentIntent(); ref != "" || c.PaymentIntent == nil || inv.AmountPaid == 0 {
		return ref, nil
	}
	ref, err := c.PaymentIntent(ctx, inv.ID)
	if err != nil {
		return "", fmt.Errorf("payment intent of invoice %s: %w", shown.Text(inv.ID), err)
	}
	return ref, nil
}

func (c Config) invoiceFailed(ctx context.Context, db bun.IDB, e *stripego.Event, result *webhook.Result) error {
	inv, due, ignored, err := renewal(e)
	if err != nil || ignored != "" {
		result.Ignored = ignored
		return err
	}
	const reason = "invoice payment failed"
	if inv.first() {
		result.Order, err = orders.MarkFailed(ctx, db, orders.MarkFailedParams{
			OrderNo: inv.orderNo(), Reason: reason, At: created(e),
		})
		return err
	}
	result.Order, err = orders.FailRenewal(ctx, db, orders.FailRenewalParams{
		SubID: inv.subscription(), PeriodStart: due.start, PeriodEnd: due.end,
		Due: money(inv.AmountDue, inv.Currency), Plan: c.PlanOf(due.price), Reason: reason, At: created(e),
	})
	return err
}

func (c Config) chargeRefunded(ctx context.Context, db bun.IDB, e *stripego.Event, result *webhook.Result) error {
	charge, err := read[stripego.Charge](e)
	if err != nil {
		return err
	}
	no, ref, err := payer(charge.Metadata, charge.PaymentIntent)
	if err != nil {
		return err
	}
	result.Order, err = orders.Refund(ctx, db, orders.RefundParams{
		OrderNo: no, PayRef: ref, Provider: provider(ref), Total: charge.AmountRefunded, Policy: c.Policy, At: created(e),
	})
	return err
}

// payer names what was paid: the payment, which decides, and the order that its
// metadata names.
func payer(metadata map[string]string, intent *stripego.PaymentIntent) (no, ref string, err error) {
	no = metadata[orderKey]
	if intent != nil {
		ref = intent.ID
		if no == "" {
			no = intent.Metadata[orderKey]
		}
	}
	if no == "" && ref == "" {
		return "", "", fmt.Errorf("%w: the charge names no payment intent", orders.ErrNotFound)
	}
	return no, ref, nil
}

// provider is whose name ref is; a charge without a payment intent has none.
func provider(ref string) orders.PayType {
	if ref == "" {
		return ""
	}
	return orders.PayTypeStripe
}

func (c Config) dispute(ctx context.Context, db bun.IDB, e *stripego.Event, result *webhook.Result) error {
	d, err := read[stripego.Dispute](e)
	if err != nil {
		return err
	}
	var outcome orders.DisputeOutcome
	switch d.Status {
	case stripego.DisputeStatusNeedsResponse, stripego.DisputeStatusUnderReview:
		outcome = orders.DisputeOpen
	case stripego.DisputeStatusWon:
		outcome = orders.DisputeWon
	case stripego.DisputeStatusLost:
		outcome = orders.DisputeLost
	default:
		result.Ignored = "an inquiry withdraws no money: " + string(d.Status)
		return nil
	}
	no, ref, err := payer(d.Metadata, d.PaymentIntent)
	if err != nil {
		return err
	}
	result.Order, err = orders.Dispute(ctx, db, orders.DisputeParams{
		OrderNo: no, PayRef: ref, Provider: provider(ref), Ref: d.ID, Amount: d.Amount, Outcome: outcome, Policy: c.Policy, At: created(e),
	})
	return err
}
