package chameleon_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/mysqldialect"
	"github.com/uptrace/bun/dialect/pgdialect"
	"github.com/uptrace/bun/dialect/sqlitedialect"
	bunschema "github.com/uptrace/bun/schema"

	"github.com/chameleon-go/chameleon/affiliates"
	"github.com/chameleon-go/chameleon/apikeys"
	"github.com/chameleon-go/chameleon/content"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/generations"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/orders"
	"github.com/chameleon-go/chameleon/providers"
	"github.com/chameleon-go/chameleon/schema"
	"github.com/chameleon-go/chameleon/users"
)

// Each package's models bring the tables that its verbs need, and no other.
func TestPushAPart(t *testing.T) {
	ledger := []string{"credits", "credits_trans", "credits_trans_archive", "credits_lots", "credits_holds", "credits_budgets", "chameleon_events", "chameleon_totals"}
	people := append([]string{"users", "user_identities", "welcome_claims"}, ledger...)
	parts := map[string]struct {
		models []any
		tables []string
	}{
		"credits":     {credits.Models(), ledger},
		"users":       {users.Models(), people},
		"affiliates":  {affiliates.Models(), append([]string{"affiliates"}, people...)},
		"orders":      {orders.Models(), append([]string{"orders", "payments", "subscriptions", "affiliates"}, people...)},
		"generations": {generations.Models(), append([]string{"generations", "generations_archive", "ai_provider_keys"}, ledger...)},
		"providers":   {providers.Models(), []string{"ai_provider_keys"}},
		"apikeys":     {apikeys.Models(), []string{"apikeys"}},
		"content":     {content.Models(), []string{"posts", "post_slugs", "feedbacks", "chameleon_totals"}},
	}
	enginetest.RunEmpty(t, func(t *testing.T, env *enginetest.Env) {
		for name, part := range parts {
			planned, err := schema.Plan(t.Context(), env.DB, part.models...)
			require.NoError(t, err)
			var tables []string
			for _, c := range planned.Changes {
				if c.Kind == schema.AddTable {
					tables = append(tables, c.Table)
				}
			}
			require.ElementsMatch(t, part.tables, tables, name)
		}
	})
}

// A team with tables of its own gets the ledger beside them, through a handle
// that it opened itself.
func TestPushTheLedgerAlone(t *testing.T) {
	enginetest.RunEmpty(t, func(t *testing.T, env *enginetest.Env) {
		run(t, env.DB,
			`CREATE TABLE users (id integer NOT NULL PRIMARY KEY, email varchar(99) NOT NULL)`,
			`INSERT INTO users (id, email) VALUES (1, 'ada@example.com')`)
		stock := map[string]bunschema.Dialect{
			"postgres": pgdialect.New(), "mysql": mysqldialect.New(), "sqlite": sqlitedialect.New(),
		}
		theirs := bun.NewDB(env.DB.DB, stock[family(env.Engine)])
		require.True(t, dialect.Of(theirs).Foreign)

		result, err := schema.Push(t.Context(), theirs, credits.Models()...)
		require.NoError(t, err)
		require.NotEmpty(t, result.Changes)
		again, err := schema.Push(t.Context(), theirs, credits.Models()...)
		require.NoError(t, err)
		require.Empty(t, again.Changes)

		const user = "0b0ddc64-7b0b-4c3e-9b6e-3a8d51b3a001"
		_, err = credits.Grant(t.Context(), theirs, credits.GrantParams{UserUUID: user, Amount: 10, Type: "promo", Key: "g"})
		require.NoError(t, err)
		_, err = credits.Charge(t.Context(), theirs, credits.ChargeParams{UserUUID: user, Amount: 4, Key: "c"})
		require.NoError(t, err)
		var email string
		require.NoError(t, env.DB.DB.QueryRowContext(t.Context(), "SELECT email FROM users WHERE id = 1").Scan(&email))
		require.Equal(t, "ada@example.com", email)
	})
}
