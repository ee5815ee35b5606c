// Command readme is the README's first program.
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
	ctx := context.Background()
	db, err := chameleon.Open(ctx, "sqlite://:memory:") // or os.Getenv("DATABASE_URL")
	must(err)
	_, err = chameleon.Push(ctx, db) // creates the tables, or adds what is missing
	must(err)
	ada, err := users.Create(ctx, db, users.CreateParams{Email: "ada@example.com"})
	must(err)
	for range 2 { // the second call is a retry: same key, charged once
		op, err := credits.Charge(ctx, db, credits.ChargeParams{
			UserUUID: ada.User.UUID, Amount: 30, Key: "request-7",
		})
		must(err)
		fmt.Println("charged", op.Amount, "available", op.Available, "replayed", op.Replayed)
	}
	_, err = credits.Charge(ctx, db, credits.ChargeParams{UserUUID: ada.User.UUID, Amount: 500})
	fmt.Println(err)
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
