package content_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/content"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// TestTranslations: what makes two posts translations of one article is that somebody
// said so, not that they share a slug.
func TestTranslations(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := t.Context()
		find := func(slug, locale string, fallback ...string) (*content.Post, error) {
			return content.GetBySlug(ctx, env.DB, content.GetBySlugParams{Slug: slug, Locale: locale, Fallback: fallback})
		}
		publish := func(p content.CreatePostParams) *content.Post {
			p.Title, p.Publish = p.Locale+" "+p.Slug, true
			return create(t, env.DB, p)
		}
		english := publish(content.CreatePostParams{Slug: "news", Locale: "en"})
		german := publish(content.CreatePostParams{Slug: "neues", Locale: "de", TranslationOf: english.UUID})
		french := publish(content.CreatePostParams{Slug: "news", Locale: "fr"}) // another article
		require.Equal(t, english.Article, german.Article)
		require.NotEqual(t, english.Article, french.Article)

		page, err := content.ListPublished(ctx, env.DB, content.ListPublishedParams{Article: english.Article})
		require.NoError(t, err)
		require.Len(t, page.Items, 2)

		// A German reader of the English address is sent to the translation, and an
		// Italian one reads English.
		var moved *content.MovedError
		_, err = find("news", "de", "en")
		require.ErrorAs(t, err, &moved)
		require.ErrorIs(t, err, content.ErrMoved)
		require.Equal(t, german.UUID, moved.Post.UUID)
		post, err := find("news", "it", "en")
		require.NoError(t, err)
		require.Equal(t, english.UUID, post.UUID)

		// French news that are no longer there are not the English ones.
		_, err = content.Unpublish(ctx, env.DB, content.UnpublishParams{UUID: french.UUID})
		require.NoError(t, err)
		_, err = find("news", "fr", "en")
		require.ErrorIs(t, err, content.ErrNotFound)
		// Those of the same article are.
		_, err = content.Unpublish(ctx, env.DB, content.UnpublishParams{UUID: german.UUID})
		require.NoError(t, err)
		post, err = find("neues", "de", "fr", "en")
		require.NoError(t, err)
		require.Equal(t, english.UUID, post.UUID)

		// An article has one post a locale, however it comes to it.
		_, err = content.CreatePost(ctx, env.DB, content.CreatePostParams{Title: "x", Locale: "de", TranslationOf: english.UUID})
		var taken *content.TranslationTakenError
		require.ErrorAs(t, err, &taken)
		require.Equal(t, &content.TranslationTakenError{Article: english.Article, Locale: "de"}, taken)
		_, err = content.UpdatePost(ctx, env.DB, content.UpdatePostParams{UUID: german.UUID, Locale: new("en")})
		require.ErrorIs(t, err, content.ErrTranslationTaken)
		_, err = content.CreatePost(ctx, env.DB, content.CreatePostParams{Title: "x", Locale: "it", TranslationOf: "nobody"})
		require.ErrorIs(t, err, content.ErrNotFound)

		// It is joined and left.
		joined, err := content.UpdatePost(ctx, env.DB, content.UpdatePostParams{UUID: french.UUID, TranslationOf: &english.UUID})
		require.NoError(t, err)
		require.Equal(t, english.Article, joined.Post.Article)
		again, err := content.UpdatePost(ctx, env.DB, content.UpdatePostParams{UUID: french.UUID, TranslationOf: &german.UUID})
		require.NoError(t, err)
		require.True(t, again.Replayed)
		alone, err := content.UpdatePost(ctx, env.DB, content.UpdatePostParams{UUID: english.UUID, TranslationOf: new("")})
		require.NoError(t, err)
		require.NotEqual(t, english.Article, alone.Post.Article)
		again, err = content.UpdatePost(ctx, env.DB, content.UpdatePostParams{UUID: english.UUID, TranslationOf: new("")})
		require.NoError(t, err)
		require.True(t, again.Replayed)
		require.Equal(t, german.Article, get(t, env.DB, french.UUID).Article)
	})
}

