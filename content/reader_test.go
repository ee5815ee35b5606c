package content_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/content"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// TestReaders: a reader's locale falls back, a slug that no post can have is not
// found, and what is to be published later is not there yet.
func TestReaders(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := t.Context()
		find := func(slug, locale string) (*content.Post, error) {
			return content.GetBySlug(ctx, env.DB, content.GetBySlugParams{Slug: slug, Locale: locale, Fallback: []string{"en"}})
		}
		for _, locale := range []string{"en", "zh", "ca"} {
			create(t, env.DB, content.CreatePostParams{Title: locale, Slug: "news", Locale: locale, Publish: true})
		}
		for reader, want := range map[string]string{"ca-valencia": "ca", "en_US": "en", "zh_Hant": "zh", "ja_JP.UTF-8": "en", "C": "en"} {
			post, err := find("news", reader)
			require.NoError(t, err, reader)
			require.Equal(t, want, post.Locale, reader)
		}
		_, err := find(strings.Repeat("x", 300), "en")
		require.ErrorIs(t, err, content.ErrNotFound)

		later := time.Now().Add(24 * time.Hour)
		post := create(t, env.DB, content.CreatePostParams{Title: "Soon", Locale: "en", Publish: true, PublishAt: later})
		draft := create(t, env.DB, content.CreatePostParams{Title: "Draft", Locale: "en"})
		_, err = content.Publish(ctx, env.DB, content.PublishParams{UUID: draft.UUID, At: later})
		require.NoError(t, err)
		for _, slug := range []string{"soon", "draft"} {
			_, err = find(slug, "en")
			require.ErrorIs(t, err, content.ErrNotFound)
		}
		public, err := content.ListPublished(ctx, env.DB, content.ListPublishedParams{Locale: "en"})
		require.NoError(t, err)
		require.Len(t, public.Items, 1)
		all, err := content.ListAll(ctx, env.DB, content.ListAllParams{Status: content.PostPublished, Locale: "en"})
		require.NoError(t, err)
		require.Len(t, all.Items, 3, "editors see it")

		_, err = env.DB.NewUpdate().Model(post).Set("published_at = ?", time.Now().Add(-time.Hour)).Where("uuid = ?", post.UUID).Exec(ctx)
		require.NoError(t, err)
		_, err = find("soon", "en")
		require.NoError(t, err, "its time has come")
		_, err = content.CreatePost(ctx, env.DB, content.CreatePostParams{Title: "x", Locale: "en", PublishAt: later})
		require.ErrorIs(t, err, content.ErrInvalid)
	})
}

// TestPostsAreScheduledAgain: a post whose time has not come can be given another, or be
// shown at once; and one that was hidden stays so until the time that it is given.
func TestPostsAreScheduledAgain(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := t.Context()
		later := time.Now().UTC().Truncate(time.Microsecond).Add(24 * time.Hour)
		publish := func(post *content.Post, at time.Time) *content.PostResult {
			t.Helper()
			result, err := content.Publish(ctx, env.DB, content.PublishParams{UUID: post.UUID, At: at})
			require.NoError(t, err)
			require.Equal(t, result.Post, get(t, env.DB, post.UUID), "what is returned is stored")
			return result
		}
		hide := func(post *content.Post) {
			t.Helper()
			_, err := content.Unpublish(ctx, env.DB, content.UnpublishParams{UUID: post.UUID})
			require.NoError(t, err)
		}
		visible := func(post *content.Post) bool {
			t.Helper()
			_, err := content.GetBySlug(ctx, env.DB, content.GetBySlugParams{Slug: post.Slug, Locale: "en"})
			if err != nil {
				require.ErrorIs(t, err, content.ErrNotFound)
			}
			return err == nil
		}
		scheduled := content.CreatePostParams{Title: "Soon", Locale: "en", Publish: true, PublishAt: later}

		moved := create(t, env.DB, scheduled)
		for _, replayed := range []bool{false, true} {
			result := publish(moved, later.Add(time.Hour))
			require.Equal(t, replayed, result.Replayed)
			require.Equal(t, later.Add(time.Hour), result.Post.PublishedAt)
		}
		require.False(t, visible(moved))
		shown := time.Now().UTC().Truncate(time.Microsecond)
		for _, replayed := range []bool{false, true} {
			result := publish(moved, time.Time{})
			require.Equal(t, replayed, result.Replayed)
			require.False(t, result.Post.PublishedAt.Before(shown))
			require.True(t, visible(moved))
		}
		require.True(t, publish(moved, later).Replayed, "readers see it already")
		require.True(t, visible(moved))

		withdrawn := create(t, env.DB, scheduled)
		hide(withdrawn)
		require.Equal(t, noon, publish(withdrawn, noon).Post.PublishedAt, "it never was published before")
		require.True(t, visible(withdrawn))

		hide(withdrawn)
		require.Equal(t, later, publish(withdrawn, later).Post.PublishedAt)
		require.False(t, visible(withdrawn), "a time to come, though it was public once")
	})
}
