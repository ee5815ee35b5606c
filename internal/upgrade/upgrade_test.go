package upgrade

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/apikeys"
	"github.com/chameleon-go/chameleon/content"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/credits/audit"
	"github.com/chameleon-go/chameleon/generations"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/internal/testring"
	"github.com/chameleon-go/chameleon/orders"
	"github.com/chameleon-go/chameleon/providers"
	"github.com/chameleon-go/chameleon/users"
)

var writeVersion = flag.String("write", "", "write testdata for this version, the one of the working tree")

// TestWrite writes the fixtures of the working tree's version.
func TestWrite(t *testing.T) {
	if *writeVersion == "" {
		t.Skip("writes testdata only with -write")
	}
	dir := filepath.Join("testdata", *writeVersion)
	require.NoError(t, os.MkdirAll(dir, 0o755))
	enginetest.RunEmpty(t, func(t *testing.T, env *enginetest.Env) {
		pushed := must(chameleon.Push(t.Context(), env.DB))(t)
		told := write(t, env.DB)
		base := filepath.Join(dir, string(env.Engine))
		require.NoError(t, os.WriteFile(base+".sql", []byte(dump(t, env.DB, pushed)), 0o644))
		text := must(json.MarshalIndent(told, "", " "))(t)
		require.NoError(t, os.WriteFile(base+".json", append(text, '\n'), 0o644))
	})
}

// TestUpgrade works on a database of each earlier version.
func TestUpgrade(t *testing.T) {
	versions, err := os.ReadDir("testdata")
	require.NoError(t, err)
	require.NotEmpty(t, versions)
	for _, version := range versions {
		t.Run(version.Name(), func(t *testing.T) {
			enginetest.RunEmpty(t, func(t *testing.T, env *enginetest.Env) {
				upgrade(t, env.DB, filepath.Join("testdata", version.Name(), string(env.Engine)))
			})
		})
	}
}

func upgrade(t *testing.T, db *bun.DB, base string) {
	load(t, db, string(must(os.ReadFile(base+".sql"))(t)))
	told := new(facts)
	require.NoError(t, json.Unmarshal(must(os.ReadFile(base+".json"))(t), told))

	must(chameleon.Push(t.Context(), db))(t)
	require.Empty(t, must(chameleon.Push(t.Context(), db))(t).Changes)
	verified(t, db)
	same(t, told, db)

	goOn(t, db, told)
	verified(t, db)
	must(audit.Rebuild(t.Context(), db, audit.RebuildParams{UserUUID: told.Ada}))(t)
	verified(t, db)
}

// same needs every account to be as it was told.
func same(t *testing.T, told *facts, db *bun.DB) {
	t.Helper()
	now := accounts(t, db)
	for user, then := range told.Accounts {
		require.Equal(t, then.Balances, now[user].Balances)
		require.Equal(t, then.Lines, now[user].Lines)
		require.Equal(t, then.Head, now[user].Head)
	}
	require.Len(t, now, len(told.Accounts))
}

func verified(t *testing.T, db *bun.DB) {
	t.Helper()
	report := must(audit.Verify(t.Context(), db, audit.VerifyParams{}))(t)
	require.True(t, report.OK(), "%+v", report.Breaches)
	require.NotZero(t, report.Entries)
}

// goOn performs every kind of verb on the old rows.
func goOn(t *testing.T, db *bun.DB, told *facts) {
	t.Run("replays", func(t *testing.T) { replays(t, db, told) })
	t.Run("ledger", func(t *testing.T) { ledger(t, db, told) })
	t.Run("payments", func(t *testing.T) { payments(t, db, told) })
	t.Run("generations", func(t *testing.T) { work(t, db, told) })
	t.Run("rest", func(t *testing.T) { rest(t, db, told) })
}

// replays repeats calls of the old version: each is known by its key.
func replays(t *testing.T, db *bun.DB, told *facts) {
	ctx := t.Context()
	op := must(credits.Charge(ctx, db, credits.ChargeParams{
		UserUUID: told.Ada, Amount: 120, Key: "charge", Metadata: map[string]any{"ip": "192.0.2.8"},
	}))(t)
	require.True(t, op.Replayed)
	require.Equal(t, int64(120), op.Amount)
	require.True(t, must(credits.Charge(ctx, db, credits.ChargeParams{
		UserUUID: told.Gone, Amount: 5, Key: "gone-1", Metadata: map[string]any{"ip": "192.0.2.7"},
	}))(t).Replayed, "a charge whose metadata was erased")
	_, err := credits.Charge(ctx, db, credits.ChargeParams{UserUUID: told.Ada, Amount: 121, Key: "charge"})
	require.ErrorIs(t, err, credits.ErrKeyReused)
	require.True(t, must(orders.MarkPaid(ctx, db, orders.MarkPaidParams{OrderNo: "once", PayRef: "pi_once"}))(t).Replayed)
	require.True(t, must(orders.Refund(ctx, db, orders.RefundParams{OrderNo: "once", Total: 500}))(t).Replayed)
	require.True(t, must(generations.Fail(ctx, db, generations.FailParams{GenID: "gen_failed"}))(t).Replayed)
	image := generations.ChargeParams{
		UserUUID: told.Bob, AIType: generations.TypeImage, Provider: "openai", Model: "dall-e-3", Prompt: "a cat", Key: "pending",
	}
	require.True(t, must(generations.ChargeGeneration(ctx, db, image))(t).Replayed)
	same(t, told, db) // replays write nothing
}

