package product

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/orders"
)

// packs are what is sold once.
var packs = [...]struct { //nolint:gochecknoglobals // a constant in all but type
	id              string
	amount, credits int64
}{{"pack-500", 999, 500}, {"pack-1500", 2499, 1500}, {"pack-5000", 6999, 5000}}

// buy is what a user does who has no credits left and pays: one in three who have no
// subscription takes one out.
func (l *life) buy(ctx context.Context, tx bun.Tx) error {
	if l.sub == "" && l.rng.IntN(3) == 0 {
		return l.subscribe(ctx, tx)
	}
	return l.buyPack(ctx, tx)
}

// buyPack buys a pack. One in twenty gives it back.
func (l *life) buyPack(ctx context.Context, tx bun.Tx) error {
	pack := packs[min(len(packs)-1, int(l.rng.ExpFloat64()))]
	order := l.key("order")
	_, err := l.order(ctx, tx, orders.CreateParams{
		OrderNo: order, ProductID: pack.id, Amount: pack.amount, Credits: pack.credits,
	})
	if err != nil || l.rng.IntN(20) > 0 {
		return err
	}
	l.at = l.at.Add(time.Hour)
	_, err = orders.Refund(ctx, tx, orders.RefundParams{OrderNo: order, Total: pack.amount, At: l.at})
	l.made.Refunds++
	l.made.Operations++
	return err
}

// subscribe takes out a monthly subscription.
func (l *life) subscribe(ctx context.Context, tx bun.Tx) error {
	sub := l.key("sub")
	paid, err := l.order(ctx, tx, orders.CreateParams{
		OrderNo: l.key("order"), ProductID: "pro", Amount: 1999, Credits: 1000, Interval: orders.IntervalMonth, SubID: sub,
	})
	if err != nil {
		return err
	}
	_, err = orders.SyncSubscription(ctx, tx, orders.SyncSubscriptionParams{
		Provider: orders.PayTypeStripe, SubID: sub, Status: orders.SubActive, PriceID: "price_pro", Quantity: 1,
		PeriodStart: paid.Order.PeriodStart, PeriodEnd: paid.Order.PeriodEnd, At: l.at,
	})
	l.sub, l.renews = sub, paid.Order.PeriodEnd
	l.made.Subscriptions++
	return err
}

// renew pays the periods of the subscription that begin by the time. At the end of each,
// one in six ends it.
func (l *life) renew(ctx context.Context, tx bun.Tx, by time.Time) error {
	for l.sub != "" && l.renews.Before(by) {
		if l.rng.IntN(6) == 0 {
			_, err := orders.EndSubscription(ctx, tx, orders.EndSubscriptionParams{SubID: l.sub, At: l.renews})
			l.sub = ""
			return err
		}
		paid, err := orders.Renew(ctx, tx, orders.RenewParams{
			SubID: l.sub, PeriodStart: l.renews, PayRef: "pi_" + l.key("renewal"), At: l.renews,
		})
		if err != nil {
			return err
		}
		l.paid(paid)
		l.renews = paid.Order.PeriodEnd
	}
	return nil
}

// order orders what p says, in dollars, and pays it a minute later.
func (l *life) order(ctx context.Context, tx bun.Tx, p orders.CreateParams) (*orders.Result, error) {
	p.UserUUID, p.Currency, p.PayType, p.At = l.user, "USD", orders.PayTypeStripe, l.at
	if _, err := orders.Create(ctx, tx, p); err != nil {
		return nil, err
	}
	l.at = l.at.Add(time.Minute)
	paid, err := orders.MarkPaid(ctx, tx, orders.MarkPaidParams{
		OrderNo: p.OrderNo, SubID: p.SubID, PayRef: "pi_" + p.OrderNo, At: l.at,
	})
	if err != nil {
		return nil, err
	}
	l.paid(paid)
	return paid, nil
}

// paid counts an order that was paid.
func (l *life) paid(r *orders.Result) {
	l.made.Orders++
	l.made.Operations++
	if r.Commission != nil {
		l.made.Commissions++
	}
}
