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

// creditNote is what is read of a credit note: stripe-go's shape, and what older API
// versions have of its refund.
type creditNote struct {
	stripego.CreditNote
	legacyRefund string
}

func readCreditNote(e *stripego.Event) (*creditNote, error) {
	note := new(creditNote)
	var legacy struct {
		Refund json.RawMessage `json:"refund"`
	}
	for _, into := range []any{&note.CreditNote, &legacy} {
		if err := json.Unmarshal(e.Data.Raw, into); err != nil {
			return nil, fmt.Errorf("%w: %w", webhook.ErrPayload, err)
		}
	}
	note.legacyRefund = reference(legacy.Refund)
	return note, nil
}

// kept is what the note gave back to the customer's balance, or outside of Stripe: its
// refunds are reported by events of their own, and what it took off before the invoice
// was paid was never paid. Older versions do not say how much of it was refunded: all
// is taken to be, unless nothing was.
func (n *creditNote) kept() int64 {
	if n.Type == stripego.CreditNoteTypePrePayment {
		return 0
	}
	if n.legacyRefund != "" && len(n.Refunds) == 0 {
		return n.OutOfBandAmount
	}
	rest := n.Total - n.PrePaymentAmount
	if n.Total == 0 {
		rest = n.Amount - n.PrePaymentAmount
	}
	for _, r := range n.Refunds {
		if r != nil {
			rest -= r.AmountRefunded
		}
	}
	return max(rest, 0)
}

// creditNoted gives back what a credit note left with the customer's balance: it pays
// for later bills, so that what the invoice bought with it goes.
func (c Config) creditNoted(ctx context.Context, db bun.IDB, e *stripego.Event, result *webhook.Result) error {
	note, err := readCreditNote(e)
	if err != nil {
		return err
	}
	amount := note.kept()
	if amount == 0 || note.Invoice == nil {
		result.Ignored = "the credit note gives nothing back but by refunds"
		return nil
	}
	failed := e.Type == stripego.EventTypeCreditNoteVoided || note.Status == stripego.CreditNoteStatusVoid
	result.Order, err = orders.Refund(ctx, db, orders.RefundParams{
		Provider: orders.PayTypeStripe, Invoice: note.Invoice.ID, Ref: note.ID, Total: amount, Currency: string(note.Currency),
		Failed: failed, Policy: c.Policy, At: created(e),
	})
	return foreign(err, "")
}
