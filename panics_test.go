package chameleon_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/mysqldialect"
	"github.com/uptrace/bun/dialect/pgdialect"
	"github.com/uptrace/bun/dialect/sqlitedialect"
	"github.com/uptrace/bun/schema"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/apikeys"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/dialect/handle"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/internal/leaktest"
	"github.com/chameleon-go/chameleon/orders/creem"
	"github.com/chameleon-go/chameleon/orders/webhook"
	"github.com/chameleon-go/chameleon/secret"
	"github.com/chameleon-go/chameleon/users"
)

// bomb is whatever an application hangs into a handle, and panics at a place of one
// query.
type bomb struct {
	place string
	left  atomic.Int64 // queries until it goes off
}

// arm lets it go off at a place, of the nth query from now.
func (b *bomb) arm(place string, n int64) { b.place = place; b.left.Store(n) }

func (b *bomb) at(place string) {
	if b.place == place && b.left.Add(-1) == 0 {
		panic("a callback of the application's, at " + place)
	}
}

func (b *bomb) BeforeQuery(ctx context.Context, _ *bun.QueryEvent) context.Context {
	b.at("hook before")
	return ctx
}

func (b *bomb) AfterQuery(context.Context, *bun.QueryEvent) { b.at("hook after") }

func (b *bomb) StartQuery(ctx context.Context, _ handle.Query) (context.Context, func(error)) {
	b.at("tracer")
	return ctx, func(error) { b.at("tracer's end") }
}

func (*bomb) Enabled(context.Context, slog.Level) bool { return true }

func (b *bomb) Handle(context.Context, slog.Record) error {
	b.at("log")
	return nil
}

func (b *bomb) WithAttrs([]slog.Attr) slog.Handler { return b }

func (b *bomb) WithGroup(string) slog.Handler { return b }

const (
	panicWelcomeKey = "a welcome key that nobody may see, 32 bytes"
	panicSigningKey = "whsec_that_nobody_may_see"
)

// panicking are verbs that are given secrets, or that take another way to the
// database than most.
func panicking(key apikeys.Secret) map[string]func(db *bun.DB, round string) {
	ctx := context.Background()
	hook := func(context.Context, bun.Tx, webhook.Event) error { panic("the application's hook") }
	config := creem.Config{Secrets: []secret.Secret{secret.New(panicSigningKey)}, Options: webhook.Options{Hook: hook}}
	return map[string]func(db *bun.DB, round string){
		"SignIn": func(db *bun.DB, round string) {
			_, _ = users.SignIn(ctx, db, users.SignInParams{
				Profile:    users.Profile{Provider: users.ProviderGoogle, Subject: round, Email: round + "@example.com", EmailVerified: true},
				WelcomeKey: secret.New(panicWelcomeKey),
			})
		},
		"Charge": func(db *bun.DB, round string) {
			_, _ = credits.Charge(ctx, db, credits.ChargeParams{UserUUID: "spender", Amount: 1, Key: round})
		},
		"Authenticate": func(db *bun.DB, _ string) {
			_, _ = apikeys.Authenticate(ctx, db, apikeys.AuthenticateParams{Key: key})
		},
		"creem.Handle": func(db *bun.DB, round string) {
			body := []byte(fmt.Sprintf(`{"id":"evt_%s","eventType":"nothing.known","created_at":%d,"object":{}}`, round, time.Now().UnixMilli()))
			_, _ = creem.Handle(ctx, db, config, creem.Request{Body: body, Signature: creem.Sign(body, panicSigningKey)})
		},
	}
}

// TestPanicsShowNoSecretAndHoldNothing: a callback of the application's that panics
// at any query of a verb, and a handle that is nil, end the verb by a panic in which no
// secret is to be seen, with its transaction rolled back and its connection free.
func TestPanicsShowNoSecretAndHoldNothing(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := t.Context()
		made, err := apikeys.Create(ctx, env.DB, apikeys.CreateParams{UserUUID: uuid.NewString(), Name: "CI"})
		require.NoError(t, err)
		_, err = credits.Grant(ctx, env.DB, credits.GrantParams{UserUUID: "spender", Amount: 1000, Type: "gift", Key: "g"})
		require.NoError(t, err)
		watch := leaktest.New(t, made.Secret.Reveal(), panicWelcomeKey, panicSigningKey)
		b := &bomb{}
		db := env.Open(t, chameleon.WithPoolSize(1), chameleon.WithTracer(b), chameleon.WithLogger(slog.New(b)),
			chameleon.WithSlowQueryThreshold(time.Nanosecond)).WithQueryHook(b)
		foreign := bun.NewDB(db.DB, plainDialect(env.Engine)).WithQueryHook(b)
		hooks := map[string]int64{"hook before": 100, "hook after": 100}
		all := map[string]int64{"hook before": 100, "hook after": 100, "tracer": 1, "tracer's end": 1, "log": 1}
		for verb, run := range panicking(made.Secret) {
			require.NotNil(t, watch.Recovered(func() { run(nil, "nil") }), verb)
			b.everywhere(t, watch, db, verb, run, all)
		}
		b.everywhere(t, watch, foreign, "SignIn of a foreign handle", panicking(made.Secret)["SignIn"], hooks)
	})
}

// everywhere has the bomb go off at each query of a verb, up to so many at each place,
// and sees that the handle's only connection is free again.
func (b *bomb) everywhere(
	t *testing.T, watch *leaktest.Watch, db *bun.DB, verb string, run func(db *bun.DB, round string), places map[string]int64,
) {
	t.Helper()
	for place, queries := range places {
		went := false
		for n, off := int64(1), true; off && n <= queries; n++ {
			b.arm(place, n)
			round := strings.ReplaceAll(fmt.Sprint(verb, "-", place, "-", n), " ", "-")
			off = watch.Recovered(func() { run(db, round) }) != nil && b.left.Load() == 0
			b.arm("", 0)
			went = went || off
			limited, cancel := context.WithTimeout(t.Context(), time.Minute)
			_, err := credits.Balance(limited, db, credits.BalanceParams{UserUUID: "spender"})
			cancel()
			require.NoError(t, err, "the connection is free after %s", round)
		}
		require.True(t, went, "%s at %s", verb, place)
	}
}

// plainDialect is bun's own.
func plainDialect(engine dialect.Engine) schema.Dialect {
	switch engine {
	case dialect.PostgreSQL:
		return pgdialect.New()
	case dialect.SQLite:
		return sqlitedialect.New()
	}
	return mysqldialect.New()
}
