package strangers_test

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/orders"
)

// foundPayments makes orders whose payments are told in other ways than by their number.
func foundPayments(ctx context.Context, db bun.IDB, user string) error {
	for _, what := range []string{"nameless", "surplus"} {
		if _, err := orders.Create(ctx, db, ordered(user, what, "")); err != nil {
			return err
		}
	}
	if _, err := orders.Create(ctx, db, ordered(user, "trial", orders.IntervalMonth)); err != nil {
		return err
	}
	y := ordered(user, "year", orders.IntervalYear)
	y.Monthly = true
	if _, err := orders.Create(ctx, db, y); err != nil {
		return err
	}
	_, err := orders.MarkPaid(ctx, db, orders.MarkPaidParams{
		OrderNo: of(user, "year"), SubID: of(user, "year"), PayRef: of(user, "year"), At: began(),
		PeriodStart: began(), PeriodEnd: began().AddDate(1, 0, 0),
	})
	return err
}

func usd(amount int64) *orders.Money { return &orders.Money{Amount: amount, Currency: "USD"} }

// paymentActs are what providers tell of payments and subscriptions.
func paymentActs() []enginetest.Act {
	o := orderAct
	type R = *orders.Result
	link := func(name, ref, invoice string, amount int64) enginetest.Act {
		return o("LinkPayment"+name, nil, func(ctx context.Context, db bun.IDB, u string) (R, error) {
			return orders.LinkPayment(ctx, db, orders.LinkPaymentParams{
				Provider: orders.PayTypeStripe, PayRef: of(u, ref), Invoice: of(u, invoice), Paid: usd(amount),
			})
		})
	}
	return []enginetest.Act{
		o("MarkPaid, without a name", nil, func(ctx context.Context, db bun.IDB, u string) (R, error) {
			return orders.MarkPaid(ctx, db, orders.MarkPaidParams{OrderNo: of(u, "nameless")})
		}),
		o("Refund, unknown, of an order", nil, func(ctx context.Context, db bun.IDB, u string) (R, error) {
			return orders.Refund(ctx, db, orders.RefundParams{
				Provider: orders.PayTypeStripe, PayRef: of(u, "unnamed"), OrderNo: of(u, "nameless"), Total: 1000,
			})
		}),
		o("MarkPaid, by invoice", nil, func(ctx context.Context, db bun.IDB, u string) (R, error) {
			return orders.MarkPaid(ctx, db, orders.MarkPaidParams{OrderNo: of(u, "nameless"), Invoice: of(u, "in"), Paid: usd(1000)})
		}),
		o("MarkPaid, by another invoice", nil, func(ctx context.Context, db bun.IDB, u string) (R, error) {
			return orders.MarkPaid(ctx, db, orders.MarkPaidParams{OrderNo: of(u, "nameless"), Invoice: of(u, "in2"), Paid: usd(1000)})
		}),
		o("MarkFailed, by name", nil, func(ctx context.Context, db bun.IDB, u string) (R, error) {
			return orders.MarkFailed(ctx, db, orders.MarkFailedParams{OrderNo: of(u, "nameless"), PayRef: of(u, "unnamed"), Reason: "no"})
		}),
		link("", "unnamed", "in", 600),
		link(", another", "unnamed2", "in", 400),
		o("SyncSubscription", nil, func(ctx context.Context, db bun.IDB, u string) (R, error) {
			return orders.SyncSubscription(ctx, db, orders.SyncSubscriptionParams{
				Provider: orders.PayTypeStripe, SubID: of(u, "sub"), Status: orders.SubActive,
				PeriodStart: began(), PeriodEnd: began().AddDate(0, 1, 3), At: began().Add(time.Hour),
			})
		}),
		o("SyncSubscription, later", nil, func(ctx context.Context, db bun.IDB, u string) (R, error) {
			return orders.SyncSubscription(ctx, db, orders.SyncSubscriptionParams{
				Provider: orders.PayTypeStripe, SubID: of(u, "sub"), Status: orders.SubActive,
				PeriodStart: began().AddDate(0, 1, 0), PeriodEnd: began().AddDate(0, 2, 3),
			})
		}),
		o("SyncSubscription of a year", nil, func(ctx context.Context, db bun.IDB, u string) (R, error) {
			return orders.SyncSubscription(ctx, db, orders.SyncSubscriptionParams{
				Provider: orders.PayTypeStripe, SubID: of(u, "year"), Status: orders.SubActive,
				PeriodStart: began(), PeriodEnd: began().AddDate(1, 0, 9),
			})
		}),
		o("StartTrial", nil, func(ctx context.Context, db bun.IDB, u string) (R, error) {
			return orders.StartTrial(ctx, db, orders.StartTrialParams{
				Provider: orders.PayTypeStripe, SubID: of(u, "trialsub"), OrderNo: of(u, "trial"),
				Start: began(), End: began().AddDate(0, 3, 0), Credits: 50,
			})
		}),
		o("SyncSubscription, trial ended", nil, func(ctx context.Context, db bun.IDB, u string) (R, error) {
			return orders.SyncSubscription(ctx, db, orders.SyncSubscriptionParams{
				Provider: orders.PayTypeStripe, SubID: of(u, "trialsub"), OrderNo: of(u, "trial"), Status: orders.SubCancelled,
			})
		}),
		o("MarkPaid of a trial", nil, func(ctx context.Context, db bun.IDB, u string) (R, error) {
			return orders.MarkPaid(ctx, db, orders.MarkPaidParams{OrderNo: of(u, "trial"), SubID: of(u, "trialsub"), PayRef: of(u, "trial")})
		}),
		o("Renew, a change", nil, func(ctx context.Context, db bun.IDB, u string) (R, error) {
			start := began().AddDate(0, 0, 15)
			return orders.Renew(ctx, db, orders.RenewParams{
				SubID: of(u, "sub"), PeriodStart: start, PayRef: of(u, "change"), Paid: usd(1500), At: start,
				Lines: []orders.Line{
					{Amount: -500, Proration: true, Start: start, End: began().AddDate(0, 1, 0), Quantity: 1, PriceID: "a"},
					{Amount: 2000, Start: start, End: start.AddDate(0, 1, 0), Quantity: 1, PriceID: "b", Plan: &orders.Plan{ProductID: "b", Credits: 2000}},
				},
			})
		}),
		o("Prorate", nil, func(ctx context.Context, db bun.IDB, u string) (R, error) {
			start := began().AddDate(0, 0, 20)
			return orders.Prorate(ctx, db, orders.ProrateParams{
				SubID: of(u, "sub"), Ref: "more", PayRef: of(u, "more"), Paid: usd(300), At: start,
				Lines: []orders.Line{{Amount: 300, Proration: true, Start: start, End: began().AddDate(0, 1, 0), Quantity: 1, PriceID: "b"}},
			})
		}),
		o("Prorate, less", nil, func(ctx context.Context, db bun.IDB, u string) (R, error) {
			start := began().AddDate(0, 0, 10)
			return orders.Prorate(ctx, db, orders.ProrateParams{
				SubID: of(u, "sub"), Ref: "less", Paid: usd(0), At: start,
				Lines: []orders.Line{{Amount: -300, Proration: true, Start: start, End: began().AddDate(0, 1, 0), Quantity: 1, PriceID: "b"}},
			})
		}),
		o("Renew, next with CarryOver", nil, func(ctx context.Context, db bun.IDB, u string) (R, error) {
			return orders.Renew(ctx, db, orders.RenewParams{
				SubID: of(u, "sub"), PeriodStart: began().AddDate(0, 2, 0), PayRef: of(u, "renewal2"), CarryOver: 5,
				CarryOverWithin: 300 * 24 * time.Hour,
			})
		}),
		o("Refund of the renewal", nil, func(ctx context.Context, db bun.IDB, u string) (R, error) {
			return orders.Refund(ctx, db, orders.RefundParams{Provider: orders.PayTypeStripe, PayRef: of(u, "renewal"), Total: 1000})
		}),
		o("Refund of the subscription", nil, func(ctx context.Context, db bun.IDB, u string) (R, error) {
			return orders.Refund(ctx, db, orders.RefundParams{Provider: orders.PayTypeStripe, PayRef: of(u, "sub"), Total: 1000})
		}),
		o("Refund of the year", nil, func(ctx context.Context, db bun.IDB, u string) (R, error) {
			return orders.Refund(ctx, db, orders.RefundParams{Provider: orders.PayTypeStripe, PayRef: of(u, "year"), Total: 500})
		}),
		o("Refund of the surplus", nil, func(ctx context.Context, db bun.IDB, u string) (R, error) {
			return orders.Refund(ctx, db, orders.RefundParams{Provider: orders.PayTypeStripe, PayRef: of(u, "second"), OrderNo: of(u, "paid"), Total: 500})
		}),
	}
}

