package schema_test

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/schema"
)

// The ledger alone, beside tables of your own.
func ExamplePush() {
	ctx := context.Background()
	db, err := chameleon.Open(ctx, "sqlite://:memory:") // or a *bun.DB that you opened yourself
	if err != nil {
		panic(err)
	}
	defer func() { _ = db.Close() }()

	result, err := schema.Push(ctx, db, credits.Models()...)
	if err != nil {
		panic(err)
	}
	for _, c := range result.Changes {
		if c.Kind == schema.AddTable {
			fmt.Println(c.Kind, c.Table)
		}
	}
	// Output:
	// add table credits
	// add table credits_trans
	// add table credits_trans_archive
	// add table credits_lots
	// add table credits_holds
	// add table credits_budgets
	// add table chameleon_events
	// add table chameleon_totals
}

func ExamplePlan() {
	ctx := context.Background()
	db, err := chameleon.Open(ctx, "sqlite://:memory:")
	if err != nil {
		panic(err)
	}
	defer func() { _ = db.Close() }()

	planned, err := schema.Plan(ctx, db, credits.Models()...)
	if err != nil {
		panic(err)
	}
	last := planned.Changes[len(planned.Changes)-1]
	fmt.Println(last.Statement)
	// Output: CREATE UNIQUE INDEX `chameleon_totals_guard_unique` ON `chameleon_totals` (`guard`)
}

// What a push made is taken back, and nothing that holds rows unless it is told.
func ExampleUndo() {
	ctx := context.Background()
	db, err := chameleon.Open(ctx, "sqlite://:memory:")
	if err != nil {
		panic(err)
	}
	defer func() { _ = db.Close() }()
	if _, err := schema.Push(ctx, db, credits.Models()...); err != nil {
		panic(err)
	}
	_, err = credits.Grant(ctx, db, credits.GrantParams{UserUUID: "ada", Amount: 10, Type: "promo", Key: "welcome"})
	if err != nil {
		panic(err)
	}

	_, err = schema.Undo(ctx, db, schema.UndoParams{})
	if loss, ok := errors.AsType[*schema.LossError](err); ok {
		fmt.Println(loss.Rows(), "rows would be lost")
	}
	undone, err := schema.Undo(ctx, db, schema.UndoParams{Force: true})
	if err != nil {
		panic(err)
	}
	fmt.Println("push", undone.Push.ID, "is undone")
	// Output:
	// 3 rows would be lost
	// push 1 is undone
}

// A script for a migration tool of your own.
func ExamplePlanReport_SQL() {
	ctx := context.Background()
	db, err := chameleon.Open(ctx, "sqlite://:memory:")
	if err != nil {
		panic(err)
	}
	defer func() { _ = db.Close() }()
	planned, err := schema.Plan(ctx, db, credits.Models()...)
	if err != nil {
		panic(err)
	}
	fmt.Println(strings.Count(planned.SQL(), "CREATE TABLE"), "tables")
	fmt.Print(planned.InverseSQL()[:16])
	// Output:
	// 8 tables
	// BEGIN IMMEDIATE;
}
