package stripe

import (
	"context"
	"fmt"

	stripego "github.com/stripe/stripe-go/v85"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/orders"
	"github.com/chameleon-go/chameleon/orders/webhook"
)

// chargeRefunded reports what was refunded of a charge as of the event: the
// total falls when a refund fails.
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
		OrderNo: no, PayRef: ref, Provider: provider(ref), Of: max(charge.Amount, 0), Currency: string(charge.Currency), Total: charge.AmountRefunded,
		AsOf: created(e), Policy: c.Policy, At: created(e),
	})
	return err
}

// refundChanged reports one refund. Stripe takes the money while a refund is
// pending, and brings it back when that fails.
func (c Config) refundChanged(ctx context.Context, db bun.IDB, e *stripego.Event, result *webhook.Result) error {
	r, err := read[stripego.Refund](e)
	if err != nil {
		return err
	}
	failed := e.Type == stripego.EventTypeRefundFailed
	switch r.Status {
	case stripego.RefundStatusFailed, stripego.RefundStatusCanceled:
		failed = true
	case stripego.RefundStatusRequiresAction:
		if !failed {
			result.Ignored = "the customer has to act before money is given back"
			return nil
		}
	}
	no, ref, err := payer(r.Metadata, r.PaymentIntent)
	if err != nil {
		return err
	}
	result.Order, err = orders.Refund(ctx, db, orders.RefundParams{
		OrderNo: no, PayRef: ref, Provider: provider(ref), Ref: r.ID, Currency: string(r.Currency), Total: r.Amount, AsOf: unix(r.Created),
		Failed: failed, Policy: c.Policy, At: created(e),
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
		return "", "", fmt.Errorf("%w: %w: the charge names no payment intent", webhook.ErrNotOurs, orders.ErrNotFound)
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
