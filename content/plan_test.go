package content_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/content"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// published are the indexes of what readers list. PostgreSQL weighs one that has the
// order against one of the locale whose few rows it sorts.
const published = "posts_(locale_)?(published_at|unpublished|created_at)_idx"

// What readers wait for is one statement each, by its index; lists come in the
// order of theirs.
func TestReadsAreIndexed(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		if env.ReadsSmallTables() {
			t.Skip("the planner scans tables of this size")
		}
		ctx := context.Background()
		var posts []content.Post
		for i := range 4000 {
			slug, locale := fmt.Sprint("n", i), fmt.Sprint("x", string(rune('a'+i%25)))
			post := content.Post{
				UUID: slug, Title: slug, Slug: slug, Locale: locale, SlugKey: locale + "/" + slug,
				Status: content.PostPublished, CreatedAt: noon.Add(time.Duration(i) * time.Second),
			}
			if i%50 < 25 { // others are another program's
				post.PublishedAt = noon.Add(time.Duration(i) * time.Minute)
			}
			posts = append(posts, post)
		}
		_, err := env.DB.NewInsert().Model(&posts).Exec(ctx)
		require.NoError(t, err)
		analyze := "ANALYZE "
		if dialect.Of(env.DB).IsMySQL() {
			analyze = "ANALYZE TABLE "
		}
		if env.Engine != dialect.SQLite { // which has no statistics unless somebody asks for them
			_, err = env.DB.ExecContext(ctx, analyze+"posts")
			require.NoError(t, err)
		}

		db, seen := env.Record(t)
		for _, c := range []struct {
			// indexes are those of the statements, one each.
			indexes []string
			read    func() error
		}{
			{[]string{"posts_slug_locale_idx"}, func() error {
				_, err := content.GetBySlug(ctx, db, content.GetBySlugParams{Slug: "n1000", Locale: "xa", Fallback: []string{"xb"}})
				return err
			}},
			{[]string{"posts_slug_locale_idx", ""}, func() error {
				_, err := content.GetBySlug(ctx, db, content.GetBySlugParams{Slug: "n1000", Locale: "xz", Fallback: []string{"xa"}})
				return err
			}},
			{[]string{published, published}, func() error {
				_, err := content.ListPublished(ctx, db, content.ListPublishedParams{Locale: "xa"})
				return err
			}},
			{[]string{published, published}, func() error {
				_, err := content.ListPublished(ctx, db, content.ListPublishedParams{})
				return err
			}},
			{[]string{"posts_locale_created_at_idx"}, func() error {
				_, err := content.ListAll(ctx, db, content.ListAllParams{Locale: "xa"})
				return err
			}},
		} {
			require.NoError(t, c.read())
			sent := seen.Literals()
			require.Len(t, sent, len(c.indexes))
			for i, index := range c.indexes {
				if index == "" {
					continue // by a unique key: MySQL looks it up and plans nothing
				}
				found := env.Explain(t, sent[i])
				require.True(t, env.Uses(found, index), "%s\n%s", sent[i], found)
				if index != "posts_slug_locale_idx" && (index != published || env.Engine != dialect.PostgreSQL) {
					require.False(t, env.Sorts(found), found)
				}
			}
		}
	})
}
