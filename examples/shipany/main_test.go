package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/apikeys"
	"github.com/chameleon-go/chameleon/chameleontest"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/orders"
	"github.com/chameleon-go/chameleon/orders/stripe"
	"github.com/chameleon-go/chameleon/schema"
	"github.com/chameleon-go/chameleon/secret"
	"github.com/chameleon-go/chameleon/users"
)

const (
	ada   = "5f3e6a6e-7f3b-4c55-9b8f-0d4b8c7a1f00"
	bob   = "6f3e6a6e-7f3b-4c55-9b8f-0d4b8c7a1f00"
	twice = "7f3e6a6e-7f3b-4c55-9b8f-0d4b8c7a1f00"
)

// shipAny makes the tables of a product, as far as the program reads them, with three users,
// two of whom have one address.
func shipAny(t *testing.T, db *bun.DB) (sooner, later time.Time) {
	t.Helper()
	for _, table := range []string{
		"users (id integer PRIMARY KEY, uuid varchar(255), email varchar(255), nickname varchar(255), avatar_url varchar(255), " +
			"invited_by varchar(255), signin_provider varchar(50), created_at ?)",
		"credits (id integer PRIMARY KEY, trans_no varchar(255), user_uuid varchar(255), trans_type varchar(50), credits integer, " +
			"order_no varchar(255), created_at ?, expired_at ?)",
		"apikeys (id integer PRIMARY KEY, api_key varchar(255), title varchar(100), user_uuid varchar(255), status varchar(50))",
		"orders (id integer PRIMARY KEY, order_no varchar(255), user_uuid varchar(255), amount integer, ? varchar(50), status varchar(50), " +
			"credits integer, currency varchar(50), sub_id varchar(255), product_id varchar(255), created_at ?)",
	} {
		kind := bun.Safe(map[string]string{"pg": "timestamptz", "mysql": "datetime(3)", "sqlite": "timestamp"}[db.Dialect().Name().String()])
		args := []any{kind, kind}
		if table[0] == 'o' {
			args[0] = bun.Ident("interval")
		}
		_, err := db.NewRaw("CREATE TABLE "+table, args...).Exec(t.Context())
		require.NoError(t, err)
	}
	insert := func(table string, rows ...map[string]any) {
		for i, row := range rows {
			row["id"] = i + 1
			_, err := db.NewInsert().Model(&row).Table(table).Exec(t.Context())
			require.NoError(t, err)
		}
	}
	now := time.Now().UTC().Truncate(time.Second)
	ago, sooner, later := now.AddDate(0, -2, 0), now.AddDate(0, 1, 0), now.AddDate(1, 0, 0)
	insert("users",
		map[string]any{"uuid": ada, "email": "ada@example.com", "signin_provider": "google", "created_at": ago},
		map[string]any{"uuid": bob, "email": "bob@example.com", "signin_provider": "google", "invited_by": ada, "created_at": ago},
		map[string]any{"uuid": twice, "email": "ada@example.com", "signin_provider": "github", "created_at": ago})
	insert("credits",
		map[string]any{"trans_no": "1", "user_uuid": ada, "trans_type": "new_user", "credits": 10, "expired_at": now.AddDate(0, -1, 0)},
		map[string]any{"trans_no": "2", "user_uuid": ada, "trans_type": "order_pay", "credits": 50, "expired_at": sooner},
		map[string]any{"trans_no": "3", "user_uuid": ada, "trans_type": "order_pay", "credits": 100, "expired_at": later},
		map[string]any{"trans_no": "4", "user_uuid": ada, "trans_type": "ping", "credits": -1, "expired_at": sooner},
		map[string]any{"trans_no": "5", "user_uuid": ada, "trans_type": "ping", "credits": -70, "expired_at": later}, // also of the first
		map[string]any{"trans_no": "6", "user_uuid": bob, "trans_type": "new_user", "credits": 10, "expired_at": later})
	insert("apikeys",
		map[string]any{"api_key": "sk-old", "title": "laptop", "user_uuid": ada, "status": "created"},
		map[string]any{"api_key": "sk-gone", "title": "lost", "user_uuid": ada, "status": "deleted"})
	insert("orders",
		map[string]any{
			"order_no": "o1", "user_uuid": bob, "amount": 1999, "interval": "month", "status": "paid", "credits": 300,
			"currency": "usd", "sub_id": "sub_1", "product_id": "pro", "created_at": ago,
		},
		map[string]any{
			"order_no": "o2", "user_uuid": bob, "amount": 1999, "interval": "month", "status": "created", "credits": 300,
			"currency": "usd", "sub_id": "", "product_id": "pro", "created_at": ago,
		})
	return sooner, later
}

