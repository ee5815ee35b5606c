package stripe

import (
	"context"
	"fmt"

	stripego "github.com/stripe/stripe-go/v85"
	"github.com/uptrace/bun"

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
		OrderNo: no, Paid: money(s.AmountTotal, s.Currency), Grace: c.Grace, Tiers: c.Tiers, At: created(e),
	}
	if s.PaymentIntent != nil {
		p.PayRef = s.PaymentIntent.ID
	}
	if s.Subscription != nil {
		p.SubID = s.Subscription.ID
		if trial(s) {
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
