package pgxtx_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/bridge/pgxtx"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// A team's own row and a charge in one commit of its own pgx.Tx.
func ExampleBridge_In() { //nolint:testableexamples // needs a server: TestExample runs it
	ctx := context.Background()
	pool, err := pgxpool.New(ctx, os.Getenv("DATABASE_URL"))
	if err != nil {
		log.Panic(err)
	}
	defer pool.Close()

	bridge := pgxtx.New() // once
	tx, err := pool.Begin(ctx)
	if err != nil {
		log.Panic(err)
	}
	defer func() { _ = tx.Rollback(ctx) }()
	if _, err := tx.Exec(ctx, "INSERT INTO jobs (name) VALUES ($1)", "poster"); err != nil {
		log.Panic(err)
	}
	err = bridge.In(ctx, tx, func(ctx context.Context, tx bun.Tx) error {
		op, err := credits.Charge(ctx, tx, credits.ChargeParams{UserUUID: "usr_1", Amount: 5, Key: "job:poster"})
		if err == nil {
			fmt.Println("left:", op.Available)
		}
		return err
	})
	if err != nil {
		log.Panic(err)
	}
	if err := tx.Commit(ctx); err != nil {
		log.Panic(err)
	}
}

// TestExample runs the example, which an engine has to be there for.
func TestExample(t *testing.T) {
	env := enginetest.New(t, dialect.PostgreSQL)
	if _, err := env.DB.ExecContext(t.Context(), "CREATE TABLE jobs (name text)"); err != nil {
		t.Fatal(err)
	}
	if _, err := credits.GrantNewUserCredits(t.Context(), env.DB, credits.GrantNewUserCreditsParams{UserUUID: "usr_1"}); err != nil {
		t.Fatal(err)
	}
	t.Setenv("DATABASE_URL", env.URL)
	ExampleBridge_In()
	balance, err := credits.Balance(t.Context(), env.DB, credits.BalanceParams{UserUUID: "usr_1"})
	if err != nil || balance.Available != 95 {
		t.Fatalf("%+v, %v", balance, err)
	}
}
