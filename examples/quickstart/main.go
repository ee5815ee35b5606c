// Command quickstart runs the main features once: it creates the schema, signs a user up,
// grants credits that expire at different times, charges for an image and a video, refunds
// the one that failed to the grants that it was paid from, holds credits for a cost that
// is known only afterwards, refuses to overspend, prints the account's statement and
// verifies the books.
//
// By default it uses an embedded SQLite database in memory. If DATABASE_URL is set it uses
// that database, and leaves the user that it created there.
package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/dialect"
)

func main() {
	if err := run(context.Background(), newPrinter(os.Stdout), os.Getenv("DATABASE_URL")); err != nil {
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
	tour := &tour{db: db, out: out}
	tour.sayf("Pushed the schema to %s: %d tables, columns and indexes created",
		dialect.Of(db).Engine, len(pushed.Changes))
	for _, step := range []func(context.Context) error{
		tour.signUp, tour.grant, tour.generate, tour.hold, tour.overspend, tour.statement, tour.prove,
	} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// tour is one user's way through the library.
type tour struct {
	db   *bun.DB
	out  io.Writer
	user string
}

func (t *tour) sayf(format string, args ...any) { fmt.Fprintf(t.out, format+"\n", args...) }
