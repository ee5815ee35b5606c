package stripe

import (
	"context"
	"encoding/json"
	"fmt"

	stripego "github.com/stripe/stripe-go/v85"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/orders"
	"github.com/chameleon-go/chameleon/orders/webhook"
)

// chargeRefunded reports what was refunded of a charge as of the event: the
// total falls when a refund fails.
func (c Config) chargeRefunded(ctx context.Context, db bun.IDB, e *stripego.Event, result *webhook.Result) error {
	charge, err := read[captured](e)
	if err != nil {
		return err
	}
	if charge.Captured != nil && !*charge.Captured {
		result.Ignored = "an authorization that was released: nothing was paid"
		return nil
	}
	no, ref, err := payer(charge.Metadata, charge.PaymentIntent, charge.ID)
	if err != nil {
		return err
	}
	of, back := charge.amounts()
	result.Order, err = orders.Refund(ctx, db, orders.RefundParams{
		OrderNo: no, PayRef: ref, Provider: provider(ref), Of: of, Currency: string(charge.Currency), Total: back,
		AsOf: created(e), Policy: c.Policy, At: created(e),
	})
	return err
}

// captured is a charge, and whether it says that it was captured: one that was
// authorized alone paid nothing.
type captured struct {
	stripego.Charge
	Captured *bool `json:"captured"`
}

// UnmarshalJSON reads both: the charge has a reader of its own.
func (c *captured) UnmarshalJSON(text []byte) error {
	var says struct {
		Captured *bool `json:"captured"`
	}
	if err := json.Unmarshal(text, &says); err != nil {
		return err
	}
	c.Captured = says.Captured
	return json.Unmarshal(text, &c.Charge)
}

// amounts are what was paid and what of it was given back. Of a charge that was
// captured in part, Stripe counts what it released as given back.
func (c *captured) amounts() (of, back int64) {
	of, back = max(c.Amount, 0), c.AmountRefunded
	if released := of - c.AmountCaptured; c.AmountCaptured > 0 && released > 0 {
		of = c.AmountCaptured
		if back >= released && !c.Refunded {
			back -= released
		}
		back = min(back, of)
	}
	return of, back
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
	intent, charge := ofCharge(r.PaymentIntent, r.Charge)
	no, ref, err := payer(r.Metadata, intent, charge)
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
// metadata names. A charge without a payment intent is a payment itself.
func payer(metadata map[string]string, intent *stripego.PaymentIntent, charge string) (no, ref string, err error) {
	no, ref = metadata[orderKey], charge
	if intent != nil && intent.ID != "" {
		ref = intent.ID
		if no == "" {
			no = intent.Metadata[orderKey]
		}
	}
	if no == "" && ref == "" {
		return "", "", fmt.Errorf("%w: %w: it names no payment", webhook.ErrNotOurs, orders.ErrNotFound)
	}
	return no, ref, nil
}

// provider is whose name ref is, where there is one.
func provider(ref string) orders.PayType {
	if ref == "" {
		return ""
	}
	return orders.PayTypeStripe
}

// ofCharge is what names a payment: the intent, also where only a charge that is shown
// whole names it, and the charge's own name, empty for none.
func ofCharge(intent *stripego.PaymentIntent, charge *stripego.Charge) (of *stripego.PaymentIntent, id string) {
	if charge != nil && (intent == nil || intent.ID == "") {
		intent = charge.PaymentIntent
	}
	return intent, chargeID(charge)
}

// chargeID is Stripe's name for a charge, empty for none.
func chargeID(c *stripego.Charge) string {
	if c == nil {
		return ""
	}
	return c.ID
}
