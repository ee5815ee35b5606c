// Command saas is a complete backend for an AI product: sign-in with Google and GitHub,
// API keys, credits, generations with OpenAI's image API, checkouts and webhooks of
// Stripe and Creem, and an administrator's page. It has the endpoints that the original
// application documents, and the same form of response:
// {"code": 0, "message": "ok", "data": …}.
//
//	cd examples && go run ./saas
//
// By default it uses an embedded SQLite database in memory. Environment variables
// configure the rest: DATABASE_URL, ADDRESS, PUBLIC_URL, ADMINS (emails), SESSION_KEY,
// GOOGLE_ID, GOOGLE_SECRET, GITHUB_ID, GITHUB_SECRET, OPENAI_API_KEY, STRIPE_API_KEY,
// STRIPE_WEBHOOK_SECRET, CREEM_API_KEY, CREEM_WEBHOOK_SECRET.
package main

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/maintain"
)

func main() {
	if err := run(context.Background()); err != nil {
		slog.Error("saas", "error", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	db, err := chameleon.Open(ctx, cmp.Or(os.Getenv("DATABASE_URL"), "sqlite://:memory:"))
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	if _, err := chameleon.Push(ctx, db); err != nil {
		return err
	}
	maintained := make(chan error, 1)
	go func() {
		_, err := maintain.Run(ctx, db, maintain.Params{}) // until ctx ends
		maintained <- err
	}()

	server := &http.Server{
		Addr: cmp.Or(os.Getenv("ADDRESS"), "localhost:8080"), Handler: newApp(db, fromEnvironment()).routes(),
		ReadHeaderTimeout: 5 * time.Second, IdleTimeout: time.Minute,
	}
	stopped := make(chan error, 1)
	go func() {
		<-ctx.Done()
		late, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
		defer cancel()
		stopped <- server.Shutdown(late)
	}()
	slog.Info("saas listens", "address", server.Addr)
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return errors.Join(<-stopped, <-maintained)
}
