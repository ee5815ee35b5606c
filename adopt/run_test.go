package adopt_test

import (
	"context"
	"encoding/json"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/adopt"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/credits/audit"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/events"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/internal/testring"
)

// irregular adds what the fixture lacks.
func irregular(t *testing.T, env *enginetest.Env) {
	t.Helper()
	if env.Engine == dialect.SQLite { // where the original makes no tables
		for _, table := range []string{"users", "apikeys", "ai_provider_keys"} {
			_, err := env.DB.ExecContext(t.Context(), "UPDATE "+table+" SET original = true")
			require.NoError(t, err)
		}
	}
	for _, statement := range []string{
		"UPDATE users SET invited_by = 'a2bddf01-b362-4503-b657-270bbf79107e' WHERE uuid = '8ba84bc0-8954-44b4-b55d-9c6504b01553'",
		"INSERT INTO orders (order_no, user_uuid, amount, status, created_at) VALUES " +
			"('open', '8ba84bc0-8954-44b4-b55d-9c6504b01553', 100, 'created', '2026-01-01 00:00:00'), " +
			"('given up', '8ba84bc0-8954-44b4-b55d-9c6504b01553', 100, 'canceled', '2026-01-01 00:00:00'), " +
			"('strange', '8ba84bc0-8954-44b4-b55d-9c6504b01553', 100, 'on the moon', '2026-01-01 00:00:00'), " +
			"('undated', '8ba84bc0-8954-44b4-b55d-9c6504b01553', 100, 'paid', '2026-01-01 00:00:00')",
		"INSERT INTO posts (uuid, title, slug, locale, status, created_at) VALUES " +
			"('p1', 'x', 'twin', 'en', 'online', '2026-01-01 00:00:00'), ('p2', 'x', 'twin', 'en', 'published', '2026-01-02 00:00:00')",
	} {
		_, err := env.DB.ExecContext(t.Context(), statement)
		require.NoError(t, err)
	}
}

// texts reads one column of a table.
func texts(t *testing.T, db bun.IDB, query string) (found []string) {
	t.Helper()
	require.NoError(t, db.NewRaw(query).Scan(t.Context(), &found))
	return found
}

// read is all that the original reads and a final run rewrites.
func read(t *testing.T, db bun.IDB) (all []string) {
	t.Helper()
	key := "`key`"
	if dialect.Of(db).Engine == dialect.PostgreSQL {
		key = `"key"`
	}
	for _, query := range []string{
		"SELECT email FROM users ORDER BY id", "SELECT " + key + " FROM apikeys ORDER BY id",
		"SELECT api_key FROM ai_provider_keys ORDER BY id", "SELECT slug FROM posts WHERE slug IS NOT NULL ORDER BY id",
		"SELECT status FROM orders ORDER BY id", "SELECT status FROM generations ORDER BY id",
	} {
		all = append(all, texts(t, db, query)...)
	}
	return all
}

// adopted asserts what becomes of the fixture's accounts: every balance is what was
// shown, and the books are right.
func adopted(t *testing.T, db *bun.DB, before []account, report *adopt.Report) {
	t.Helper()
	require.EqualValues(t, 60, report.Accounts)
	require.Empty(t, report.SetAside)
	require.Zero(t, outside(t, db))
	for _, a := range before {
		b, err := credits.Balance(t.Context(), db, credits.BalanceParams{UserUUID: a.UserUUID})
		require.NoError(t, err)
		require.Equal(t, a.LeftCredits, b.Available-b.Debt, a.UserUUID)
	}
	verified, err := audit.Verify(t.Context(), db, audit.VerifyParams{})
	require.NoError(t, err)
	require.Empty(t, verified.Breaches)
	require.Zero(t, verified.Legacy.Entries)
	require.Zero(t, verified.Legacy.LeftCredits)
	text, err := json.Marshal(report)
	require.NoError(t, err)
	require.Contains(t, string(text), `"reason":"below the sum of the rows"`)
	require.Contains(t, report.Text(), "60 accounts, 313 rows outside the ledger, of which 313 were taken over")
}

