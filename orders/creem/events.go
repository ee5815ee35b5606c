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

func (c Config) checkoutCompleted(ctx context.Context, db bun.IDB, e *event) (*orders.Result, error) {
	done, err := read[checkout](e)
	if err != nil {
		return nil, err
	}
	no := done.orderNo()
	if no == "" {
		return nil, fmt.Errorf("%w: the checkout has no order number", orders.ErrNotFound)
	}
	p := orders.MarkPaidParams{
		OrderNo: no, Paid: money(done.Order.AmountPaid, done.Order.Amount, done.Order.Currency),
		PayRef: done.Order.Transaction.ID, Tiers: c.Tiers, At: e.at(),
	}
	if s := done.Subscription; s != nil {
		p.SubID, p.PeriodStart = s.ID, s.PeriodStart
		if !s.PeriodStart.IsZero() {
			p.PeriodEnd = s.PeriodEnd
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
	p := orders.RenewParams{
		SubID: s.ID, PeriodStart: s.PeriodStart, PeriodEnd: s.PeriodEnd, PayRef: s.LastTransactionID,
		Plan: c.PlanOf(s.Product.ID), CarryOver: c.CarryOver, Tiers: c.Tiers, At: e.at(),
	}
	if t := s.LastTransaction; t != nil {
		p.Paid = money(t.AmountPaid, t.Amount, t.Currency)
	}
	return orders.Renew(ctx, db, p)
}

func (c Config) subscriptionUnpaid(ctx context.Context, db bun.IDB, e *event) (*orders.Result, error) {
	s, err := readPeriod(e)
	if err != nil {
		return nil, err
	}
	return orders.FailRenewal(ctx, db, orders.FailRenewalParams{
		SubID: s.ID, PeriodStart: s.PeriodStart, PeriodEnd: s.PeriodEnd,
		Plan: c.PlanOf(s.Product.ID), Reason: strings.TrimPrefix(e.Type, "subscription."), At: e.at(),
	})
}

func subscriptionCanceled(ctx context.Context, db bun.IDB, e *event) (*orders.Result, error) {
	s, err := read[subscription](e)
	if err != nil {
		return nil, err
	}
	at := s.CanceledAt
	if at.IsZero() {
		at = e.at()
	}
	return orders.EndSubscription(ctx, db, orders.EndSubscriptionParams{SubID: s.ID, At: at})
}

func (c Config) refundCreated(ctx context.Context, db bun.IDB, e *event, result *webhook.Result) error {
	r, err := read[refund](e)
	if err != nil {
		return err
	}
	if r.Status != "" && r.Status != "succeeded" {
		result.Ignored = "the refund is " + r.Status
		return nil
	}
	o, err := payer(ctx, db, &r.Transaction, r.Checkout)
	if err != nil {
		return err
	}
	// Creem reports refunds one by one, so each has a total of its own.
	result.Order, err = orders.Refund(ctx, db, orders.RefundParams{
		OrderNo: o.OrderNo, Ref: r.ID, Total: r.Transaction.share(r.Amount, o), Policy: c.Policy, At: e.at(),
	})
	return err
}

func (c Config) disputeCreated(ctx context.Context, db bun.IDB, e *event) (*orders.Result, error) {
	d, err := read[dispute](e)
	if err != nil {
		return nil, err
	}
	o, err := payer(ctx, db, &d.Transaction, d.Checkout)
	if err != nil {
		return nil, err
	}
	return orders.Dispute(ctx, db, orders.DisputeParams{
		OrderNo: o.OrderNo, Ref: d.ID, Amount: d.Transaction.share(d.Amount, o),
		Outcome: orders.DisputeOpen, Policy: c.Policy, At: e.at(),
	})
}

// payer finds the order that a transaction paid: by the transaction, or else
// by the number that its checkout was created with.
func payer(ctx context.Context, db bun.IDB, t *transaction, from *checkout) (*orders.Order, error) {
	if t.ID != "" {
		o, err := orders.Get(ctx, db, orders.GetParams{PayRef: t.ID})
		if !errors.Is(err, orders.ErrNotFound) {
			return o, err
		}
	}
	if from == nil || from.orderNo() == "" {
		return nil, fmt.Errorf("%w: transaction %q", orders.ErrNotFound, t.ID)
	}
	return orders.Get(ctx, db, orders.GetParams{OrderNo: from.orderNo()})
}

// share turns a part of what the transaction was, taxes included, into the
// same part of what the order is known to have been paid with, rounded up: so
// that all of the one is all of the other.
func (t *transaction) share(amount int64, o *orders.Order) int64 {
	whole, paid := t.AmountPaid, o.Paid()
	if whole <= 0 || whole == paid || paid <= 0 {
		return amount
	}
	return (min(amount, whole)*paid + whole - 1) / whole
}
