package product_test

import (
	"context"
	"fmt"
	"time"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/chameleontest/product"
	"github.com/chameleon-go/chameleon/credits/audit"
)

func ExampleGenerate() {
	ctx := context.Background()
	db, err := chameleon.Open(ctx, "sqlite://:memory:")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = db.Close() }()
	if _, err := chameleon.Push(ctx, db); err != nil {
		fmt.Println(err)
		return
	}
	report, err := product.Generate(ctx, db, product.Params{
		Seed: 1, Users: 20, To: time.Date(2025, 6, 1, 0, 0, 0, 0, time.UTC),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	proof, err := audit.Verify(ctx, db, audit.VerifyParams{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(report.Users, "users, proved:", proof.OK())
	// Output: 20 users, proved: true
}
