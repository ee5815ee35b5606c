package stripe

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	stripego "github.com/stripe/stripe-go/v85"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/internal/shown"
	"github.com/chameleon-go/chameleon/orders"
	"github.com/chameleon-go/chameleon/orders/webhook"
)

// lines are what the invoice bills of its subscription.
func (c Config) lines(inv *invoice) []orders.Line {
	if inv.Lines == nil {
		return nil
	}
	var lines []orders.Line
	for i, l := range inv.Lines.Data {
		if l == nil || l.Period == nil || l.Period.Start == 0 || !inv.ofSubscription(i) && !inv.proration(i) {
			continue
		}
		discount := discounts(l)
		lines = append(lines, orders.Line{
			PriceID: inv.price(i), Quantity: l.Quantity, Amount: l.Amount - discount, Discount: discount,
			Proration: inv.proration(i), Metered: inv.metered(i), Start: unix(l.Period.Start), End: unix(l.Period.End),
			Plan: c.PlanOf(inv.price(i)),
		})
	}
	return lines
}

// allLines are the lines with those that the event left off. An event has ten at
// most; without Config.InvoiceLines the rest is taken for the subscription's
// price.
func (c Config) allLines(ctx context.Context, db bun.IDB, inv *invoice) ([]orders.Line, error) {
	none := inv.Lines == nil || len(inv.Lines.Data) == 0
	switch {
	case none && inv.Total > 0 && c.InvoiceLines == nil:
		return nil, fmt.Errorf("%w: an invoice of money shows no lines", webhook.ErrPayload)
	case none && inv.Total <= 0, !none && !inv.Lines.HasMore:
		return c.lines(inv), nil
	}
	if c.InvoiceLines != nil {
		whole := *inv
		text, err := c.InvoiceLines(ctx, inv.ID)
		if err != nil {
			return nil, fmt.Errorf("lines of invoice %s: %w", shown.Text(inv.ID), err)
		}
		if err := whole.readLines(text); err != nil {
			return nil, err
		}
		return c.lines(&whole), nil
	}
	lines := c.lines(inv)
	var shownSum int64
	for _, l := range lines {
		if !l.Proration {
			return lines, nil // what is missing are more of a kind that is there
		}
		shownSum += l.Amount + l.Discount
	}
	row, err := orders.GetSubscription(ctx, db, orders.GetSubscriptionParams{
		Provider: orders.PayTypeStripe, SubID: inv.subscription(),
	})
	if errors.Is(err, orders.ErrNotFound) {
		return lines, nil
	}
	if err != nil {
		return nil, err
	}
	if rest := inv.Subtotal - shownSum; rest > 0 && inv.PeriodEnd != 0 {
		lines = append(lines, orders.Line{
			PriceID: row.PriceID, Quantity: row.Quantity, Amount: rest - inv.discount(), Discount: inv.discount(),
			Start: unix(inv.PeriodEnd), Plan: c.PlanOf(row.PriceID),
		})
	}
	return lines, nil
}

// discounts is what they took off a line.
func discounts(l *stripego.InvoiceLineItem) int64 {
	var sum int64
	for _, d := range l.DiscountAmounts {
		if d != nil {
			sum += d.Amount
		}
	}
	return sum
}

// trial reports whether the invoice is for the time before the first payment: it
// bills nothing of the subscription, not because of a coupon, at a price that is not
// 0. The invoice that begins one may have a fee beside.
func (inv *invoice) trial(lines []orders.Line) bool {
	if len(lines) == 0 || inv.BillingReason == stripego.InvoiceBillingReasonSubscriptionCycle {
		return false
	}
	free := inv.AmountPaid == 0 && inv.Total == 0 && inv.Subtotal == 0
	if !free && !inv.bills(inv.fee()) {
		return false
	}
	for i, l := range inv.Lines.Data {
		if l != nil && inv.ofSubscription(i) && inv.free(i) {
			return false
		}
	}
	whole := false
	for _, l := range lines {
		if l.Amount != 0 || l.Discount != 0 {
			return false
		}
		whole = whole || !l.Proration
	}
	return whole // a change of plans in a trial has parts of nothing beside
}

// fee is what the invoice bills that is not of its subscription's prices.
func (inv *invoice) fee() (sum int64) {
	for i, l := range inv.Lines.Data {
		if l != nil && !inv.ofSubscription(i) && !inv.proration(i) {
			sum += l.Amount
		}
	}
	return sum
}

// bills reports whether the invoice begins a subscription, and is of a fee and nothing
// else.
func (inv *invoice) bills(fee int64) bool {
	return inv.BillingReason == stripego.InvoiceBillingReasonSubscriptionCreate && fee > 0 && inv.Subtotal == fee
}

