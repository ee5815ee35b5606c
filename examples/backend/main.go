// Command backend is a small backend of an AI product: sign-in with Google, API keys, images
// that are paid for with credits, checkouts, and Stripe's webhook. The program saas is larger.
//
//	cd examples && go run ./backend
//
// Environment variables: DATABASE_URL (without it, an embedded database in memory), ADDRESS,
// GOOGLE_ID, OPENAI_API_KEY, STRIPE_API_KEY, STRIPE_WEBHOOK_SECRET.
package main

import (
	"cmp"
	"context"
	"encoding/json"
	"log"
	"net/http"
	"os"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/apikeys"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/generations"
	"github.com/chameleon-go/chameleon/maintain"
	"github.com/chameleon-go/chameleon/orders"
	"github.com/chameleon-go/chameleon/orders/stripe"
	"github.com/chameleon-go/chameleon/secret"
	"github.com/chameleon-go/chameleon/users"
	"github.com/chameleon-go/chameleon/web"
)

func main() {
	if err := run(context.Background()); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context) error {
	db, err := chameleon.Open(ctx, cmp.Or(os.Getenv("DATABASE_URL"), "sqlite://:memory:"))
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	if _, err := chameleon.Push(ctx, db); err != nil {
		return err
	}
	go func() { _, _ = maintain.Run(ctx, db, maintain.Params{}) }() // ends stuck generations, for one
	b := &backend{
		db: db, person: google, image: openAI, checkout: stripeCheckout,
		stripe: stripe.Config{Secrets: []secret.Secret{secret.New(os.Getenv("STRIPE_WEBHOOK_SECRET"))}},
	}
	server := &http.Server{Addr: cmp.Or(os.Getenv("ADDRESS"), "localhost:8080"), Handler: b.routes(), ReadHeaderTimeout: 5 * time.Second}
	return server.ListenAndServe()
}

// backend is the product: a database, and the services that it asks, as outside.go does.
type backend struct {
	db       *bun.DB
	person   func(ctx context.Context, idToken string) (users.Profile, error)
	image    func(ctx context.Context, g *generations.Generation) (*generations.Made, error)
	checkout func(ctx context.Context, o *orders.Order) (url string, err error)
	stripe   stripe.Config
}

func (b *backend) routes() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("POST /api/sign-in", answer(b.signIn))
	mux.Handle("POST /api/pay/notify/stripe", stripe.Handler(b.db, b.stripe, nil))
	keys := apikeys.Middleware(b.db, apikeys.MiddlewareParams{
		Bearer: true, Refuse: func(w http.ResponseWriter, _ *http.Request, err error) { web.WriteProblem(w, err) },
	})
	for pattern, handler := range map[string]func(r *http.Request, user string) (any, error){
		"GET /api/credits": b.credits, "POST /api/images": b.images, "GET /api/images": b.history, "POST /api/checkout": b.buy,
	} {
		mux.Handle(pattern, keys(answer(func(r *http.Request) (any, error) {
			key, _ := apikeys.FromContext(r.Context()) // the middleware lets nobody through without
			return handler(r, key.UserUUID)
		})))
	}
	return mux
}

// answer writes what a handler returns as JSON, and its error with the status that fits.
func answer(handler func(r *http.Request) (any, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		result, err := handler(r)
		if err != nil {
			web.WriteProblem(w, err)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(result)
	})
}

// signIn exchanges Google's ID token for an API key. A new user gets welcome credits.
func (b *backend) signIn(r *http.Request) (any, error) {
	profile, err := b.person(r.Context(), r.FormValue("id_token"))
	if err != nil {
		return nil, err
	}
	signedIn, err := users.SignIn(r.Context(), b.db, users.SignInParams{Profile: profile})
	if err != nil {
		return nil, err
	}
	key, err := apikeys.Create(r.Context(), b.db, apikeys.CreateParams{
		UserUUID: signedIn.User.UUID, Name: "sign-in", ExpiresAt: time.Now().AddDate(0, 1, 0),
	})
	if err != nil {
		return nil, err
	}
	return map[string]string{"key": key.Secret.Reveal()}, nil
}

func (b *backend) credits(r *http.Request, user string) (any, error) {
	return credits.Balance(r.Context(), b.db, credits.BalanceParams{UserUUID: user})
}

// images charges, asks the provider, and gives the credits back if that fails. With an
// Idempotency-Key, a request that is sent again is answered with the same images.
func (b *backend) images(r *http.Request, user string) (any, error) {
	key, err := web.IdempotencyKey(r)
	if err != nil {
		return nil, err
	}
	return generations.Run(r.Context(), b.db, generations.RunParams{
		Charge: &generations.ChargeParams{
			UserUUID: user, AIType: generations.TypeImage, Provider: "openai", Model: "dall-e-3", Prompt: r.FormValue("prompt"), Cost: 10, Key: key,
		},
		Make: b.image, Detached: true,
	})
}

func (b *backend) history(r *http.Request, user string) (any, error) {
	return generations.List(r.Context(), b.db, generations.ListParams{UserUUID: user, Cursor: r.FormValue("cursor")})
}

// buy begins a checkout. The webhook grants the credits, once the money is there.
func (b *backend) buy(r *http.Request, user string) (any, error) {
	created, err := orders.Create(r.Context(), b.db, orders.CreateParams{
		UserUUID: user, ProductID: "1,000 credits", Amount: 999, Currency: "USD", PayType: orders.PayTypeStripe, Credits: 1000,
	})
	if err != nil {
		return nil, err
	}
	url, err := b.checkout(r.Context(), created.Order)
	return map[string]string{"url": url}, err
}
