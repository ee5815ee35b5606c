package credits_test

import (
	"context"
	"fmt"

	"github.com/chameleon-go/chameleon/credits"
)

// A team's account, and what one of its members may spend a day.
func ExampleSetBudget() {
	ctx := context.Background()
	db := exampleDB(ctx)
	defer func() { _ = db.Close() }()
	const team, ann = "team:acme", "member:ann"
	_, err := credits.Grant(ctx, db, credits.GrantParams{UserUUID: team, Amount: 1000, Type: credits.TypeOrderPay, At: noon})
	if err != nil {
		panic(err)
	}
	if _, err := credits.SetBudget(ctx, db, credits.SetBudgetParams{UserUUID: team, Name: ann, PerDay: 10, At: noon}); err != nil {
		panic(err)
	}
	for _, amount := range []int64{8, 3} {
		_, err := credits.Charge(ctx, db, credits.ChargeParams{UserUUID: team, Amount: amount, Budgets: []string{ann}, At: noon})
		fmt.Println(err)
	}
	// Output:
	// <nil>
	// over budget: member:ann has 2 credits left of its cap (day), need 3
}

// Beyond what there is, up to 20 credits.
func ExampleOverdraw() {
	ctx := context.Background()
	db := exampleDB(ctx)
	defer func() { _ = db.Close() }()
	give(ctx, db, "a", 10, 30)
	for range 2 {
		_, err := credits.Overdraw(ctx, db, credits.OverdrawParams{
			Charge: credits.ChargeParams{UserUUID: ada, Amount: 18, At: noon}, MaxDebt: 20,
		})
		fmt.Println(err)
	}
	balance, err := credits.Balance(ctx, db, credits.BalanceParams{UserUUID: ada, At: noon})
	fmt.Println(balance.Available, balance.Debt, err)
	// Output:
	// <nil>
	// insufficient credits: need 18, have 12
	// 0 8 <nil>
}
