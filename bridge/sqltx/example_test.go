package sqltx_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/sqlitedialect"
	_ "modernc.org/sqlite"

	"github.com/chameleon-go/chameleon/bridge/sqltx"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/schema"
)

// A team's own row and a charge in one commit of its own *sql.Tx. A refusal has
// written nothing, and the transaction goes on.
func ExampleBridge_In() {
	ctx := context.Background()
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	db.SetMaxOpenConns(1) // each connection to :memory: is a database of its own
	if _, err := schema.Push(ctx, bun.NewDB(db, sqlitedialect.New()), credits.Models()...); err != nil {
		log.Fatal(err)
	}
	if _, err := db.ExecContext(ctx, "CREATE TABLE jobs (name text)"); err != nil {
		log.Fatal(err)
	}

	bridge := sqltx.New(sqlitedialect.New()) // once
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		log.Fatal(err)
	}
	if _, err := tx.ExecContext(ctx, "INSERT INTO jobs VALUES ('poster')"); err != nil {
		log.Fatal(err)
	}
	err = bridge.In(ctx, tx, func(ctx context.Context, tx bun.Tx) error {
		if _, err := credits.GrantNewUserCredits(ctx, tx, credits.GrantNewUserCreditsParams{UserUUID: "usr_1"}); err != nil {
			return err
		}
		op, err := credits.Charge(ctx, tx, credits.ChargeParams{UserUUID: "usr_1", Amount: 5, Key: "job:poster"})
		if err == nil {
			fmt.Println("left:", op.Available)
		}
		return err
	})
	if err != nil {
		log.Fatal(err)
	}
	err = bridge.In(ctx, tx, func(ctx context.Context, tx bun.Tx) error {
		_, err := credits.Charge(ctx, tx, credits.ChargeParams{UserUUID: "usr_1", Amount: 500, Key: "job:film"})
		return err
	})
	fmt.Println("refused:", errors.Is(err, credits.ErrInsufficient), err)
	if err := tx.Commit(); err != nil {
		log.Fatal(err)
	}
	// Output:
	// left: 95
	// refused: true insufficient credits: need 500, have 95
}
