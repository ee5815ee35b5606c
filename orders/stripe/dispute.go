package stripe

import (
	"context"
	"fmt"

	stripego "github.com/stripe/stripe-go/v85"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/internal/share"
	"github.com/chameleon-go/chameleon/internal/shown"
	"github.com/chameleon-go/chameleon/orders"
	"github.com/chameleon-go/chameleon/orders/webhook"
)

func (c Config) dispute(ctx context.Context, db bun.IDB, e *stripego.Event, result *webhook.Result) error {
	d, err := read[stripego.Dispute](e)
	if err != nil {
		return err
	}
	outcome, err := outcome(e, d)
	if err != nil {
		return err
	}
	if outcome == "" {
		result.Ignored = "an inquiry withdraws no money: " + string(d.Status)
		return nil
	}
	intent, charge := ofCharge(d.PaymentIntent, d.Charge)
	no, ref, err := payer(d.Metadata, intent, charge)
	if err != nil {
		return err
	}
	p := orders.DisputeParams{
		OrderNo: no, PayRef: ref, Provider: provider(ref), Ref: d.ID, Amount: d.Amount, Currency: string(d.Currency), Outcome: outcome,
		Policy: c.Policy, At: created(e),
	}
	if held, part := withheld(d); part && outcome == orders.DisputeReinstated {
		p.Amount, p.Outcome = held, orders.DisputeOpen
	}
	result.Order, err = orders.Dispute(ctx, db, p)
	return err
}

// outcome is where a dispute stands; empty for an inquiry, which withdraws no
// money. Money that comes back may do so before the dispute is decided. A status that is
// not known is no inquiry: where the event's name does not say that money moved, it is
// refused.
func outcome(e *stripego.Event, d *stripego.Dispute) (orders.DisputeOutcome, error) {
	switch d.Status {
	case stripego.DisputeStatusWon:
		return orders.DisputeWon, nil
	case stripego.DisputeStatusLost:
		return orders.DisputeLost, nil
	case stripego.DisputeStatusWarningNeedsResponse, stripego.DisputeStatusWarningUnderReview,
		stripego.DisputeStatusWarningClosed, stripego.DisputeStatusPrevented:
		return "", nil
	case stripego.DisputeStatusNeedsResponse, stripego.DisputeStatusUnderReview:
	default:
		if e.Type != stripego.EventTypeChargeDisputeFundsWithdrawn && e.Type != stripego.EventTypeChargeDisputeFundsReinstated {
			return "", fmt.Errorf("%w: status %s of the dispute", webhook.ErrPayload, shown.Text(string(d.Status)))
		}
	}
	if e.Type == stripego.EventTypeChargeDisputeFundsReinstated {
		return orders.DisputeReinstated, nil
	}
	if held, _ := withheld(d); held <= 0 && len(d.BalanceTransactions) > 1 {
		return orders.DisputeReinstated, nil
	}
	return orders.DisputeOpen, nil
}

// withheld is what the dispute's movements of money leave withdrawn, and whether
// that is a part of it. They are in the currency of the merchant's balance.
func withheld(d *stripego.Dispute) (held int64, part bool) {
	var withdrawn int64
	for _, t := range d.BalanceTransactions {
		if t != nil {
			held -= t.Amount
			withdrawn -= min(t.Amount, 0)
		}
	}
	if held <= 0 || held >= withdrawn {
		return held, false
	}
	held = share.Up(max(d.Amount, 0), held, withdrawn)
	return held, held < d.Amount
}
