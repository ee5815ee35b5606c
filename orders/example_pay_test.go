package orders_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/orders"
)

// ordered returns a database with one order of 1,000 credits for 19.99 dollars.
func ordered(ctx context.Context, p orders.CreateParams) (db *bun.DB, ada string) {
	db, ada = database(ctx)
	p.OrderNo, p.UserUUID, p.ProductID, p.Amount = "ORD-1", ada, "starter", 1999
	p.Currency, p.PayType, p.Credits = "USD", orders.PayTypeStripe, 1000
	if _, err := orders.Create(ctx, db, p); err != nil {
		panic(err)
	}
	return db, ada
}

func must(r *orders.Result, err error) *orders.Result {
	if err != nil {
		panic(err)
	}
	return r
}

var january = time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)

func ExampleMarkPaid() {
	ctx := context.Background()
	db, ada := ordered(ctx, orders.CreateParams{})
	defer func() { _ = db.Close() }()

	p := orders.MarkPaidParams{OrderNo: "ORD-1", PayRef: "pi_1"}
	for range 2 { // webhooks come twice
		r := must(orders.MarkPaid(ctx, db, p))
		fmt.Println(r.Order.Status, r.Operation.Amount, "replayed:", r.Replayed)
	}
	balance, err := credits.Balance(ctx, db, credits.BalanceParams{UserUUID: ada})
	if err != nil {
		panic(err)
	}
	fmt.Println(balance.Available)
	// Output:
	// paid 1000 replayed: false
	// paid 1000 replayed: true
	// 1100
}

func ExampleMarkFailed() {
	ctx := context.Background()
	db, _ := ordered(ctx, orders.CreateParams{})
	defer func() { _ = db.Close() }()

	r := must(orders.MarkFailed(ctx, db, orders.MarkFailedParams{OrderNo: "ORD-1", Reason: "card declined"}))
	fmt.Println(r.Order.Status, r.Order.FailureReason)
	r = must(orders.MarkPaid(ctx, db, orders.MarkPaidParams{OrderNo: "ORD-1"})) // the retry worked
	fmt.Println(r.Order.Status)
	// Output:
	// failed card declined
	// paid
}

func ExampleCancel() {
	ctx := context.Background()
	db, ada := ordered(ctx, orders.CreateParams{})
	defer func() { _ = db.Close() }()

	r := must(orders.Cancel(ctx, db, orders.CancelParams{OrderNo: "ORD-1", UserUUID: ada}))
	fmt.Println(r.Order.Status)

	_, err := orders.Refund(ctx, db, orders.RefundParams{OrderNo: "ORD-1", Total: 1999})
	var state *orders.StateError
	fmt.Println(err, errors.As(err, &state) && state.Retryable())
	// Output:
	// cancelled
	// order ORD-1 is cancelled and cannot become refunded true
}

func ExampleRefund() {
	ctx := context.Background()
	db, _ := ordered(ctx, orders.CreateParams{})
	defer func() { _ = db.Close() }()
	must(orders.MarkPaid(ctx, db, orders.MarkPaidParams{OrderNo: "ORD-1", PayRef: "pi_1"}))

	for _, total := range []int64{500, 1999, 500} { // the last one came late
		r := must(orders.Refund(ctx, db, orders.RefundParams{
			PayRef: "pi_1", Total: total, Policy: credits.PolicyForgive,
		}))
		fmt.Println(r.Order.Status, r.Order.RefundedAmount, r.Order.RefundedCredits, r.Replayed)
	}
	// Output:
	// paid 500 250 false
	// refunded 1999 1000 false
	// refunded 1999 1000 true
}

func ExampleDispute() {
	ctx := context.Background()
	db, _ := ordered(ctx, orders.CreateParams{})
	defer func() { _ = db.Close() }()
	must(orders.MarkPaid(ctx, db, orders.MarkPaidParams{OrderNo: "ORD-1"}))

	p := orders.DisputeParams{OrderNo: "ORD-1", Ref: "dp_1", Amount: 1999, Outcome: orders.DisputeOpen}
	r := must(orders.Dispute(ctx, db, p))
	fmt.Println(r.Order.Status, r.Order.RefundedCredits, r.Operation.Available)
	p.Outcome = orders.DisputeWon
	r = must(orders.Dispute(ctx, db, p))
	fmt.Println(r.Order.Status, r.Order.RefundedCredits, r.Operation.Available)
	// Output:
	// paid 1000 100
	// paid 0 1100
}