func TestMove(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		from := enginetest.NewEmpty(t, env.Engine)
		sooner, later := shipAny(t, from.DB)
		_, err := chameleon.Push(t.Context(), from.DB)
		require.ErrorIs(t, err, schema.ErrForeignTables, "among ShipAny's tables there is no room for ours")
		for range 2 {
			var out bytes.Buffer
			require.NoError(t, run(t.Context(), &out, from.URL, env.URL))
			assert.Contains(t, out.String(), "set aside: user "+twice)
			assert.Contains(t, out.String(), "users: 3")
		}
		moved(t, env.DB, sooner, later)
		renewed(t, env.DB)
		env.Verified(t)
	})
}

// moved sees what of the product is in our tables.
func moved(t *testing.T, db *bun.DB, sooner, later time.Time) {
	ctx := t.Context()
	chameleontest.AssertBalance(t, db, ada, 79) // as ShipAny shows: 50 + 100 - 71, without the 10 that have expired
	chameleontest.AssertBalance(t, db, bob, 10)
	balance, err := credits.Balance(ctx, db, credits.BalanceParams{UserUUID: ada, At: sooner.Add(time.Second)})
	require.NoError(t, err)
	assert.EqualValues(t, 79, balance.Available, "what expires first was spent first")
	balance, err = credits.Balance(ctx, db, credits.BalanceParams{UserUUID: ada, At: later.Add(time.Second)})
	require.NoError(t, err)
	assert.Zero(t, balance.Available)

	user, err := users.Get(ctx, db, users.GetParams{UserUUID: bob})
	require.NoError(t, err)
	assert.Equal(t, ada, user.InvitedBy)
	signedIn, err := users.SignIn(ctx, db, users.SignInParams{Profile: users.Profile{
		Provider: users.ProviderGitHub, Subject: "7", Email: "bob@example.com", EmailVerified: true,
	}})
	require.NoError(t, err)
	assert.Equal(t, bob, signedIn.User.UUID)

	accepted, err := apikeys.Authenticate(ctx, db, apikeys.AuthenticateParams{Key: apikeys.NewSecret("sk-old")})
	require.NoError(t, err)
	assert.Equal(t, ada, accepted.Key.UserUUID)
	assert.False(t, accepted.Key.Legacy, "it was hashed by its first use")
	_, err = apikeys.Authenticate(ctx, db, apikeys.AuthenticateParams{Key: apikeys.NewSecret("sk-gone")})
	require.ErrorIs(t, err, apikeys.ErrUnauthenticated)
}

// renewed lets Stripe tell of the next period of a subscription that was begun at ShipAny.
func renewed(t *testing.T, db *bun.DB) {
	first, err := orders.Get(t.Context(), db, orders.GetParams{OrderNo: "o1"})
	require.NoError(t, err)
	start := time.Now().UTC().Truncate(time.Second).Add(-time.Hour)
	event := chameleontest.StripeInvoicePaid(&chameleontest.Subscription{
		Subscription: &orders.Subscription{SubID: "sub_1", PriceID: "price_pro"}, First: first,
	}, start, start.AddDate(0, 1, 0))
	answer := httptest.NewRecorder()
	stripe.Handler(db, stripe.Config{Secrets: []secret.Secret{secret.New("whsec")}}, nil).
		ServeHTTP(answer, chameleontest.StripeRequest(t, event, "whsec"))
	require.Equal(t, http.StatusOK, answer.Code, answer.Body)
	chameleontest.AssertBalance(t, db, bob, 310)
}