// told: an adoption tells of nothing, since nothing has happened, and accounts that it
// took over tell of what happens next from their first event on.
func told(t *testing.T, env *enginetest.Env, accounts []account) {
	t.Helper()
	found, err := env.DB.NewSelect().Model((*events.Record)(nil)).Count(t.Context())
	require.NoError(t, err)
	require.Zero(t, found)
	on := env.Open(t, chameleon.WithEvents())
	for _, a := range accounts {
		_, err := credits.Grant(t.Context(), on, credits.GrantParams{UserUUID: a.UserUUID, Amount: 1, Type: "gift", Key: "told"})
		require.NoError(t, err)
	}
	seqs := map[string][]int64{}
	var mu sync.Mutex
	for delivered := int64(1); delivered > 0; {
		done, err := events.Deliver(t.Context(), env.DB, events.DeliverParams{Handler: func(_ context.Context, e events.Event) error {
			mu.Lock()
			defer mu.Unlock()
			seqs[e.Account] = append(seqs[e.Account], e.Seq)
			return nil
		}})
		require.NoError(t, err)
		delivered = done.Delivered
	}
	for _, a := range accounts {
		require.Contains(t, [][]int64{{1}, {1, 2}}, seqs[a.UserUUID], "granted, and where there was a debt, settled")
	}
}

// TestRun adopts a database of the original's: a run leaves what the original reads,
// a final one rewrites it, either does what the dry run said, and again finds nothing.
func TestRun(t *testing.T) {
	enginetest.RunLive(t, func(t *testing.T, env *enginetest.Env) {
		ctx := t.Context()
		irregular(t, env)
		before, balances := read(t, env.DB), accounts(t, env.DB)
		run := func(p adopt.Params) *adopt.Report {
			report, err := adopt.Run(ctx, env.DB, p)
			require.NoError(t, err)
			return report
		}
		plan := run(adopt.Params{DryRun: true, Batch: 7})
		require.Equal(t, balances, accounts(t, env.DB))
		require.Equal(t, plan.Rows, outside(t, env.DB))
		first := run(adopt.Params{Batch: 7})
		plan.DryRun = false
		require.Equal(t, plan, first)
		require.Equal(t, before, read(t, env.DB))
		adopted(t, env.DB, balances, first)

		require.Len(t, first.Loops, 1)
		require.Equal(t, "a2bddf01-b362-4503-b657-270bbf79107e", first.Loops[0].UserUUID, "the later of the two")
		require.EqualValues(t, 1, first.OrdersDated)
		require.Equal(t, []string{"2026"}, texts(t, env.DB, "SELECT SUBSTR(CAST(paid_at AS CHAR(30)), 1, 4) FROM orders WHERE order_no = 'undated'"))
		require.Positive(t, first.Orders.Linked)
		require.Positive(t, first.Generations.Linked)
		require.Contains(t, first.Statuses, adopt.Status{Table: "orders", Status: "created", Rows: 1, Becomes: "pending"})
		require.Contains(t, first.Statuses, adopt.Status{Table: "orders", Status: "canceled", Rows: 1, Becomes: "cancelled"})
		require.Contains(t, first.Statuses, adopt.Status{Table: "orders", Status: "on the moon", Rows: 1})
		require.EqualValues(t, 4, first.ProviderKeys.Plaintext)
		require.Equal(t, env.Engine != dialect.SQLite, len(first.Narrow) > 0)

		undone(t, env.DB)
		told(t, env, balances)

		ring, err := testring.New()
		require.NoError(t, err)
		final := run(adopt.Params{Final: true, Widen: true, AEAD: ring})
		require.EqualValues(t, 9, final.Emails.Folded)
		require.EqualValues(t, 12, final.APIKeys.Hashed)
		require.EqualValues(t, 4, final.ProviderKeys.Encrypted)
		require.Equal(t, "twin-2", final.Slugs.Numbered[len(final.Slugs.Numbered)-1].Now)
		for _, text := range read(t, env.DB) {
			require.NotContains(t, text, "sk-")
			require.NotContains(t, text, "secret")
			require.NotContains(t, text, "Example.COM")
			require.NotEqual(t, "created", text)
		}
		require.Contains(t, read(t, env.DB), "on the moon")
		require.Contains(t, final.Text(), "the original has gone")

		again := run(adopt.Params{Final: true, AEAD: ring})
		require.Zero(t, again.Accounts)
		require.Zero(t, again.Emails.Folded+again.APIKeys.Hashed+again.ProviderKeys.Plaintext+again.Slugs.Keyed+again.OrdersDated)
		require.Empty(t, again.Narrow)
		require.Empty(t, again.Loops)
		require.Zero(t, again.Orders.Linked+again.Generations.Linked)
		require.Len(t, again.Statuses, 1)
		require.True(t, strings.HasSuffix(again.Text(), "0 encrypted\n"))
	})
}
