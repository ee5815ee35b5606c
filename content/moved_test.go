package content_test

import (
	"database/sql"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/content"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// TestMovedSlugs: a slug that was changed leads to where its post is, in any number of
// steps and back, and is nobody else's for as long as it is kept.
func TestMovedSlugs(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := t.Context()
		lead := func(slug, locale string) *content.Post {
			t.Helper()
			_, err := content.GetBySlug(ctx, env.DB, content.GetBySlugParams{Slug: slug, Locale: locale, Fallback: []string{"en"}})
			var moved *content.MovedError
			require.ErrorAs(t, err, &moved, "%s/%s", locale, slug)
			require.Equal(t, slug, moved.Slug)
			there, err := content.GetBySlug(ctx, env.DB, content.GetBySlugParams{Slug: moved.Post.Slug, Locale: moved.Post.Locale})
			require.NoError(t, err, "one step is enough")
			require.Equal(t, moved.Post, there)
			return there
		}
		post := create(t, env.DB, content.CreatePostParams{Title: "x", Slug: "a", Locale: "en", Publish: true})
		move := func(at time.Time, slug, locale string) {
			t.Helper()
			moved, err := content.UpdatePost(ctx, env.DB, content.UpdatePostParams{UUID: post.UUID, Slug: &slug, Locale: &locale, At: at})
			require.NoError(t, err)
			require.False(t, moved.Replayed)
		}
		now := time.Now()
		long := now.Add(-content.SlugKept)
		move(long, "b", "en")
		require.Equal(t, "b", lead("a", "en").Slug)
		move(now, "a", "en") // a → b → a
		require.Equal(t, "a", lead("b", "en").Slug)
		move(now, "привет", "de")
		move(now, "c", "de")
		for old, locale := range map[string]string{"a": "en", "b": "en", "привет": "de"} {
			require.Equal(t, "c", lead(old, locale).Slug)
		}
		require.Equal(t, "c", lead("a", "it").Slug, "in a fallback locale, too")

		// Nobody takes them, by name or by title, in another locale everybody.
		for _, slug := range []string{"a", "b", "c"} {
			locale := map[string]string{"c": "de"}[slug]
			if locale == "" {
				locale = "en"
			}
			_, err := content.CreatePost(ctx, env.DB, content.CreatePostParams{Title: "x", Slug: slug, Locale: locale, At: now.Add(2 * content.SlugKept)})
			require.ErrorIs(t, err, content.ErrSlugTaken, "whatever time the caller has")
		}
		require.Equal(t, "b-2", create(t, env.DB, content.CreatePostParams{Title: "B", Locale: "en"}).Slug)
		other := create(t, env.DB, content.CreatePostParams{Title: "x", Slug: "b", Locale: "fr", Publish: true})
		_, err := content.UpdatePost(ctx, env.DB, content.UpdatePostParams{UUID: other.UUID, Locale: new("en")})
		require.ErrorIs(t, err, content.ErrSlugTaken)
		require.Equal(t, other, get(t, env.DB, other.UUID))

		// Until they are released, or their time is over.
		require.NoError(t, content.ReleaseSlug(ctx, env.DB, content.ReleaseSlugParams{Slug: "b", Locale: "en"}))
		require.ErrorIs(t, content.ReleaseSlug(ctx, env.DB, content.ReleaseSlugParams{Slug: "b", Locale: "en"}), content.ErrNotFound)
		require.ErrorIs(t, content.ReleaseSlug(ctx, env.DB, content.ReleaseSlugParams{Slug: "c", Locale: "de"}), content.ErrNotFound, "it is in use")
		_, err = content.UpdatePost(ctx, env.DB, content.UpdatePostParams{UUID: other.UUID, Locale: new("en")})
		require.NoError(t, err)
		_, err = env.DB.NewUpdate().Model((*content.PostSlug)(nil)).Set("left_at = ?", long.UTC()).Where("slug_key = ?", "en/a").Exec(ctx)
		require.NoError(t, err)
		require.Equal(t, "c", lead("a", "en").Slug, "it leads on until somebody takes it")
		require.Equal(t, "a-2", create(t, env.DB, content.CreatePostParams{Title: "A", Locale: "en"}).Slug, "and not by chance")
		create(t, env.DB, content.CreatePostParams{Title: "x", Slug: "a", Locale: "en", Publish: true, At: now})
		_, err = content.GetBySlug(ctx, env.DB, content.GetBySlugParams{Slug: "a", Locale: "en"})
		require.NoError(t, err)

		// What is gone leads nowhere.
		_, err = content.Unpublish(ctx, env.DB, content.UnpublishParams{UUID: post.UUID})
		require.NoError(t, err)
		_, err = content.GetBySlug(ctx, env.DB, content.GetBySlugParams{Slug: "привет", Locale: "de"})
		require.ErrorIs(t, err, content.ErrNotFound)
		require.NoError(t, content.DeletePost(ctx, env.DB, content.DeletePostParams{UUID: post.UUID}))
		create(t, env.DB, content.CreatePostParams{Title: "x", Slug: "привет", Locale: "de"})
	})
}

// TestRefusedSlugsLeaveNothing: what a transaction was refused it can do without, and
// nobody else is kept from what it did not get.
func TestRefusedSlugsLeaveNothing(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := t.Context()
		first := create(t, env.DB, content.CreatePostParams{Title: "x", Slug: "first", Locale: "en"})
		row(t, env.DB, "theirs", "theirs", "de", "online", noon.Truncate(time.Second))
		tx, err := env.DB.BeginTx(ctx, &sql.TxOptions{})
		require.NoError(t, err)
		defer func() { _ = tx.Rollback() }()
		for _, p := range []content.CreatePostParams{
			{Title: "x", Slug: "wanted", Locale: "en", TranslationOf: first.UUID},
			{Title: "x", Slug: "wanted", Locale: "de", TranslationOf: "theirs"},
		} {
			_, err = content.CreatePost(ctx, tx, p)
			require.ErrorIs(t, err, content.ErrTranslationTaken)
		}
		_, err = content.CreatePost(ctx, tx, content.CreatePostParams{Title: "x", Slug: "first", Locale: "en"})
		require.ErrorIs(t, err, content.ErrSlugTaken)
		_, err = content.CreatePost(ctx, tx, content.CreatePostParams{Title: "x", Slug: "Feed", Locale: "en", Reserved: []string{"feed"}})
		require.ErrorIs(t, err, content.ErrInvalid)
		_, err = content.UpdatePost(ctx, tx, content.UpdatePostParams{UUID: first.UUID, Slug: new("feed"), Reserved: []string{"feed"}})
		require.ErrorIs(t, err, content.ErrInvalid)
		made := create(t, tx, content.CreatePostParams{Title: "Feed", Locale: "en", Reserved: []string{"feed"}})
		require.Equal(t, "feed-2", made.Slug)
		require.NoError(t, tx.Commit())

		require.Empty(t, get(t, env.DB, "theirs").Article)
		require.Equal(t, 2, count(t, env.DB, (*content.PostSlug)(nil)))
		require.Equal(t, first, get(t, env.DB, first.UUID))
	})
}
