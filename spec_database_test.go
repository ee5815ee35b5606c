package chameleon_test

import (
	"log/slog"
	"net"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/affiliates"
	"github.com/chameleon-go/chameleon/apikeys"
	"github.com/chameleon-go/chameleon/content"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/generations"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/orders"
	"github.com/chameleon-go/chameleon/providers"
	"github.com/chameleon-go/chameleon/users"
)

func databaseRules() []rule {
	return slices.Concat(schemaRules(), queryRules, upkeepRules, urlRules())
}

// queryRules are the common queries of the specification, and what holds of
// every list.
var queryRules = []rule{
	{name: "query_user_with_credits", holds: func(t *testing.T, env *enginetest.Env) {
		u := member(t, env.DB)
		got := ok(users.GetWithCredits(t.Context(), env.DB, users.GetWithCreditsParams{Email: u.Email, At: lastDay}))(t)
		assert.Equal(t, u.UUID, got.User.UUID)
		assert.Equal(t, int64(100), got.Balance.Available)
		var row struct {
			UUID        string
			LeftCredits int64
		}
		require.NoError(t, env.DB.NewSelect().Model((*users.User)(nil)).Column("u.uuid").ColumnExpr("a.left_credits").
			Join("LEFT JOIN credits AS a ON u.uuid = a.user_uuid").Where("u.email = ?", u.Email).Limit(1).Scan(t.Context(), &row))
		assert.Equal(t, u.UUID, row.UUID)
		assert.Equal(t, int64(100), row.LeftCredits)
		poor := &users.User{UUID: uuid.NewString(), Email: "poor@example.com", InviteCode: "poor01"} // has no row in credits
		ok(env.DB.NewInsert().Model(poor).Exec(t.Context()))(t)
		got = ok(users.GetWithCredits(t.Context(), env.DB, users.GetWithCreditsParams{Email: poor.Email, At: lastDay}))(t)
		assert.Equal(t, poor.UUID, got.User.UUID)
		assert.Zero(t, got.Balance.Available)
	}},
	{name: "query_users_orders", holds: func(t *testing.T, env *enginetest.Env) {
		u, want := member(t, env.DB).UUID, []string{}
		together(t, env.DB, func(tx bun.Tx) {
			for i := range 11 {
				no := buy(t, tx, orders.CreateParams{UserUUID: u, At: lastDay.Add(time.Duration(i) * time.Second)})
				want = append([]string{no}, want...)
			}
		})
		page := ok(orders.List(t.Context(), env.DB, orders.ListParams{UserUUID: u, Sort: orders.SortCreation, Limit: 10}))(t)
		assert.Equal(t, want[:10], numbers(page))
		page = ok(orders.List(t.Context(), env.DB, orders.ListParams{UserUUID: u, Sort: orders.SortCreation, Cursor: page.Next, Limit: 10}))(t)
		assert.Equal(t, want[10:], numbers(page))
	}},
	{name: "query_generation_history", holds: func(t *testing.T, env *enginetest.Env) {
		u, want := uuid.NewString(), []string{}
		together(t, env.DB, func(tx bun.Tx) {
			grant(t, tx, credits.GrantParams{UserUUID: u, Amount: 105})
			for i := range 21 {
				g := generate(t, tx, u, generations.ChargeParams{At: lastDay.Add(time.Duration(i) * time.Second)})
				want = append([]string{g.GenID}, want...)
			}
		})
		assert.Equal(t, want[:20], history(t, env.DB, u))
	}},
	{name: "every_list_has_a_limit", holds: func(t *testing.T, env *enginetest.Env) {
		for name, list := range lists(t, env.DB) {
			require.NoError(t, list(1), name)
			for _, limit := range []int{-1, 501} {
				var invalid *chameleon.InvalidError
				require.ErrorAs(t, list(limit), &invalid, name)
				assert.Equal(t, "Limit", invalid.Field, name)
			}
		}
	}},
}

// lists are all lists, called with a limit.
func lists(t *testing.T, db *bun.DB) map[string]func(limit int) error {
	t.Helper()
	ctx, u := t.Context(), uuid.NewString()
	return map[string]func(limit int) error{
		"users.List": func(n int) error { _, err := users.List(ctx, db, users.ListParams{Limit: n}); return err },
		"users.Search": func(n int) error {
			_, err := users.Search(ctx, db, users.SearchParams{Query: "x", Limit: n})
			return err
		},
		"users.Referrals": func(n int) error {
			_, err := users.Referrals(ctx, db, users.ReferralsParams{UserUUID: u, Limit: n})
			return err
		},
		"orders.List": func(n int) error {
			_, err := orders.List(ctx, db, orders.ListParams{UserUUID: u, Limit: n})
			return err
		},
		"orders.ListAll": func(n int) error { _, err := orders.ListAll(ctx, db, orders.ListAllParams{Limit: n}); return err },
		"affiliates.List": func(n int) error {
			_, err := affiliates.List(ctx, db, affiliates.ListParams{UserUUID: u, Limit: n})
			return err
		},
		"affiliates.ListAll": func(n int) error {
			_, err := affiliates.ListAll(ctx, db, affiliates.ListAllParams{Limit: n})
			return err
		},
		"generations.List": func(n int) error {
			_, err := generations.List(ctx, db, generations.ListParams{UserUUID: u, Limit: n})
			return err
		},
		"apikeys.List": func(n int) error {
			_, err := apikeys.List(ctx, db, apikeys.ListParams{UserUUID: u, Limit: n})
			return err
		},
		"providers.List": func(n int) error { _, err := providers.List(ctx, db, providers.ListParams{Limit: n}); return err },
		"content.ListPublished": func(n int) error {
			_, err := content.ListPublished(ctx, db, content.ListPublishedParams{Limit: n})
			return err
		},
		"content.ListAll": func(n int) error { _, err := content.ListAll(ctx, db, content.ListAllParams{Limit: n}); return err },
		"content.ListFeedback": func(n int) error {
			_, err := content.ListFeedback(ctx, db, content.ListFeedbackParams{Limit: n})
			return err
		},
		"credits.Statement": func(n int) error {
			_, err := credits.Statement(ctx, db, credits.StatementParams{UserUUID: u, Limit: n})
			return err
		},
		"credits.ExpiringSoon": func(n int) error {
			_, err := credits.ExpiringSoon(ctx, db, credits.ExpiringSoonParams{Limit: n})
			return err
		},
		"credits.ListHolds": func(n int) error {
			_, err := credits.ListHolds(ctx, db, credits.ListHoldsParams{UserUUID: u, Limit: n})
			return err
		},
	}
}

