package creem_test

import (
	"context"
	"fmt"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/orders"
	"github.com/chameleon-go/chameleon/orders/creem"
	"github.com/chameleon-go/chameleon/secret"
	"github.com/chameleon-go/chameleon/users"
)

func ExampleHandle() {
	ctx := context.Background()
	db, err := chameleon.Open(ctx, "sqlite://:memory:")
	if err != nil {
		panic(err)
	}
	defer func() { _ = db.Close() }()
	if _, err := chameleon.Push(ctx, db); err != nil {
		panic(err)
	}
	ada, err := users.Create(ctx, db, users.CreateParams{Email: "ada@example.com"})
	if err != nil {
		panic(err)
	}
	_, err = orders.Create(ctx, db, orders.CreateParams{
		OrderNo: "42", UserUUID: ada.User.UUID, ProductID: "pro", Amount: 999, Currency: "EUR",
		PayType: orders.PayTypeCreem, Interval: orders.IntervalOneTime, Credits: 1000,
	})
	if err != nil {
		panic(err)
	}

	body := []byte(`{"id": "evt_1", "eventType": "checkout.completed", "created_at": 1772366400000,
		"object": {"request_id": "42", "order": {"amount": 999, "currency": "EUR", "transaction": "tran_1"}}}`)
	config := creem.Config{Secrets: []secret.Secret{secret.New("secret")}}
	for range 2 { // it comes twice
		result, err := creem.Handle(ctx, db, config, creem.Request{
			Body: body, Signature: creem.Sign(body, "secret"),
		})
		if err != nil {
			panic(err)
		}
		fmt.Println(result.Order.Order.Status, result.Order.Operation.Available, result.Order.Replayed)
	}
	_, err = creem.Handle(ctx, db, config, creem.Request{Body: body, Signature: "forged"})
	fmt.Println(err)
	// Output:
	// paid 1100 false
	// paid 1100 true
	// creem webhook: bad signature
}
