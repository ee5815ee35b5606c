package chameleon_test

import (
	"context"
	"flag"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/chameleontest/product"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/generations"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/list"
	"github.com/chameleon-go/chameleon/orders"
)

var benchProduct = flag.Int("product", 100, "BenchmarkProduct has so many users")

// BenchmarkProduct measures pages over the rows of a product whose few active users have
// most of them, unlike those of BenchmarkNumbers. The metric to read is /read, as there;
// ops/s is how fast the rows were made, by one caller.
func BenchmarkProduct(b *testing.B) {
	for _, engine := range []dialect.Engine{dialect.SQLite, dialect.PostgreSQL, dialect.MySQL, dialect.MariaDB} {
		b.Run(string(engine), func(b *testing.B) {
			for b.Loop() { // what is measured is below
			}
			env := enginetest.New(b, engine)
			start := time.Now()
			made, err := product.Generate(b.Context(), env.DB, product.Params{Seed: 1, Users: *benchProduct})
			if err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(made.Operations)/time.Since(start).Seconds(), "ops/s")
			read := benchTook(b, 200, func(ctx context.Context) error {
				_, err := env.DB.NewSelect().Table("users").Column("id").Where("id = 7").Exec(ctx)
				return err
			})
			for name, page := range productPages(env.DB, busiest(b, env.DB)) {
				benchPage(b, read, name, page)
			}
		})
	}
}

// busiest is the user with the most entries.
func busiest(b *testing.B, db *bun.DB) (user string) {
	b.Helper()
	err := db.NewSelect().Table("credits_trans").Column("user_uuid").
		Group("user_uuid").OrderExpr("COUNT(*) DESC").Limit(1).Scan(b.Context(), &user)
	if err != nil {
		b.Fatal(err)
	}
	return user
}

func productPages(db *bun.DB, user string) map[string]func(ctx context.Context) error {
	return map[string]func(ctx context.Context) error{
		"orders": func(ctx context.Context) error {
			_, err := orders.ListAll(ctx, db, orders.ListAllParams{})
			return err
		},
		"statement": func(ctx context.Context) error {
			_, err := credits.Statement(ctx, db, credits.StatementParams{UserUUID: user, Limit: list.DefaultLimit})
			return err
		},
		"generations": func(ctx context.Context) error {
			_, err := generations.List(ctx, db, generations.ListParams{UserUUID: user})
			return err
		},
		"credits-90-days": func(ctx context.Context) error {
			_, err := credits.Stats(ctx, db, credits.StatsParams{Period: credits.PeriodDay})
			return err
		},
	}
}