// trials reports whether the invoice of a trial pays no more than that. A fee of at
// least the price that its order asks for pays the order: a session, which does not
// say that there is a trial, cannot be told from one that pays for the period.
func (c Config) trials(ctx context.Context, db bun.IDB, inv *invoice) (bool, error) {
	switch {
	case !inv.first():
		return inv.priced() || !inv.runs(ctx, db), nil
	case inv.Subtotal <= 0 && inv.priced():
		return true, nil
	}
	o, err := orders.Get(ctx, db, orders.GetParams{OrderNo: inv.orderNo()})
	if err != nil {
		return false, err
	}
	if inv.Subtotal <= 0 { // nobody says what the price is but the order
		return o.Amount > 0, nil
	}
	currency := money(0, inv.Currency).Currency
	return inv.Subtotal < o.Amount || o.Currency != "" && o.Currency != currency, nil
}

// runs reports whether the subscription is known to run, by a report that is not older
// than the invoice, and to be in no trial.
func (inv *invoice) runs(ctx context.Context, db bun.IDB) bool {
	row, err := orders.GetSubscription(ctx, db, orders.GetSubscriptionParams{
		Provider: orders.PayTypeStripe, SubID: inv.subscription(),
	})
	told := err == nil && !row.AsOf.IsZero() && !row.AsOf.Before(unix(inv.Created))
	return told && row.Status == orders.SubActive && row.TrialEnd.IsZero()
}

// free reports whether line i says that its price is 0.
func (inv *invoice) free(i int) bool {
	amount := inv.legacyLine(i).Price.UnitAmount
	return amount != nil && *amount == 0
}

// priced reports whether a line of the subscription that costs nothing says that its
// price is more: since 2025-03-31 lines say what they cost, which in a trial is nothing.
func (inv *invoice) priced() bool {
	for i, l := range inv.Lines.Data {
		if l == nil || !inv.ofSubscription(i) {
			continue
		}
		if amount := inv.legacyLine(i).Price.UnitAmount; amount != nil && *amount > 0 {
			return true
		}
		if p := l.Pricing; p != nil && p.UnitAmountDecimal > 0 {
			return true
		}
	}
	return false
}

// metered reports whether line i is of what was used: its price says so, or the invoice
// was made because that passed a threshold.
func (inv *invoice) metered(i int) bool {
	const usage = "metered"
	l := inv.legacyLine(i)
	if l.Price.Recurring != nil && l.Price.Recurring.UsageType != "" {
		return l.Price.Recurring.UsageType == usage
	}
	if l.Plan != nil && l.Plan.UsageType != "" {
		return l.Plan.UsageType == usage
	}
	return inv.threshold() && !inv.proration(i)
}

// threshold reports whether the invoice was made because what was used passed one.
func (inv *invoice) threshold() bool {
	return inv.BillingReason == stripego.InvoiceBillingReasonSubscriptionThreshold
}

// reason is why the invoice was made.
func (inv *invoice) reason() orders.Reason {
	switch inv.BillingReason {
	case stripego.InvoiceBillingReasonSubscriptionCreate:
		return orders.ReasonFirst
	case stripego.InvoiceBillingReasonSubscriptionCycle:
		return orders.ReasonRenewal
	case stripego.InvoiceBillingReasonSubscriptionUpdate:
		return orders.ReasonChange
	}
	return orders.ReasonOther
}

// tax is what of the total are taxes, in whatever shape the API version has it.
func (inv *invoice) tax() int64 {
	var sum int64
	for _, t := range inv.TotalTaxes {
		if t != nil {
			sum += t.Amount
		}
	}
	if sum == 0 {
		var legacy struct {
			Tax int64 `json:"tax"`
		}
		_ = json.Unmarshal(inv.raw, &legacy) // another shape: no tax is known
		sum = legacy.Tax
	}
	return sum
}

// discount is what discounts took off the whole invoice.
func (inv *invoice) discount() int64 {
	var sum int64
	for _, d := range inv.TotalDiscountAmounts {
		if d != nil {
			sum += d.Amount
		}
	}
	return sum
}

// trial reports whether a session begins a subscription with a trial: it costs
// nothing, and not because of a coupon.
func trial(s *stripego.CheckoutSession) bool {
	return s.Mode == stripego.CheckoutSessionModeSubscription && s.AmountTotal == 0 && s.AmountSubtotal == 0
}

// sessionLines is what a session says of what it sold: what it cost in all.
func sessionLines(s *stripego.CheckoutSession, at time.Time) []orders.Line {
	if s.AmountSubtotal <= 0 || at.IsZero() {
		return nil
	}
	var discount int64
	if s.TotalDetails != nil {
		discount = s.TotalDetails.AmountDiscount
	}
	return []orders.Line{{Amount: s.AmountSubtotal - discount, Discount: discount, Start: at, End: at}}
}

// readLines puts the lines of a list into the invoice.
func (inv *invoice) readLines(text []byte) error {
	inv.Lines = new(stripego.InvoiceLineItemList)
	for _, into := range []any{inv.Lines, &inv.legacy.Lines} {
		if err := json.Unmarshal(text, into); err != nil {
			return fmt.Errorf("%w: lines of invoice %s: %w", webhook.ErrPayload, shown.Text(inv.ID), err)
		}
	}
	return nil
}