// paymentRivals are pairs of which the second has to see what the first did.
func paymentRivals() [][2]string {
	return [][2]string{
		{"orders.Renew", "orders.Renew, next with CarryOver"},
		{"orders.Renew", "orders.SyncSubscription"},
		{"orders.Renew", "orders.SyncSubscription, later"},
		{"orders.Renew", "orders.Refund of the subscription"},
		{"orders.Renew, a change", "orders.Prorate"},
		{"orders.Renew, a change", "orders.Refund of the subscription"},
		{"orders.Prorate", "orders.Prorate, less"},
		{"orders.Prorate, less", "orders.Renew, a change"},
		{"orders.StartTrial", "orders.SyncSubscription, trial ended"},
		{"orders.StartTrial", "orders.MarkPaid of a trial"},
		{"orders.Refund, unknown, of an order", "orders.MarkPaid, without a name"},
		{"orders.MarkPaid, by invoice", "orders.Refund, unknown, of an order"},
		{"orders.MarkPaid, by invoice", "orders.MarkPaid, by another invoice"},
		{"orders.MarkPaid, by invoice", "orders.LinkPayment"},
		{"orders.LinkPayment", "orders.LinkPayment, another"},
		{"orders.LinkPayment", "orders.MarkPaid, by invoice"},
		{"orders.MarkPaid, surplus", "orders.Refund of the surplus"},
	}
}
