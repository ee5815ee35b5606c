package affiliates_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/affiliates"
	"github.com/chameleon-go/chameleon/users"
)

// referred returns a database where ada invited grace, who paid 100.00 dollars.
func referred(ctx context.Context) (db *bun.DB, ada string, c *affiliates.Commission) {
	db, err := chameleon.Open(ctx, "sqlite://:memory:")
	if err != nil {
		panic(err)
	}
	if _, err := chameleon.Push(ctx, db); err != nil {
		panic(err)
	}
	referrer, err := users.Create(ctx, db, users.CreateParams{Email: "ada@example.com"})
	if err != nil {
		panic(err)
	}
	customer, err := users.Create(ctx, db, users.CreateParams{
		Email: "grace@example.com", InviteCode: referrer.User.InviteCode,
	})
	if err != nil {
		panic(err)
	}
	// orders.MarkPaid does this.
	r := must(affiliates.Record(ctx, db, affiliates.RecordParams{
		OrderNo: "ORD-1", CustomerUUID: customer.User.UUID, Amount: 100_00, Currency: "USD",
	}))
	return db, referrer.User.UUID, r.Commission
}

func must(r *affiliates.Result, err error) *affiliates.Result {
	if err != nil {
		panic(err)
	}
	return r
}

func ExampleRecord() {
	ctx := context.Background()
	db, ada, c := referred(ctx)
	defer func() { _ = db.Close() }()

	fmt.Println(c.UserUUID == ada, c.CustomerEmail, c.CommissionRate, c.CommissionAmount, c.Status)
	again := must(affiliates.Record(ctx, db, affiliates.RecordParams{
		OrderNo: "ORD-1", CustomerUUID: c.CustomerUUID, Amount: 100_00, Currency: "USD",
	}))
	fmt.Println(again.Replayed)
	// Output:
	// true grace@example.com 20 2000 pending
	// true
}

func ExampleTiers() {
	tiers := affiliates.Tiers{
		{From: 0, Percent: 10},
		{From: 100_00, Percent: 25},
		{From: 10_000, Percent: 25, Currency: "JPY"},
	}
	fmt.Println(tiers.Commission(99_99, "USD"), tiers.Commission(100_00, "USD"), tiers.Commission(9_999, "JPY"))
	// Output: 999 2500 0
}

func ExampleGet() {
	ctx := context.Background()
	db, ada, _ := referred(ctx)
	defer func() { _ = db.Close() }()

	c, err := affiliates.Get(ctx, db, affiliates.GetParams{OrderNo: "ORD-1", UserUUID: ada})
	fmt.Println(c.CommissionAmount, err)
	// Output: 2000 <nil>
}

func ExampleApprove() {
	ctx := context.Background()
	db, _, c := referred(ctx)
	defer func() { _ = db.Close() }()

	r := must(affiliates.Approve(ctx, db, affiliates.ReviewParams{ID: c.ID}))
	fmt.Println(r.Commission.Status)
	// Output: approved
}

func ExampleReject() {
	ctx := context.Background()
	db, _, c := referred(ctx)
	defer func() { _ = db.Close() }()

	r := must(affiliates.Reject(ctx, db, affiliates.ReviewParams{ID: c.ID}))
	fmt.Println(r.Commission.Status)
	_, err := affiliates.Approve(ctx, db, affiliates.ReviewParams{ID: c.ID})
	fmt.Println(err)
	// Output:
	// rejected
	// commission 1 is rejected and cannot become approved
}

func ExampleMarkPaid() {
	ctx := context.Background()
	db, _, c := referred(ctx)
	defer func() { _ = db.Close() }()

	must(affiliates.Approve(ctx, db, affiliates.ReviewParams{ID: c.ID}))
	r := must(affiliates.MarkPaid(ctx, db, affiliates.ReviewParams{ID: c.ID}))
	fmt.Println(r.Commission.Status, r.Commission.PaidAmount)
	_, err := affiliates.ConvertToCredits(ctx, db, affiliates.ConvertToCreditsParams{ID: c.ID})
	fmt.Println(errors.Is(err, affiliates.ErrState))
	// Output:
	// paid 2000
	// true
}

func ExampleConvertToCredits() {
	ctx := context.Background()
	db, ada, c := referred(ctx)
	defer func() { _ = db.Close() }()

	must(affiliates.Approve(ctx, db, affiliates.ReviewParams{ID: c.ID}))
	r := must(affiliates.ConvertToCredits(ctx, db, affiliates.ConvertToCreditsParams{
		ID: c.ID, UserUUID: ada, Rate: affiliates.Rate{Credits: 50, Amount: 1_00},
	}))
	fmt.Println(r.Commission.Status, r.Operation.Type, r.Operation.Amount, r.Operation.Available)
	// Output: paid referral 1000 1100
}

func ExampleReduce() {
	ctx := context.Background()
	db, _, _ := referred(ctx)
	defer func() { _ = db.Close() }()

	// orders.Refund does this.
	r, err := affiliates.Reduce(ctx, db, affiliates.ReduceParams{OrderNo: "ORD-1", Remaining: 25_00, Key: "refund-1"})
	if err != nil {
		panic(err)
	}
	fmt.Println(r.Commissions[0].CommissionAmount, r.Commissions[0].ReversedAmount)
	// Output: 500 1500
}

func ExampleGetSummary() {
	ctx := context.Background()
	db, ada, _ := referred(ctx)
	defer func() { _ = db.Close() }()

	s, err := affiliates.GetSummary(ctx, db, affiliates.GetSummaryParams{UserUUID: ada, BaseURL: "https://example.com"})
	if err != nil {
		panic(err)
	}
	fmt.Println(s.Link == "https://example.com/i/"+s.InviteCode, s.InvitedUsers)
	for _, e := range s.Earnings {
		fmt.Println(e.Currency, e.Pending, e.Approved, e.Paid)
	}
	// Output:
	// true 1
	// USD 2000 0 0
}

func ExampleList() {
	ctx := context.Background()
	db, ada, _ := referred(ctx)
	defer func() { _ = db.Close() }()

	page, err := affiliates.List(ctx, db, affiliates.ListParams{UserUUID: ada})
	if err != nil {
		panic(err)
	}
	for _, c := range page.Items {
		fmt.Println(c.OrderUUID, c.CommissionAmount, c.Status)
	}
	// Output: ORD-1 2000 pending
}

func ExampleListAll() {
	ctx := context.Background()
	db, _, _ := referred(ctx)
	defer func() { _ = db.Close() }()

	page, err := affiliates.ListAll(ctx, db, affiliates.ListAllParams{Status: affiliates.StatusPending})
	fmt.Println(len(page.Items), err)
	// Output: 1 <nil>
}