// TestOneTranslationAtOnce: of callers who translate into one locale at once one does,
// also of an article that another program made.
func TestOneTranslationAtOnce(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := t.Context()
		row(t, env.DB, "theirs", "news", "en", "online", noon.Truncate(time.Second))
		var mu sync.Mutex
		won := 0
		var wg sync.WaitGroup
		for i := range 6 {
			wg.Go(func() {
				_, err := content.CreatePost(ctx, env.DB, content.CreatePostParams{
					Title: fmt.Sprint("Neues ", i), Locale: "de", TranslationOf: "theirs",
				})
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					won++
				} else {
					assert.ErrorIs(t, err, content.ErrTranslationTaken)
				}
			})
		}
		wg.Wait()
		require.Equal(t, 1, won)
		require.Equal(t, "theirs", get(t, env.DB, "theirs").Article)
		require.Equal(t, 1, count(t, env.DB, (*content.PostSlug)(nil)), "who was refused holds no slug")
	})
}

// TestKeySlugsMakesArticles: the original application knows translations by their slug.
func TestKeySlugsMakesArticles(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := t.Context()
		old := noon.Truncate(time.Second)
		for _, p := range [][3]string{{"a", "news", "en"}, {"b", "news", "de"}, {"c", "news", "de"}, {"d", "News", "fr"}, {"e", "news", "fr"}} {
			row(t, env.DB, p[0], p[1], p[2], "online", old)
		}
		done, err := content.KeySlugs(ctx, env.DB, content.KeySlugsParams{})
		require.NoError(t, err)
		require.EqualValues(t, 4, done.Keyed)
		require.Equal(t, []content.NumberedSlug{{UUID: "c", Locale: "de", Slug: "news", Now: "news-2"}}, done.Numbered)
		articles := map[string]string{}
		for _, id := range []string{"a", "b", "c", "d", "e"} {
			articles[id] = get(t, env.DB, id).Article
		}
		require.Equal(t, map[string]string{"a": "a", "b": "a", "c": "c", "d": "d", "e": "a"}, articles)
		again, err := content.KeySlugs(ctx, env.DB, content.KeySlugsParams{})
		require.NoError(t, err)
		require.Equal(t, &content.KeySlugsResult{}, again)
		require.Equal(t, 5, count(t, env.DB, (*content.PostSlug)(nil)))
	})
}

// TestPublishedByPublication: posts are listed by when they were published, in pages of
// any size, those of programs that do not say when among them.
func TestPublishedByPublication(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := t.Context()
		old := noon.Truncate(time.Second)
		row(t, env.DB, "undated", "u", "en", "online", nil)
		row(t, env.DB, "theirs-2", "t2", "en", "online", old.Add(2*time.Hour))
		row(t, env.DB, "theirs-4", "t4", "en", "published", old.Add(4*time.Hour))
		row(t, env.DB, "draft", "d", "en", "draft", old.Add(9*time.Hour))
		names := map[string]string{}
		for i, hours := range []int{5, 1, 3} { // written in another order than published
			post := create(t, env.DB, content.CreatePostParams{
				Title: "x", Locale: "en", Publish: true, PublishAt: old.Add(time.Duration(hours) * time.Hour), At: old.Add(time.Duration(-i) * time.Hour),
			})
			names[post.UUID] = fmt.Sprint("ours-", hours)
		}
		for limit := 1; limit <= 8; limit++ {
			var got []string
			for p := (content.ListPublishedParams{Locale: "en", Limit: limit}); ; {
				page, err := content.ListPublished(ctx, env.DB, p)
				require.NoError(t, err)
				for _, post := range page.Items {
					if name := names[post.UUID]; name != "" {
						got = append(got, name)
					} else {
						got = append(got, post.UUID)
					}
				}
				if p.Cursor = page.Next; p.Cursor == "" {
					break
				}
				require.NotEmpty(t, page.Items)
			}
			require.Equal(t, []string{"ours-5", "theirs-4", "ours-3", "theirs-2", "ours-1", "undated"}, got, limit)
		}
	})
}

// count counts the rows of a table.
func count(t *testing.T, db bun.IDB, model any) int {
	t.Helper()
	n, err := db.NewSelect().Model(model).Count(t.Context())
	require.NoError(t, err)
	return int(n)
}
