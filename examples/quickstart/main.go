// Command quickstart does the main job once: it creates the schema, signs a
// user up, charges for an image and a video, gives the credits of a failed one
// back, refuses to overspend and prints the account's statement.
//
// With nothing set up it runs on an embedded SQLite database in memory. With
// DATABASE_URL set it runs there, and leaves the user that it made behind.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"text/tabwriter"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/generations"
	"github.com/chameleon-go/chameleon/users"
)

func main() {
	if err := run(context.Background(), os.Stdout, os.Getenv("DATABASE_URL")); err != nil {
		fmt.Fprintln(os.Stderr, "quickstart:", err)
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
	pushed, err := chameleon.Push(ctx, db)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "The schema is on %s: %d tables, columns and indexes were missing\n",
		dialect.Of(db).Engine, len(pushed.Changes))

	user, err := signUp(ctx, out, db)
	if err != nil {
		return err
	}
	if err := generate(ctx, out, db, user); err != nil {
		return err
	}
	if err := overspend(ctx, out, db, user); err != nil {
		return err
	}
	return printStatement(ctx, out, db, user)
}

func signUp(ctx context.Context, out io.Writer, db *bun.DB) (string, error) {
	created, err := users.Create(ctx, db, users.CreateParams{
		Email: "ada+" + uuid.NewString()[:8] + "@example.com", Nickname: "Ada",
	})
	if err != nil {
		return "", err
	}
	fmt.Fprintf(out, "Ada signed up with %d credits, which expire on %s\n",
		created.Welcome.Available, created.Welcome.Entries[0].ExpiredAt[:len(time.DateOnly)])
	return created.User.UUID, nil
}

// generate charges for an image that succeeds and a video that fails.
func generate(ctx context.Context, out io.Writer, db *bun.DB, user string) error {
	image, err := generations.ChargeGeneration(ctx, db, generations.ChargeParams{
		UserUUID: user, AIType: generations.TypeImage, Provider: "openai", Model: "dall-e-3",
		Prompt: "a chameleon that changes its database",
	})
	if err != nil {
		return err
	}
	_, err = generations.Complete(ctx, db, generations.CompleteParams{
		GenID: image.Generation.GenID, ResultURLs: []string{"https://cdn.example.com/1.png"},
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "An image cost %d, %d left\n", image.Generation.CreditsCost, image.Operation.Available)

	video, err := generations.ChargeGeneration(ctx, db, generations.ChargeParams{
		UserUUID: user, AIType: generations.TypeVideo, Provider: "kling", Model: "kling-v1-6",
		Prompt: "the same, in motion",
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "A video cost %d, %d left\n", video.Generation.CreditsCost, video.Operation.Available)
	failed, err := generations.Fail(ctx, db, generations.FailParams{
		GenID: video.Generation.GenID, Message: "provider timed out",
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "The video failed: %d credits back, %d left\n",
		failed.Operation.Amount, failed.Operation.Available)
	return nil
}

// overspend shows the typed error.
func overspend(ctx context.Context, out io.Writer, db *bun.DB, user string) error {
	_, err := credits.Charge(ctx, db, credits.ChargeParams{UserUUID: user, Amount: 1000})
	var short *credits.InsufficientError
	if !errors.As(err, &short) {
		return fmt.Errorf("a charge of 1000 should have been refused: %w", err)
	}
	fmt.Fprintf(out, "Spending 1000 is refused: %v\n\n", short)
	return nil
}

func printStatement(ctx context.Context, out io.Writer, db *bun.DB, user string) error {
	statement, err := credits.Statement(ctx, db, credits.StatementParams{UserUUID: user, OldestFirst: true})
	if err != nil {
		return err
	}
	t := tabwriter.NewWriter(out, 0, 0, 3, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "type\tcredits\tbalance\texpires\t")
	for _, line := range statement.Items {
		expires := "never"
		if until := line.Allocations[0].ExpiresAt; !until.IsZero() {
			expires = until.Format(time.DateOnly)
		}
		fmt.Fprintf(t, "%s\t%+d\t%d\t%s\t\n", line.Type, line.Amount, line.Balance, expires)
	}
	return t.Flush()
}
