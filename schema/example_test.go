package schema_test

import (
	"context"
	"fmt"

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
	// add table credits_lots
	// add table credits_holds
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
	// Output: CREATE INDEX `credits_holds_due_idx` ON `credits_holds` (`user_uuid`, `status`, `due_us`)
}
