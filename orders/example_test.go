package orders_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/orders"
	"github.com/chameleon-go/chameleon/users"
)

// database returns a database with the schema and one user, by uuid.
func database(ctx context.Context) (db *bun.DB, ada string) {
	db, err := chameleon.Open(ctx, "sqlite://:memory:")
	if err != nil {
		panic(err)
	}
	if _, err := chameleon.Push(ctx, db); err != nil {
		panic(err)
	}
	made, err := users.Create(ctx, db, users.CreateParams{Email: "ada@example.com"})
	if err != nil {
		panic(err)
	}
	return db, made.User.UUID
}

func ExampleCreate() {
	ctx := context.Background()
	db, ada := database(ctx)
	defer func() { _ = db.Close() }()

	p := orders.CreateParams{
		OrderNo: "ORD-2026-1", UserUUID: ada, ProductID: "starter", ProductName: "1,000 credits",
		Amount: 1999, Currency: "USD", PayType: orders.PayTypeStripe, Credits: 1000,
	}
	made, err := orders.Create(ctx, db, p)
	if err != nil {
		panic(err)
	}
	o := made.Order
	fmt.Println(o.OrderNo, o.Status, o.Amount, o.Currency, o.Credits)

	made, err = orders.Create(ctx, db, p)
	fmt.Println(made.Replayed, err)

	p.Amount = 2999
	_, err = orders.Create(ctx, db, p)
	fmt.Println(err, errors.Is(err, orders.ErrDuplicate))
	// Output:
	// ORD-2026-1 pending 1999 USD 1000
	// true <nil>
	// order number is taken: "ORD-2026-1" true
}

func ExampleGet() {
	ctx := context.Background()
	db, ada := database(ctx)
	defer func() { _ = db.Close() }()

	_, err := orders.Get(ctx, db, orders.GetParams{OrderNo: "ORD-2026-1", UserUUID: ada})
	fmt.Println(err, errors.Is(err, orders.ErrNotFound))
	// Output: order not found: OrderNo ORD-2026-1 true
}

func ExampleList() {
	ctx := context.Background()
	db, ada := database(ctx)
	defer func() { _ = db.Close() }()
	for i := range 5 {
		_, err := orders.Create(ctx, db, orders.CreateParams{
			OrderNo: fmt.Sprintf("ORD-%d", i+1), UserUUID: ada, ProductID: "starter", Amount: 1999,
			Currency: "USD", PayType: orders.PayTypeStripe, Credits: 1000,
		})
		if err != nil {
			panic(err)
		}
	}

	for p := (orders.ListParams{UserUUID: ada, Limit: 2}); ; {
		page, err := orders.List(ctx, db, p)
		if err != nil {
			panic(err)
		}
		for _, o := range page.Items {
			fmt.Println(o.OrderNo, o.Status)
		}
		fmt.Println("more:", page.Next != "")
		if p.Cursor = page.Next; p.Cursor == "" {
			break
		}
	}
	// Output:
	// ORD-5 pending
	// ORD-4 pending
	// more: true
	// ORD-3 pending
	// ORD-2 pending
	// more: true
	// ORD-1 pending
	// more: false
}
