package creem

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/orders"
	"github.com/chameleon-go/chameleon/orders/webhook"
)

func (c Config) checkoutCompleted(ctx context.Context, db bun.IDB, e *event, result *webhook.Result) error {
	done, err := read[checkout](e)
	if err != nil {
		return err
	}
	if is := done.unpaid(); is != "" {
		result.Ignored = "the payment is not through yet: it is " + is
		return nil
	}
	result.Order, err = c.checkoutPaid(ctx, db, e, done)
	return err
}

// unpaid is what a checkout that is told to be complete says it is instead, empty for
// nothing.
func (c *checkout) unpaid() string {
	switch {
	case c.Status != "" && c.Status != "completed":
		return c.Status
	case c.Order.Status != "" && c.Order.Status != "paid":
		return c.Order.Status
	}
	return ""
}

func (c Config) checkoutPaid(ctx context.Context, db bun.IDB, e *event, done *checkout) (*orders.Result, error) {
	no := done.orderNo()
	if no == "" {
		return nil, fmt.Errorf("%w: %w: the checkout has no order number", webhook.ErrNotOurs, orders.ErrNotFound)
	}
	if s := done.Subscription; s != nil && s.Status == "trialing" {
		return orders.StartTrial(ctx, db, orders.StartTrialParams{
			Provider: orders.PayTypeCreem, SubID: s.ID, OrderNo: no, At: e.at(),
		})
	}
	paid := done.paid()
	if paid.Currency == "" {
		return nil, fmt.Errorf("%w: the checkout does not say what was paid", webhook.ErrPayload)
	}
	p := orders.MarkPaidParams{
		Grace: c.Grace, OrderNo: no, Provider: orders.PayTypeCreem, Paid: paid.money(), Tax: max(paid.TaxAmount, 0), Discount: max(paid.DiscountAmount, 0),
		Subtotal: done.price(), Lines: done.lines(e.at()), Accept: c.Acceptable,
		PayRef: done.Order.Transaction.ID, Tiers: c.Tiers, At: e.at(),
	}
	if done.Subscription == nil { // a checkout need not name its transaction
		p.Invoice = done.Order.ID
	}
	if s := done.Subscription; s != nil {
		p.SubID, p.PeriodStart = s.ID, s.PeriodStart
		if s.Product.ID == "" {
			s.Product = done.Product
		}
		if !s.PeriodStart.IsZero() {
			p.Lines = []orders.Line{c.line(s, done.Order.Amount, paid.DiscountAmount)}
			p.PeriodEnd = s.PeriodEnd
			c.first(done, s, p).Answer(&p)
		}
	}
	return orders.MarkPaid(ctx, db, p)
}

// readPeriod reads a subscription with the period that it is in.
func readPeriod(e *event) (*subscription, error) {
	s, err := read[subscription](e)
	if err != nil {
		return nil, err
	}
	if s.ID == "" || s.PeriodStart.IsZero() {
		return nil, fmt.Errorf("%w: the subscription has no id or period", webhook.ErrPayload)
	}
	return s, nil
}

func (c Config) subscriptionPaid(ctx context.Context, db bun.IDB, e *event) (*orders.Result, error) {
	s, err := readPeriod(e)
	if err != nil {
		return nil, err
	}
	if t := s.LastTransaction; t != nil && t.Currency == "" && (t.Amount > 0 || t.told()) {
		return nil, fmt.Errorf("%w: the transaction does not say in which currency it is", webhook.ErrPayload)
	}
	paid := c.bill(s, e)
	result, err := paid.Renew(ctx, db, s.LastTransactionID)
	// Before its checkout the order is known by the subscription's metadata.
	if errors.Is(err, orders.ErrNotFound) && s.orderNo() != "" && s.begins() {
		if err := c.early(ctx, db, paid); err != nil {
			return nil, err
		}
		return paid.MarkPaid(ctx, db, s.LastTransactionID)
	}
	return result, foreign(err, s.orderNo())
}

func (c Config) subscriptionTrialing(ctx context.Context, db bun.IDB, e *event) (*orders.Result, error) {
	s, err := readPeriod(e)
	if err != nil {
		return nil, err
	}
	trial := c.bill(s, e)
	trial.Paid = 0 // Creem bills nothing before a trial is over
	result, err := trial.StartTrial(ctx, db, "")
	return result, foreign(err, s.orderNo())
}

