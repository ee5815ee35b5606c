// Command readme is the first program of the README.
package main

import (
	"context"
	"fmt"
	"log"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/users"
)

func main() {
	if err := run(context.Background()); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context) error {
	db, err := chameleon.Open(ctx, "sqlite://:memory:") // or os.Getenv("DATABASE_URL")
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	if _, err := chameleon.Push(ctx, db); err != nil { // creates the tables, or adds what is missing
		return err
	}
	ada, err := users.Create(ctx, db, users.CreateParams{Email: "ada@example.com"})
	if err != nil {
		return err
	}
	for range 2 { // the second call is a retry: same key, charged once
		op, err := credits.Charge(ctx, db, credits.ChargeParams{
			UserUUID: ada.User.UUID, Amount: 30, Key: "request-7",
		})
		if err != nil {
			return err
		}
		fmt.Println("charged", op.Amount, "available", op.Available, "replayed", op.Replayed)
	}
	_, err = credits.Charge(ctx, db, credits.ChargeParams{UserUUID: ada.User.UUID, Amount: 500})
	fmt.Println(err)
	return nil
}