func ExampleRenew() {
	ctx := context.Background()
	db, _ := ordered(ctx, orders.CreateParams{Interval: orders.IntervalMonth, At: january})
	defer func() { _ = db.Close() }()
	must(orders.MarkPaid(ctx, db, orders.MarkPaidParams{OrderNo: "ORD-1", SubID: "sub_1", At: january}))

	february := time.Date(2026, 2, 28, 12, 0, 0, 0, time.UTC)
	p := orders.RenewParams{SubID: "sub_1", PeriodStart: february, CarryOver: 300, At: february}
	for range 2 {
		r := must(orders.Renew(ctx, db, p))
		fmt.Println(r.Order.FirstOrderNo, r.Order.Status, r.Order.CreditsExpireAt.Format(time.DateOnly),
			r.Operation.Amount, r.Replayed)
	}
	// Output:
	// ORD-1 paid 2026-03-31 1000 false
	// ORD-1 paid 2026-03-31 1000 true
}

func ExampleFailRenewal() {
	ctx := context.Background()
	db, _ := ordered(ctx, orders.CreateParams{Interval: orders.IntervalMonth, At: january})
	defer func() { _ = db.Close() }()
	must(orders.MarkPaid(ctx, db, orders.MarkPaidParams{OrderNo: "ORD-1", SubID: "sub_1", At: january}))

	february := time.Date(2026, 2, 28, 12, 0, 0, 0, time.UTC)
	failed := must(orders.FailRenewal(ctx, db, orders.FailRenewalParams{
		SubID: "sub_1", PeriodStart: february, Reason: "card expired", At: february,
	}))
	paid := must(orders.Renew(ctx, db, orders.RenewParams{SubID: "sub_1", PeriodStart: february, At: february}))
	fmt.Println(failed.Order.Status, paid.Order.Status, failed.Order.OrderNo == paid.Order.OrderNo)
	// Output: failed paid true
}

func ExampleEndSubscription() {
	ctx := context.Background()
	db, _ := ordered(ctx, orders.CreateParams{Interval: orders.IntervalYear, At: january})
	defer func() { _ = db.Close() }()
	must(orders.MarkPaid(ctx, db, orders.MarkPaidParams{OrderNo: "ORD-1", SubID: "sub_1", At: january}))

	r := must(orders.EndSubscription(ctx, db, orders.EndSubscriptionParams{
		SubID: "sub_1", At: january.AddDate(0, 1, 0),
	}))
	fmt.Println(r.Order.Status, r.Order.SubEndedAt.Format(time.DateOnly), r.Order.CreditsExpireAt.Format(time.DateOnly))
	// Output: paid 2026-03-03 2027-01-31
}

func ExampleListAll() {
	ctx := context.Background()
	db, _ := ordered(ctx, orders.CreateParams{})
	defer func() { _ = db.Close() }()

	page, err := orders.ListAll(ctx, db, orders.ListAllParams{Status: orders.StatusPending})
	if err != nil {
		panic(err)
	}
	for _, o := range page.Items {
		fmt.Println(o.OrderNo, o.Status)
	}
	// Output: ORD-1 pending
}

func ExampleRevenue() {
	ctx := context.Background()
	db, _ := ordered(ctx, orders.CreateParams{At: january})
	defer func() { _ = db.Close() }()
	must(orders.MarkPaid(ctx, db, orders.MarkPaidParams{OrderNo: "ORD-1", At: january}))
	must(orders.Refund(ctx, db, orders.RefundParams{OrderNo: "ORD-1", Total: 500, At: january}))

	revenue, err := orders.Revenue(ctx, db, orders.RevenueParams{Days: 2, At: january})
	if err != nil {
		panic(err)
	}
	for _, day := range revenue.Days {
		for _, c := range day.Currencies {
			fmt.Println(day.Date, c.Currency, c.Orders, c.Gross, c.Refunded, c.Net)
		}
	}
	// Output:
	// 2026-01-30 USD 0 0 0 0
	// 2026-01-31 USD 1 1999 500 1499
}