// subscriptionUnpaid notes that a subscription is not paid, and the order of the
// period as failed, if the event names the one that could not be paid: those
// that Creem documents name the last one that was.
func (c Config) subscriptionUnpaid(ctx context.Context, db bun.IDB, e *event) (*orders.Result, error) {
	s, err := readPeriod(e)
	if err != nil {
		return nil, err
	}
	status, err := orders.SyncSubscription(ctx, db, s.report(e, orders.SubPastDue))
	if err != nil {
		return nil, foreign(err, s.orderNo())
	}
	failed, err := orders.FailRenewal(ctx, db, orders.FailRenewalParams{
		SubID: s.ID, PeriodStart: s.PeriodStart, PeriodEnd: s.PeriodEnd,
		Plan: c.PlanOf(s.Product.ID), Reason: strings.TrimPrefix(e.Type, "subscription."), At: e.at(),
	})
	if errors.Is(err, orders.ErrState) {
		return status, nil
	}
	return failed, err
}

func (c Config) refundCreated(ctx context.Context, db bun.IDB, e *event, result *webhook.Result) error {
	r, err := read[refund](e)
	if err != nil {
		return err
	}
	failed := e.Type == "refund.failed" || r.Status == "failed" || r.Status == "canceled"
	if r.Status != "" && r.Status != "succeeded" && !failed {
		result.Ignored = "the refund is " + r.Status
		return nil
	}
	no, err := named(&r.Transaction, r.Checkout)
	if err != nil {
		return err
	}
	// Creem reports refunds one by one, so each has a total of its own.
	result.Order, err = orders.Refund(ctx, db, orders.RefundParams{
		OrderNo: no, PayRef: r.Transaction.ID, Invoice: r.Transaction.once(r.Subscription), Provider: r.Transaction.provider(), Of: r.Transaction.whole(),
		Currency: r.Currency, Ref: r.ID, Total: r.Amount, Failed: failed, Policy: c.Policy, At: e.at(),
	})
	return err
}

// disputeChanged reports where a dispute stands: Creem documents that one was
// created, and says in the dispute or its transaction how it ended.
func (c Config) disputeChanged(ctx context.Context, db bun.IDB, e *event) (*orders.Result, error) {
	d, err := read[dispute](e)
	if err != nil {
		return nil, err
	}
	no, err := named(&d.Transaction, d.Checkout)
	if err != nil {
		return nil, err
	}
	return orders.Dispute(ctx, db, orders.DisputeParams{
		OrderNo: no, PayRef: d.Transaction.ID, Invoice: d.Transaction.once(d.Subscription), Provider: d.Transaction.provider(), Of: d.Transaction.whole(),
		Currency: d.Currency, Ref: d.ID, Amount: d.Amount, Outcome: d.outcome(e.Type), Policy: c.Policy, At: e.at(),
	})
}

// outcome is where the dispute stands: won when its money is the merchant's
// again.
func (d *dispute) outcome(event string) orders.DisputeOutcome {
	for _, word := range []string{strings.TrimPrefix(event, "dispute."), d.Status} {
		switch word {
		case "won", "reversed":
			return orders.DisputeWon
		case "lost":
			return orders.DisputeLost
		}
	}
	if event != "dispute.created" && d.Transaction.Status == "paid" {
		return orders.DisputeWon
	}
	return orders.DisputeOpen
}

// named is the order's number that a transaction's checkout was created with,
// empty where only the transaction is known.
func named(t *transaction, from *checkout) (string, error) {
	no := ""
	if from != nil {
		no = from.orderNo()
	}
	if no == "" && t.ID == "" {
		return "", fmt.Errorf("%w: %w: no transaction and no order number", webhook.ErrNotOurs, orders.ErrNotFound)
	}
	return no, nil
}

// provider is whose name the transaction's is, where it has one.
func (t *transaction) provider() orders.PayType {
	if t.ID == "" {
		return ""
	}
	return orders.PayTypeCreem
}

// once is Creem's order of a payment that is made once, by which its checkout is known
// where that did not name the transaction; empty for others: those of a subscription may
// all have the first one's.
func (t *transaction) once(renews reference) string {
	if t.ID == "" || t.Subscription != "" || renews != "" {
		return ""
	}
	return string(t.Order)
}
