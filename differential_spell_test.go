package chameleon_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/content"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/generations"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/orders"
	"github.com/chameleon-go/chameleon/users"
)

// spell makes rows whose names differ by case, accents or width alone, and finds each:
// names are what they are, byte for byte, whatever an engine's collation.
func (h *drawn) spell(t *testing.T, envs []*enginetest.Env) {
	t.Helper()
	user := h.users()[0]
	done := func(verb, params any) {
		require.NoError(t, h.agree(t, envs, verb, params), "%+v", params)
	}
	for _, name := range []string{"o-e", "O-e", "o-é", "o-ｅ", "o-ß", "o-ss"} {
		done(orders.Create, orders.CreateParams{
			UserUUID: user, OrderNo: name, ProductID: "pro", Amount: 100, Currency: "USD", PayType: orders.PayTypeStripe,
			Interval: orders.IntervalOneTime, Credits: 10, At: h.at,
		})
		done(orders.Get, orders.GetParams{OrderNo: name})
		done(generations.ChargeGeneration, generations.ChargeParams{
			UserUUID: user, GenID: "gen_" + name, AIType: "text", Provider: "openai", Model: "gpt", Prompt: name, Cost: 1, At: h.at,
		})
		done(generations.Get, generations.GetParams{GenID: "gen_" + name})
		done(credits.Grant, credits.GrantParams{UserUUID: user, Amount: 1, Type: name, Key: name, At: h.at})
		done(credits.GetOperation, credits.GetOperationParams{UserUUID: user, Key: name})
		done(users.LinkIdentity, users.LinkIdentityParams{
			UserUUID: user, Profile: users.Profile{Provider: users.ProviderGitHub, Subject: name}, At: h.at,
		})
		_ = h.agree(t, envs, content.CreatePost, content.CreatePostParams{
			Title: "A post", Content: "text", Slug: name, Locale: "en", Publish: true, At: h.at,
		})
		_ = h.agree(t, envs, content.GetBySlug, content.GetBySlugParams{Slug: name, Locale: "en"})
	}
	require.Contains(t, []dialect.Engine{dialect.SQLite, dialect.PostgreSQL}, envs[0].Engine, "which compares bytes")
}
