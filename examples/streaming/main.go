// Command streaming answers questions token by token, at a price that is known only when
// the answer ends. It holds the maximum beforehand and afterwards captures what was
// streamed, whether the answer was complete, the reader left, or the model failed.
//
// By default it uses an embedded SQLite database in memory and recites its own answer
// instead of calling a model.
package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/users"
)

func main() {
	if err := run(context.Background(), os.Stdout, os.Getenv("DATABASE_URL")); err != nil {
		fmt.Fprintln(os.Stderr, "streaming:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer, url string) error {
	if url == "" {
		url = "sqlite://:memory:"
	}
	db, err := chameleon.Open(ctx, url)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	if _, err := chameleon.Push(ctx, db); err != nil {
		return err
	}
	ada, err := users.Create(ctx, db, users.CreateParams{Email: "ada@example.com"})
	if err != nil {
		return err
	}
	user := ada.User.UUID

	whole := question{User: user, Prompt: "why is the sky blue?", MaxTokens: 200, Key: "1"}
	if err := whole.answer(ctx, db, out, recite(0)); err != nil {
		return err
	}
	fmt.Fprintf(out, "\n  the whole answer: %s\n\n", left(ctx, db, user))

	leaving, leave := context.WithCancel(ctx)
	defer leave()
	cut := question{User: user, Prompt: "and why is it dark at night?", MaxTokens: 200, Key: "2"}
	if err := cut.answer(leaving, db, &reader{Writer: out, tokens: 12, leave: leave}, recite(0)); err != nil {
		return err
	}
	fmt.Fprintf(out, "\n  the reader left after 12 tokens: %s\n\n", left(ctx, db, user))

	broken := question{User: user, Prompt: "and at dawn?", MaxTokens: 200, Key: "3"}
	err = broken.answer(ctx, db, out, recite(1))
	fmt.Fprintf(out, "\n  the model failed at once (%v): %s\n", err, left(ctx, db, user))
	return nil
}

// left says what a user can spend.
func left(ctx context.Context, db bun.IDB, user string) string {
	balance, err := credits.Balance(ctx, db, credits.BalanceParams{UserUUID: user})
	if err != nil {
		return err.Error()
	}
	return fmt.Sprintf("%d credits left, %d held", balance.Available, balance.Held)
}

// reader leaves after a number of tokens, as a browser does whose tab is closed.
type reader struct {
	io.Writer
	tokens int
	leave  context.CancelFunc
}

func (r *reader) Write(token []byte) (int, error) {
	if r.tokens--; r.tokens <= 0 {
		defer r.leave()
	}
	return r.Writer.Write(token)
}
