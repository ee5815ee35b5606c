package audit_test

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/credits"
)

// ada is the account of the examples.
const ada = "0197a2b4-0000-7000-8000-00000000ada0"

// noon is their time.
var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// exampleDB returns an empty database with the schema.
func exampleDB(ctx context.Context) *bun.DB {
	db, err := chameleon.Open(ctx, "sqlite://:memory:")
	if err != nil {
		panic(err)
	}
	if _, err := chameleon.Push(ctx, db); err != nil {
		panic(err)
	}
	return db
}

// give grants ada 100 credits for 30 days.
func give(ctx context.Context, db bun.IDB, key string) {
	_, err := credits.Grant(ctx, db, credits.GrantParams{
		UserUUID: ada, Amount: 100, Type: credits.TypeOrderPay, Key: key,
		ExpiresAt: noon.AddDate(0, 0, 30), At: noon,
	})
	if err != nil {
		panic(err)
	}
}
