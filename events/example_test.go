package events_test

import (
	"context"
	"fmt"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/events"
)

// A user's credits are topped up as soon as fewer than 100 are left.
func ExampleDeliver() {
	ctx := context.Background()
	db, err := chameleon.Open(ctx, "sqlite://:memory:")
	if err != nil {
		panic(err)
	}
	defer func() { _ = db.Close() }()
	if _, err := chameleon.Push(ctx, db); err != nil {
		panic(err)
	}
	user := "0192f0a0-0000-7000-8000-000000000001"
	if _, err := credits.GrantNewUserCredits(ctx, db, credits.GrantNewUserCreditsParams{UserUUID: user}); err != nil {
		panic(err)
	}
	if _, err := credits.SetLowBalance(ctx, db, credits.SetLowBalanceParams{UserUUID: user, Mark: 100}); err != nil {
		panic(err)
	}
	if _, err := credits.Charge(ctx, db, credits.ChargeParams{UserUUID: user, Amount: 5, Key: "a"}); err != nil {
		panic(err)
	}

	topUp := func(ctx context.Context, e events.Event) error {
		if e.Type != events.TypeLowBalance {
			return nil
		}
		_, err := credits.Grant(ctx, db, credits.GrantParams{UserUUID: e.Account, Amount: 500, Type: "top_up", Key: e.ID})
		return err
	}
	done, err := events.Deliver(ctx, db, events.DeliverParams{Handler: topUp})
	if err != nil {
		panic(err)
	}
	balance, err := credits.Balance(ctx, db, credits.BalanceParams{UserUUID: user})
	if err != nil {
		panic(err)
	}
	fmt.Println(done.Delivered, balance.Available)
	// Output: 1 595
}
