package main

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net/http"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/apikeys"
	"github.com/chameleon-go/chameleon/orders/creem"
	"github.com/chameleon-go/chameleon/orders/stripe"
	"github.com/chameleon-go/chameleon/orders/webhook"
	"github.com/chameleon-go/chameleon/secret"
)

type app struct {
	db *bun.DB
	config
}

func newApp(db *bun.DB, c config) *app {
	if len(c.sessionKey) == 0 { // sessions then end with the process
		c.sessionKey = []byte(rand.Text())
	}
	return &app{db: db, config: c}
}

func (a *app) routes() http.Handler {
	mux := http.NewServeMux()
	for pattern, handler := range map[string]handler{
		"/api/get-user-info":           a.userInfo,
		"/api/get-user-credits":        a.userCredits,
		"POST /api/ping":               a.ping,
		"POST /api/generator/generate": a.generate,
		"/api/generator/query":         a.query,
		"/api/generator/history":       a.history,
		"POST /api/checkout":           a.checkout,
		"POST /api/keys":               a.createKey,
		"/api/admin/stats":             a.adminOnly(a.adminStats),
	} {
		mux.Handle(pattern, a.answer(handler))
	}
	mux.Handle("POST /api/pay/notify/stripe", stripe.Handler(a.db, stripe.Config{Secrets: secrets(a.stripeSecret)}, logEvent))
	mux.Handle("POST /api/pay/notify/creem", creem.Handler(a.db, creem.Config{Secrets: secrets(a.creemSecret)}, logEvent))
	mux.HandleFunc("GET /signin/{provider}", a.signIn)
	mux.HandleFunc("GET /signin/{provider}/callback", a.signedIn)
	mux.HandleFunc("GET /i/{code}", a.invite)
	mux.HandleFunc("GET /{$}", a.home)
	mux.HandleFunc("GET /admin", a.page(a.adminPage))
	mux.HandleFunc("GET /admin/accounts/{user}", a.page(a.accountPage))
	mux.HandleFunc("POST /admin/accounts/{user}", a.page(a.adjust))

	keys := apikeys.Middleware(a.db, apikeys.MiddlewareParams{
		Optional: true, Bearer: true,
		Refuse: func(w http.ResponseWriter, _ *http.Request, err error) { refuse(w, err) },
	})
	return http.NewCrossOriginProtection().Handler(keys(mux)) // providers' webhooks have no Origin
}

// secrets is a list of one, or of none: then no signature holds.
func secrets(text string) []secret.Secret {
	if text == "" {
		return nil
	}
	return []secret.Secret{secret.New(text)}
}

func logEvent(ctx context.Context, result *webhook.Result, err error) {
	if err != nil {
		slog.ErrorContext(ctx, "webhook", "error", err)
		return
	}
	slog.InfoContext(ctx, "webhook", "id", result.EventID, "type", result.EventType, "ignored", result.Ignored)
}