func ledger(t *testing.T, db *bun.DB, told *facts) {
	ctx := t.Context()
	before := must(credits.Balance(ctx, db, credits.BalanceParams{UserUUID: told.Ada}))(t)
	require.Positive(t, before.Debt)
	must(credits.Capture(ctx, db, credits.CaptureParams{UserUUID: told.Ada, HoldKey: "open", Amount: 10}))(t)
	must(credits.Refund(ctx, db, credits.RefundParams{UserUUID: told.Ada, ChargeKey: "large", Amount: 100}))(t)
	must(credits.Grant(ctx, db, credits.GrantParams{UserUUID: told.Ada, Amount: 1000, Type: "promo", Key: "later"}))(t)
	must(credits.Charge(ctx, db, credits.ChargeParams{UserUUID: told.Ada, Amount: 7, Key: "after"}))(t)
	must(credits.ExpireDue(ctx, db, credits.ExpireDueParams{}))(t)
	after := must(credits.Balance(ctx, db, credits.BalanceParams{UserUUID: told.Ada}))(t)
	require.Zero(t, after.Held)
	require.Less(t, after.Debt, before.Debt)
}

func payments(t *testing.T, db *bun.DB, told *facts) {
	ctx := t.Context()
	paid := must(orders.MarkPaid(ctx, db, orders.MarkPaidParams{OrderNo: "waiting", PayRef: "pi_waiting"}))(t)
	require.False(t, paid.Replayed)
	require.Equal(t, int64(1000), paid.Operation.Amount)
	require.NotNil(t, paid.Commission, "Ada referred Bob")
	must(orders.Refund(ctx, db, orders.RefundParams{PayRef: "pi_renewal", Total: 1999}))(t)
	must(orders.Refund(ctx, db, orders.RefundParams{OrderNo: "once", Total: 1999}))(t)
	must(orders.EndSubscription(ctx, db, orders.EndSubscriptionParams{SubID: "sub_1"}))(t)
	page := must(orders.List(ctx, db, orders.ListParams{UserUUID: told.Bob}))(t)
	require.Len(t, page.Items, 4)
}

func work(t *testing.T, db *bun.DB, told *facts) {
	ctx := t.Context()
	must(generations.Complete(ctx, db, generations.CompleteParams{
		GenID: "gen_pending", ResultURLs: []string{"https://example.com/2.png"},
	}))(t)
	must(generations.Settle(ctx, db, generations.SettleParams{GenID: "gen_held", Cost: 33}))(t)
	page := must(generations.List(ctx, db, generations.ListParams{UserUUID: told.Bob}))(t)
	require.Len(t, page.Items, 4)
}

func rest(t *testing.T, db *bun.DB, told *facts) {
	ctx := t.Context()
	found := must(apikeys.Authenticate(ctx, db, apikeys.AuthenticateParams{Key: apikeys.NewSecret(told.APIKey)}))(t)
	require.Equal(t, told.Bob, found.Key.UserUUID)
	ring := must(testring.Parse(told.Keyset))(t)
	key := must(providers.Get(ctx, db, providers.GetParams{Provider: providers.OpenAI, AEAD: ring}))(t)
	require.Equal(t, "sk-test", key.Key.Reveal())
	post := must(content.GetBySlug(ctx, db, content.GetBySlugParams{Slug: content.Slugify("Привет, мир"), Locale: "ru"}))(t)
	require.Equal(t, "# Hi\n\\n 'x'", post.Content)
	require.Equal(t, "Ada \\ 'Λ'", must(users.Get(ctx, db, users.GetParams{Email: "ada@example.com"}))(t).Nickname)
	must(users.SignIn(ctx, db, users.SignInParams{
		Profile: users.Profile{Provider: users.ProviderGoogle, Subject: "g-1"},
	}))(t)
	must(chameleon.DeleteUser(ctx, db, chameleon.DeleteUserParams{UserUUID: told.Bob}))(t)
}