// upkeepRules are about pushing, watching, and what can go wrong.
var upkeepRules = []rule{
	{name: "push_shows_and_applies_additions_only", holds: func(t *testing.T, env *enginetest.Env) {
		own := enginetest.NewEmpty(t, env.Engine)
		for _, c := range push(t, own.DB) {
			assert.NotEmpty(t, c.Statement)
			assert.NotContains(t, strings.ToUpper(c.Statement), "DROP")
		}
		assert.Empty(t, push(t, own.DB), "a second push finds nothing missing")
		run(t, own.DB, "ALTER TABLE users DROP COLUMN nickname", "ALTER TABLE users ADD COLUMN theirs varchar(10)",
			"CREATE TABLE theirs (id integer)", "INSERT INTO theirs (id) VALUES (1)", "ALTER TABLE posts ADD COLUMN title_2 varchar(10)")
		changes := push(t, own.DB)
		require.Len(t, changes, 1)
		assert.Equal(t, []string{"nickname"}, changes[0].Columns)
		assert.Contains(t, liveColumns(t, own.DB, "users"), "theirs")
		assert.Len(t, liveColumns(t, own.DB, "theirs"), 1)
	}},
	{name: "connections_are_pooled", holds: func(t *testing.T, env *enginetest.Env) {
		db := env.Open(t, chameleon.WithPoolSize(3))
		most := db.DB.Stats().MaxOpenConnections
		if env.Engine != dialect.SQLite { // which counts its readers itself
			assert.Equal(t, 3, most)
		}
		for range 5 {
			require.NoError(t, db.PingContext(t.Context()))
		}
		if env.Engine != dialect.SQLite {
			assert.Equal(t, 1, db.DB.Stats().OpenConnections)
		}
	}},
	{name: "slow_queries_are_reported", holds: func(t *testing.T, env *enginetest.Env) {
		var log strings.Builder
		db := env.Open(t, chameleon.WithLogger(slog.New(slog.NewTextHandler(&log, nil))), chameleon.WithSlowQueryThreshold(time.Nanosecond))
		_, err := users.Get(t.Context(), db, users.GetParams{Email: "nobody.in.particular@example.com"})
		require.ErrorIs(t, err, users.ErrNotFound)
		assert.Contains(t, log.String(), "slow query")
		assert.NotContains(t, log.String(), "nobody.in.particular")
	}},
	{name: "trouble_connection_refused", holds: func(t *testing.T, env *enginetest.Env) {
		if env.Engine == dialect.SQLite { // has no server: what cannot be reached is a file
			_, err := chameleon.Open(t.Context(), "sqlite://"+t.TempDir()+"/missing/app.db")
			remedied(t, err, dialect.ErrNoDatabase)
			return
		}
		listener := ok(net.Listen("tcp", "127.0.0.1:0"))(t)
		require.NoError(t, listener.Close()) // a port where nobody listens
		u := ok(url.Parse(env.URL))(t)
		u.Host, u.User = listener.Addr().String(), url.UserPassword("me", "hunter2")
		_, err := chameleon.Open(t.Context(), u.String())
		remedied(t, err, dialect.ErrUnavailable)
		assert.NotContains(t, err.Error(), "hunter2")
	}},
	{name: "trouble_permission_denied", holds: func(t *testing.T, env *enginetest.Env) {
		_, err := chameleon.Push(t.Context(), asReader(t, enginetest.NewEmpty(t, env.Engine)))
		remedied(t, err, dialect.ErrPermission)
	}},
	{name: "trouble_table_does_not_exist", holds: func(t *testing.T, env *enginetest.Env) {
		_, err := users.Get(t.Context(), enginetest.NewEmpty(t, env.Engine).DB, users.GetParams{UserUUID: uuid.NewString()})
		remedied(t, err, dialect.ErrSchemaMissing)
	}},
	{name: "trouble_password_is_never_printed", holds: func(t *testing.T, env *enginetest.Env) {
		if env.Engine == dialect.SQLite { // has no passwords, but builds of it that encrypt do
			_, err := chameleon.Open(t.Context(), "sqlite://"+t.TempDir()+"/app.db?key=hunter2")
			require.Error(t, err)
			assert.NotContains(t, err.Error(), "hunter2")
			return
		}
		u := ok(url.Parse(env.URL))(t)
		u.User = url.UserPassword(u.User.Username(), "hunter2")
		_, err := chameleon.Open(t.Context(), u.String())
		remedied(t, err, dialect.ErrUnauthenticated)
		assert.NotContains(t, err.Error(), "hunter2")
	}},
}

// remedied asserts that err can be recognized and says what to do.
func remedied(t *testing.T, err, kind error) {
	t.Helper()
	require.ErrorIs(t, err, kind)
	var e *dialect.Error
	require.ErrorAs(t, err, &e)
	assert.NotEmpty(t, e.Remedy)
}
