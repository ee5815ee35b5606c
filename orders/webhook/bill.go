package webhook

import (
	"context"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/internal/share"
	"github.com/chameleon-go/chameleon/orders"
)

// Bill is a payment of a subscription, together with what it bought.
type Bill struct {
	orders.Purchase
	options Options
	bought  *orders.Bought
	// period is that of the whole line which ends last.
	start, end time.Time
}

// Bill calls Bought for a payment.
func (o Options) Bill(p orders.Purchase) *Bill {
	b := &Bill{Purchase: p, options: o}
	if o.Bought != nil {
		b.bought = o.Bought(p)
	}
	if b.period(); b.start.IsZero() && p.Reason == orders.ReasonFirst {
		b.Lines = slices.Clone(p.Lines)
		for i := range b.Lines { // a part of a period is all that there is of the first
			b.Lines[i].Proration = b.Lines[i].Amount <= 0
		}
		b.period()
	}
	return b
}

// period finds the whole line that ends last. A metered line counts only if there are no
// others.
func (b *Bill) period() {
	metered := !slices.ContainsFunc(b.Lines, func(l orders.Line) bool { return !l.Metered })
	for _, l := range b.Lines {
		if l.Proration || l.Amount < 0 || l.Metered && !metered {
			continue
		}
		if b.start.IsZero() || l.End.After(b.end) {
			b.start, b.end = l.Start, l.End
		}
	}
}

// Nothing reports whether the bill has no lines of the subscription, or only prorated lines
// that cost nothing.
func (b *Bill) Nothing() bool {
	for _, l := range b.Lines {
		if !l.Proration || l.Amount != 0 {
			return false
		}
	}
	return true
}

// invoice returns the provider's ID of the invoice, if the provider has invoices.
func (b *Bill) invoice() string {
	if b.Provider == orders.PayTypeStripe {
		return b.Ref
	}
	return ""
}

// tax is what of the money was tax, where a customer's balance paid the rest.
func (b *Bill) tax() int64 {
	if b.Tax <= 0 {
		return 0
	}
	if b.Total <= 0 || b.Paid >= b.Total {
		return b.Tax
	}
	return share.Down(b.Tax, max(b.Paid, 0), b.Total)
}

// list is what was billed before discounts and taxes that are added to it.
func (b *Bill) list() int64 {
	var sum int64
	for _, l := range b.Lines {
		sum += l.Amount + l.Discount
	}
	return max(sum, b.Subtotal, 0)
}

func (b *Bill) money() *orders.Money {
	if b.Currency == "" {
		return nil
	}
	return &orders.Money{Amount: b.Paid, Currency: b.Currency}
}

// StartTrial records a bill for the time before the first payment, with the fee that
// was paid for it.
//
// Errors: those of orders.StartTrial.
func (b *Bill) StartTrial(ctx context.Context, db bun.IDB, payRef string) (*orders.Result, error) {
	amount, expires := b.options.TrialCredits, time.Time{}
	if b.bought != nil {
		amount, expires = b.bought.Credits, b.bought.ExpiresAt
	}
	p := orders.StartTrialParams{
		Provider: b.Provider, SubID: b.SubID, OrderNo: b.OrderNo, Start: b.start, End: b.end, Credits: amount,
		ExpiresAt: expires, At: b.At,
	}
	if b.Paid > 0 || b.FromBalance > 0 {
		p.Paid, p.Tax, p.Discount, p.FromBalance = b.money(), b.tax(), b.Discount, b.FromBalance
		p.Invoice, p.PayRef, p.Tiers = b.invoice(), payRef, b.options.Tiers
	}
	if len(b.Lines) > 0 {
		p.PriceID, p.Quantity = b.Lines[0].PriceID, b.Lines[0].Quantity
		p.Begins = b.Reason == orders.ReasonFirst
	}
	return orders.StartTrial(ctx, db, p)
}

// Answer puts what the callback said of a first payment into p.
func (b *Bill) Answer(p *orders.MarkPaidParams) {
	if b.bought != nil {
		p.Grants, p.ExpiresAt = &b.bought.Credits, b.bought.ExpiresAt
	}
}

// MarkPaid records the first payment of the order that the bill names: what that
// bought is what the callback answers, or else what the order says.
//
// Errors: those of orders.MarkPaid.
func (b *Bill) MarkPaid(ctx context.Context, db bun.IDB, payRef string) (*orders.Result, error) {
	p := orders.MarkPaidParams{
		OrderNo: b.OrderNo, Provider: b.Provider, Paid: b.money(), PayRef: payRef, SubID: b.SubID, Lines: b.Lines,
		Invoice: b.invoice(), Tax: b.tax(), Discount: b.Discount, FromBalance: b.FromBalance, CustomerRef: b.CustomerRef,
		Subtotal: b.list(), Accept: b.options.Acceptable, PeriodStart: b.start, Grace: b.options.Grace, Tiers: b.options.Tiers, At: b.At,
	}
	if !b.start.IsZero() && b.end.After(b.start) {
		p.PeriodEnd = b.end
	}
	b.Answer(&p)
	return orders.MarkPaid(ctx, db, p)
}

// Renew records the payment of a later period, or of a change within one.
//
// Errors: those of orders.Renew and orders.Prorate.
func (b *Bill) Renew(ctx context.Context, db bun.IDB, payRef string) (*orders.Result, error) {
	if b.start.IsZero() {
		p := orders.ProrateParams{
			SubID: b.SubID, Ref: b.Ref, Lines: b.Lines, Paid: b.money(), PayRef: payRef, Tax: b.tax(), Discount: b.Discount, FromBalance: b.FromBalance,
			CustomerRef: b.CustomerRef, Grace: b.options.Grace, Tiers: b.options.Tiers, At: b.At,
		}
		if b.bought != nil {
			p.Credits, p.ExpiresAt = &b.bought.Credits, b.bought.ExpiresAt
		}
		return orders.Prorate(ctx, db, p)
	}
	p := orders.RenewParams{
		SubID: b.SubID, PeriodStart: b.start, Paid: b.money(), PayRef: payRef, Lines: b.Lines,
		Invoice: b.invoice(), Tax: b.tax(), Discount: b.Discount, FromBalance: b.FromBalance, CustomerRef: b.CustomerRef,
		Netted: b.Provider == orders.PayTypeCreem, TaxOnTop: b.Tax > 0 && b.Subtotal-b.Discount+b.Tax == b.Paid, Change: b.options.Change, CarryOver: b.options.CarryOver, CarryOverWithin: b.options.CarryOverWithin,
		Grace: b.options.Grace, Tiers: b.options.Tiers, At: b.At,
	}
	if b.end.After(b.start) {
		p.PeriodEnd = b.end
	}
	if b.bought != nil {
		p.Plan, p.Credits, p.ExpiresAt = b.bought.Plan, &b.bought.Credits, b.bought.ExpiresAt
	}
	return orders.Renew(ctx, db, p)
}
