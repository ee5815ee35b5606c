package strangers_test

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/affiliates"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/orders"
)

// began is when subscriptions did.
func began() time.Time { return time.Now().AddDate(0, 0, -40).Truncate(24 * time.Hour) }

func ordered(user, what string, interval orders.Interval) orders.CreateParams {
	return orders.CreateParams{
		OrderNo: of(user, what), UserUUID: user, ProductID: "p", Amount: 1000, Currency: "USD",
		PayType: orders.PayTypeStripe, Interval: interval, Credits: 1000,
	}
}

func foundOrders(ctx context.Context, db bun.IDB, user string) error {
	for _, what := range []string{"pending", "failing", "leaving", "paid", "disputed", "converted", "approved", "earned"} {
		if _, err := orders.Create(ctx, db, ordered(user, what, "")); err != nil {
			return err
		}
	}
	for _, what := range []string{"paid", "disputed", "converted", "approved", "earned"} {
		if _, err := orders.MarkPaid(ctx, db, orders.MarkPaidParams{OrderNo: of(user, what), PayRef: of(user, what)}); err != nil {
			return err
		}
	}
	if _, err := orders.Create(ctx, db, ordered(user, "sub", orders.IntervalMonth)); err != nil {
		return err
	}
	_, err := orders.MarkPaid(ctx, db, orders.MarkPaidParams{
		OrderNo: of(user, "sub"), SubID: of(user, "sub"), PayRef: of(user, "sub"), At: began(),
	})
	return err
}

func orderAct(name string, want error, do func(ctx context.Context, db bun.IDB, user string) (*orders.Result, error)) enginetest.Act {
	return act("orders."+name, want, do)
}

func markPaid(name string, want error, what, ref string) enginetest.Act {
	return orderAct("MarkPaid"+name, want, func(ctx context.Context, db bun.IDB, u string) (*orders.Result, error) {
		return orders.MarkPaid(ctx, db, orders.MarkPaidParams{OrderNo: of(u, what), PayRef: of(u, ref)})
	})
}

func refund(name string, want error, p func(u string) orders.RefundParams) enginetest.Act {
	return orderAct("Refund"+name, want, func(ctx context.Context, db bun.IDB, u string) (*orders.Result, error) {
		return orders.Refund(ctx, db, p(u))
	})
}

func orderActs() []enginetest.Act {
	return []enginetest.Act{
		orderAct("Create", nil, func(ctx context.Context, db bun.IDB, u string) (*orders.Result, error) {
			return orders.Create(ctx, db, ordered(u, "new", ""))
		}),
		orderAct("Create, again", nil, func(ctx context.Context, db bun.IDB, u string) (*orders.Result, error) {
			return orders.Create(ctx, db, ordered(u, "paid", ""))
		}),
		orderAct("Create, taken", orders.ErrDuplicate, func(ctx context.Context, db bun.IDB, u string) (*orders.Result, error) {
			p := ordered(u, "paid", "")
			p.Amount++
			return orders.Create(ctx, db, p)
		}),
		markPaid("", nil, "pending", "pending"),
		markPaid(", again", nil, "paid", "paid"),
		markPaid(", surplus", nil, "paid", "second"),
		markPaid(", payment taken", orders.ErrPaymentTaken, "leaving", "disputed"),
		markPaid(", no such order", orders.ErrNotFound, "none", "none"),
		orderAct("MarkFailed", nil, func(ctx context.Context, db bun.IDB, u string) (*orders.Result, error) {
			return orders.MarkFailed(ctx, db, orders.MarkFailedParams{OrderNo: of(u, "failing"), Reason: "no"})
		}),
		orderAct("Cancel", nil, func(ctx context.Context, db bun.IDB, u string) (*orders.Result, error) {
			return orders.Cancel(ctx, db, orders.CancelParams{OrderNo: of(u, "leaving")})
		}),
		orderAct("Renew", nil, func(ctx context.Context, db bun.IDB, u string) (*orders.Result, error) {
			return orders.Renew(ctx, db, orders.RenewParams{
				SubID: of(u, "sub"), PeriodStart: began().AddDate(0, 1, 0), PayRef: of(u, "renewal"), CarryOver: 5,
				CarryOverWithin: 300 * 24 * time.Hour,
			})
		}),
		orderAct("Renew, no such subscription", orders.ErrNotFound, func(ctx context.Context, db bun.IDB, u string) (*orders.Result, error) {
			return orders.Renew(ctx, db, orders.RenewParams{SubID: of(u, "none"), PeriodStart: began()})
		}),
		orderAct("FailRenewal", nil, func(ctx context.Context, db bun.IDB, u string) (*orders.Result, error) {
			return orders.FailRenewal(ctx, db, orders.FailRenewalParams{SubID: of(u, "sub"), PeriodStart: began().AddDate(0, 2, 0)})
		}),
		orderAct("EndSubscription", nil, func(ctx context.Context, db bun.IDB, u string) (*orders.Result, error) {
			return orders.EndSubscription(ctx, db, orders.EndSubscriptionParams{SubID: of(u, "sub")})
		}),
		refund("", nil, func(u string) orders.RefundParams { return orders.RefundParams{OrderNo: of(u, "paid"), Total: 300} }),
		refund(" of a payment", nil, func(u string) orders.RefundParams {
			return orders.RefundParams{PayRef: of(u, "converted"), Provider: orders.PayTypeStripe, Total: 500}
		}),
		refund(", again", nil, func(u string) orders.RefundParams { return orders.RefundParams{OrderNo: of(u, "paid"), Total: 300} }),
		refund(" before its payment", nil, func(u string) orders.RefundParams {
			return orders.RefundParams{PayRef: of(u, "early"), Provider: orders.PayTypeStripe, Total: 500}
		}),
		refund(", no such payment", orders.ErrNotFound, func(u string) orders.RefundParams {
			return orders.RefundParams{PayRef: of(u, "none"), Total: 500}
		}),
		refund(", early", orders.ErrState, func(u string) orders.RefundParams {
			return orders.RefundParams{OrderNo: of(u, "leaving"), Total: 500}
		}),
		orderAct("Dispute", nil, func(ctx context.Context, db bun.IDB, u string) (*orders.Result, error) {
			return orders.Dispute(ctx, db, orders.DisputeParams{
				PayRef: of(u, "disputed"), Ref: "d", Amount: 1000, Outcome: orders.DisputeOpen,
			})
		}),
		orderAct("Dispute, won", nil, func(ctx context.Context, db bun.IDB, u string) (*orders.Result, error) {
			return orders.Dispute(ctx, db, orders.DisputeParams{
				PayRef: of(u, "disputed"), Ref: "d", Amount: 1000, Outcome: orders.DisputeWon,
			})
		}),
		act("orders.Forget", nil, func(ctx context.Context, db bun.IDB, u string) (any, error) {
			return orders.Forget(ctx, db, orders.ForgetParams{UserUUID: u})
		}),
	}
}

