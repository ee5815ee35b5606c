package stripe_test

import (
	"context"
	"fmt"
	"time"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/orders"
	"github.com/chameleon-go/chameleon/orders/stripe"
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
		OrderNo: "42", UserUUID: ada.User.UUID, ProductID: "pro", Amount: 999, Currency: "USD",
		PayType: orders.PayTypeStripe, Interval: orders.IntervalOneTime, Credits: 1000,
	})
	if err != nil {
		panic(err)
	}

	body := []byte(`{"id": "evt_1", "object": "event", "type": "checkout.session.completed", "created": 1772366400,
		"data": {"object": {"client_reference_id": "42", "amount_total": 999, "currency": "usd",
			"payment_status": "paid", "payment_intent": "pi_1"}}}`)
	config := stripe.Config{Secrets: []secret.Secret{secret.New("secret")}}
	for range 2 { // it comes twice
		result, err := stripe.Handle(ctx, db, config, stripe.Request{
			Body: body, Signature: sign(body, "secret", time.Now()),
		})
		if err != nil {
			panic(err)
		}
		fmt.Println(result.Order.Order.Status, result.Order.Operation.Available, result.Order.Replayed)
	}
	_, err = stripe.Handle(ctx, db, config, stripe.Request{Body: body, Signature: "forged"})
	fmt.Println(err)
	// Output:
	// paid 1100 false
	// paid 1100 true
	// stripe webhook: bad signature: webhook has invalid Stripe-Signature header
}
