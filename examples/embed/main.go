// Command embed is a product with its own tables, its own pgx pool and River that embeds
// the ledger. An order for a picture inserts a row, charges for it and enqueues the job
// in one transaction. The worker completes all three in another.
//
//	DATABASE_URL=postgres://… go run ./embed
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/chameleon-go/chameleon/credits"
)

func main() {
	if err := run(context.Background(), os.Stdout, os.Getenv("DATABASE_URL")); err != nil {
		fmt.Fprintln(os.Stderr, "embed:", err)
		os.Exit(1)
	}
}

// run orders three pictures: one that is made, one that fails at every attempt, and one
// that the customer cannot pay.
func run(ctx context.Context, out io.Writer, url string) error {
	if url == "" {
		return errors.New("DATABASE_URL names no PostgreSQL database")
	}
	pool, err := pgxpool.New(ctx, url)
	if err != nil {
		return err
	}
	defer pool.Close()
	s, err := newStudio(ctx, pool, paintOrFail)
	if err != nil {
		return err
	}
	if err := s.river.Start(ctx); err != nil {
		return err
	}
	defer func() { _ = s.river.Stop(context.WithoutCancel(ctx)) }()

	customer := "customer-" + uuid.NewString() // an account is any identifier
	_, err = credits.Grant(ctx, s.ledger, credits.GrantParams{UserUUID: customer, Amount: 20, Type: "gift", Key: "welcome"})
	if err != nil {
		return err
	}
	for _, p := range []picture{
		{Customer: customer, Prompt: "a lizard", Price: 8},
		{Customer: customer, Prompt: impossible, Price: 10},
		{Customer: customer, Prompt: "a mural", Price: 500},
	} {
		if err := s.show(ctx, out, p); err != nil {
			return err
		}
	}
	return nil
}

// show orders a picture, waits for it and says what became of it and of the credits.
func (s *studio) show(ctx context.Context, out io.Writer, p picture) error {
	id, err := s.order(ctx, p)
	status := "refused: " + credits.ErrInsufficient.Error()
	if !errors.Is(err, credits.ErrInsufficient) {
		if err != nil {
			return err
		}
		if status, err = s.wait(ctx, id); err != nil {
			return err
		}
	}
	balance, err := credits.Balance(ctx, s.ledger, credits.BalanceParams{UserUUID: p.Customer})
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s for %d: %s; %d credits left\n", p.Prompt, p.Price, status, balance.Available)
	return nil
}

const impossible = "a square circle"

// paintOrFail stands where a call of an AI provider's API does.
func paintOrFail(_ context.Context, prompt string) (url string, err error) {
	if prompt == impossible {
		return "", errors.New("cannot be drawn")
	}
	return "https://cdn.example.com/" + uuid.NewString() + ".png", nil
}
