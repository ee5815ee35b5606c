package chameleon_test

import (
	"context"
	"fmt"

	"github.com/chameleon-go/chameleon"
)

func ExamplePush() {
	ctx := context.Background()
	db, err := chameleon.Open(ctx, "sqlite://:memory:")
	if err != nil {
		panic(err)
	}
	defer func() { _ = db.Close() }()

	first, err := chameleon.Push(ctx, db)
	if err != nil {
		panic(err)
	}
	fmt.Println(first.Changes[0].Kind, first.Changes[0].Table)

	second, err := chameleon.Push(ctx, db)
	if err != nil {
		panic(err)
	}
	fmt.Println(len(second.Changes), "changes the second time")
	// Output:
	// add table users
	// 0 changes the second time
}