// foundCommissions approves and converts what orders have earned.
func foundCommissions(ctx context.Context, db bun.IDB, user string) error {
	for _, what := range []string{"converted", "approved"} {
		c, err := affiliates.Get(ctx, db, affiliates.GetParams{OrderNo: of(user, what)})
		if err != nil {
			return err
		}
		if _, err := affiliates.Approve(ctx, db, affiliates.ReviewParams{ID: c.ID}); err != nil {
			return err
		}
		if what == "converted" {
			if _, err := affiliates.ConvertToCredits(ctx, db, affiliates.ConvertToCreditsParams{ID: c.ID}); err != nil {
				return err
			}
		}
	}
	return nil
}

// review is a verb for the commission of an order.
func review(
	name string, want error, what string,
	verb func(ctx context.Context, db bun.IDB, p affiliates.ReviewParams) (*affiliates.Result, error),
) enginetest.Act {
	return act("affiliates."+name, want, func(ctx context.Context, db bun.IDB, u string) (any, error) {
		c, err := affiliates.Get(ctx, db, affiliates.GetParams{OrderNo: of(u, what)})
		if err != nil {
			return nil, err
		}
		return verb(ctx, db, affiliates.ReviewParams{ID: c.ID})
	})
}

func convert(ctx context.Context, db bun.IDB, p affiliates.ReviewParams) (*affiliates.Result, error) {
	return affiliates.ConvertToCredits(ctx, db, affiliates.ConvertToCreditsParams{ID: p.ID})
}

func commissionActs() []enginetest.Act {
	none := func(ctx context.Context, db bun.IDB, _ string) (any, error) {
		return affiliates.Approve(ctx, db, affiliates.ReviewParams{ID: 1 << 40})
	}
	return []enginetest.Act{
		act("affiliates.Record", nil, func(ctx context.Context, db bun.IDB, u string) (any, error) {
			return affiliates.Record(ctx, db, affiliates.RecordParams{
				OrderNo: of(u, "elsewhere"), CustomerUUID: u, Amount: 1000, Currency: "USD",
			})
		}),
		act("affiliates.Record, again", nil, func(ctx context.Context, db bun.IDB, u string) (any, error) {
			return affiliates.Record(ctx, db, affiliates.RecordParams{
				OrderNo: of(u, "earned"), CustomerUUID: u, Amount: 1000, Currency: "USD",
			})
		}),
		act("affiliates.Approve, none", affiliates.ErrNotFound, none),
		review("Approve", nil, "earned", affiliates.Approve),
		review("Reject", nil, "disputed", affiliates.Reject),
		review("ConvertToCredits", nil, "approved", convert),
		review("ConvertToCredits, again", nil, "converted", convert),
		review("MarkPaid", nil, "earned", func(ctx context.Context, db bun.IDB, p affiliates.ReviewParams) (*affiliates.Result, error) {
			if _, err := affiliates.Approve(ctx, db, p); err != nil {
				return nil, err
			}
			return affiliates.MarkPaid(ctx, db, p)
		}),
		review("MarkPaid, not approved", affiliates.ErrState, "paid", affiliates.MarkPaid),
		act("affiliates.Reduce", nil, func(ctx context.Context, db bun.IDB, u string) (any, error) {
			return affiliates.Reduce(ctx, db, affiliates.ReduceParams{
				OrderNo: of(u, "converted"), Remaining: 100, Was: 1000, Key: "mine",
			})
		}),
		act("affiliates.Forget", nil, func(ctx context.Context, db bun.IDB, u string) (any, error) {
			return affiliates.Forget(ctx, db, affiliates.ForgetParams{
				UserUUID: u, Emails: []string{email(u, "a")}, OrderNos: []string{of(u, "paid"), of(u, "none")},
			})
		}),
	}
}
