package users_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/users"
)

// TestIndexSearch: with the indexes a search finds what it finds without, by them where
// that is cheaper; an engine that has none says so, and search goes on.
func TestIndexSearch(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := t.Context()
		all := crowd(t, env.DB, 2000)
		for i, name := range []string{"Иван Zqx", "!bang_100% zq", "名前zqx", "ab"} {
			_, err := env.DB.NewUpdate().Model(&all[i]).Set("nickname = ?", name).Where("uuid = ?", all[i].UUID).Exec(ctx)
			require.NoError(t, err)
		}
		_, err := env.DB.ExecContext(ctx, "UPDATE users SET email_search = email, nickname_search = LOWER(nickname)")
		require.NoError(t, err)
		_, err = users.FillSearch(ctx, env.DB, users.FillSearchParams{All: true}) // of the few that are otherwise
		require.NoError(t, err)
		queries := []string{"zqx", "иВан", "_100%", "!bang", "名", "b", "user19", all[7].UUID[9:20], "nobody at all"}
		found := func() (got [][]string) {
			for _, query := range queries {
				page, err := users.Search(ctx, env.DB, users.SearchParams{Query: query, Limit: 500})
				require.NoError(t, err)
				got = append(got, emails(page.Items))
			}
			return got
		}
		before := found()
		planned, err := users.IndexSearch(ctx, env.DB, users.IndexSearchParams{DryRun: true})
		if env.Engine != dialect.PostgreSQL {
			var missing *users.SearchIndexError
			require.ErrorAs(t, err, &missing)
			require.ErrorIs(t, err, users.ErrNoSearchIndex)
			require.Equal(t, env.Engine, missing.Engine)
			return
		}
		require.NoError(t, err)
		require.Len(t, planned.Statements, 6)
		made, err := users.IndexSearch(ctx, env.DB, users.IndexSearchParams{})
		require.NoError(t, err)
		require.Equal(t, planned, made)
		again, err := users.IndexSearch(ctx, env.DB, users.IndexSearchParams{})
		require.NoError(t, err)
		require.Empty(t, again.Statements)
		require.Equal(t, before, found())

		_, err = env.DB.ExecContext(ctx, "ANALYZE users")
		require.NoError(t, err)
		db, seen := env.Record(t)
		_, err = users.Search(ctx, db, users.SearchParams{Query: "zqx"})
		require.NoError(t, err)
		plan := env.Explain(t, seen.Literals()[0])
		require.False(t, env.Scans(plan, "users"), plan)
		for _, index := range []string{"email_search", "nickname_search", "email", "nickname", "uuid"} {
			require.Contains(t, plan, "users_"+index+"_trgm_idx")
		}
		require.Equal(t, 2, strings.Count(strings.Join(emails(page(t, env, "zqx")), " "), "@"))

		// Who may not create extensions is told, and finds all the same.
		_, err = env.DB.ExecContext(ctx, "DROP EXTENSION pg_trgm CASCADE")
		require.NoError(t, err)
		role := env.As(t, "GRANT USAGE ON SCHEMA public TO {role}", "GRANT SELECT ON users TO {role}")
		_, err = users.IndexSearch(ctx, role.DB, users.IndexSearchParams{})
		require.ErrorIs(t, err, users.ErrNoSearchIndex)
		require.ErrorIs(t, err, dialect.ErrPermission)
		require.Equal(t, before, found())
	})
}

func page(t *testing.T, env *enginetest.Env, query string) []users.User {
	t.Helper()
	found, err := users.Search(t.Context(), env.DB, users.SearchParams{Query: query})
	require.NoError(t, err)
	return found.Items
}
