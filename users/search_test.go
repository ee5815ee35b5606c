package users_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/list"
	"github.com/chameleon-go/chameleon/users"
)

func TestSearch(t *testing.T) {
	names := []string{
		"Ada Lovelace", "ÉCOLE normale", "ecole", "Straße", "STRASSE", "Ελλάς", "ελλάΣ", "ДОБРЫЙ", "добро",
		"名前 🦎", "100% _sure_", "back\\slash", "O'Brien \"x\"", "!bang", "Kelvin \u212a", "İstanbul", "Info",
	}
	// For each query the names that it finds, on every engine.
	cases := map[string][]string{
		"ada":         {"Ada Lovelace"},
		"A LOVE":      {"Ada Lovelace"},
		"école":       {"ÉCOLE normale"},
		"ÉCOLE":       {"ÉCOLE normale"},
		"ecole":       {"ecole"},
		"straße":      {"Straße", "STRASSE"},
		"STRAẞE":      {"Straße", "STRASSE"},
		"strasse":     {"Straße", "STRASSE"},
		"ΕΛΛΆΣ":       {"Ελλάς", "ελλάΣ"},
		"добр":        {"ДОБРЫЙ", "добро"},
		"前 🦎":         {"名前 🦎"},
		"0%":          {"100% _sure_"},
		"%":           {"100% _sure_"},
		"_":           {"100% _sure_"},
		"K\\S":        {"back\\slash"},
		"o'b":         {"O'Brien \"x\""},
		"\"":          {"O'Brien \"x\""},
		"!":           {"!bang"},
		"\u212a":      {"back\\slash", "Kelvin \u212a"},
		"INFO":        {"Info"},
		"i̇":          {"İstanbul"},
		"İ":           {"İstanbul"},
		"é":           {"ÉCOLE normale"},
		"e\u0301cole": {"ÉCOLE normale"}, // composed otherwise
		"ｅｃｏｌｅ":       {"ecole"},
		"kelvin k":    {"Kelvin \u212a"},
		"иван":        {},
		" Lovelace ":  {"Ada Lovelace"},
		"nobody":      {},
	}
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		var rows []users.User
		for i, name := range names {
			rows = append(rows, users.User{
				// A uuid of digits alone, which no query finds by chance.
				UUID: fmt.Sprintf("00000000-0000-4000-8000-%012d", i+1), Email: fmt.Sprintf("n%dx@zz.qq", i), InviteCode: fmt.Sprintf("c%d", i),
				Nickname: name, CreatedAt: signedUp.Add(-time.Duration(i) * time.Second),
			})
		}
		// As another program wrote it.
		rows = append(rows, users.User{UUID: "LEGACY-Uuid-7", Email: "User0.Ünïcode+tag@Example.COM", InviteCode: "legacy"})
		_, err := env.DB.NewInsert().Model(&rows).Exec(ctx)
		require.NoError(t, err)

		for query, want := range cases {
			found, err := users.Search(ctx, env.DB, users.SearchParams{Query: query, Limit: 100})
			require.NoError(t, err, query)
			got := []string{}
			for _, u := range found.Items {
				got = append(got, u.Nickname)
			}
			require.Equal(t, want, got, "%q", query)
			require.Empty(t, found.Next)
		}
		for _, query := range []string{"user0.ÜNÏCODE", "@example", "legacy-uuid", rows[2].UUID, strings.ToUpper(rows[2].UUID[9:])} {
			found, err := users.Search(ctx, env.DB, users.SearchParams{Query: query})
			require.NoError(t, err)
			require.Len(t, found.Items, 1, query)
		}

		for field, p := range map[string]users.SearchParams{
			"Query":  {Query: "  "},
			"Limit":  {Query: "x", Limit: list.MaxLimit + 1},
			"Cursor": {Query: "x", Cursor: "x"},
		} {
			_, err := users.Search(ctx, env.DB, p)
			var invalid *users.InvalidError
			require.ErrorAs(t, err, &invalid)
			require.Equal(t, field, invalid.Field)
		}

		_, err = users.Delete(ctx, env.DB, users.DeleteParams{UserUUID: rows[0].UUID})
		require.NoError(t, err)
		found, err := users.Search(ctx, env.DB, users.SearchParams{Query: rows[0].UUID})
		require.NoError(t, err)
		require.Empty(t, found.Items)
	})
}

// TestSearchPages: a page is full unless it is the last, whether the rows have what
// is searched or another program left that out, and whatever the alphabet.
func TestSearchPages(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		all := crowd(t, env.DB, 200)
		var want []string
		for i := range all {
			name := "дом4"
			if i%7 == 0 {
				name = "МИР"
				want = append([]string{all[i].Email}, want...)
			}
			_, err := env.DB.NewUpdate().Model(&all[i]).Set("nickname = ?", name).Set("email_search = NULL").
				Where("uuid = ?", all[i].UUID).Exec(ctx)
			require.NoError(t, err)
		}
		check := func() {
			for _, p := range []users.SearchParams{{Query: "мир", Limit: 1}, {Query: "Мир", Limit: 4}, {Query: "МИР", Limit: 100}, {Query: "Ми", Prefix: true, Limit: 7}} {
				calls := 0
				require.Equal(t, want, pages(t, func(cursor string) (*list.Page[users.User], error) {
					calls++
					p.Cursor = cursor
					found, err := users.Search(ctx, env.DB, p)
					if err == nil && found.Next != "" {
						require.Len(t, found.Items, p.Limit)
					}
					return found, err
				}), "%+v", p)
				require.LessOrEqual(t, calls, len(want)/p.Limit+1)
			}
			none, err := users.Search(ctx, env.DB, users.SearchParams{Query: "ир", Prefix: true})
			require.NoError(t, err)
			require.Empty(t, none.Items)
			require.Empty(t, none.Next)
			one, err := users.Search(ctx, env.DB, users.SearchParams{Query: strings.ToUpper(all[3].UUID), Prefix: true})
			require.NoError(t, err)
			require.Len(t, one.Items, 1)
		}
		check()
		planned, err := users.FillSearch(ctx, env.DB, users.FillSearchParams{DryRun: true})
		require.NoError(t, err)
		done, err := users.FillSearch(ctx, env.DB, users.FillSearchParams{})
		require.NoError(t, err)
		require.Equal(t, planned, done)
		require.EqualValues(t, len(all), done.Filled)
		again, err := users.FillSearch(ctx, env.DB, users.FillSearchParams{All: true})
		require.NoError(t, err)
		require.Zero(t, again.Filled)
		check()

		// Another program renames a user.
		_, err = env.DB.ExecContext(ctx, "UPDATE users SET nickname = 'Петя O''Brien' WHERE uuid = ?", all[0].UUID)
		require.NoError(t, err)
		found, err := users.Search(ctx, env.DB, users.SearchParams{Query: "o'brien"})
		require.NoError(t, err)
		require.Len(t, found.Items, 1)
		_, err = users.Search(ctx, env.DB, users.SearchParams{Query: "мир", Limit: -1})
		require.ErrorIs(t, err, users.ErrInvalid)
	})
}
