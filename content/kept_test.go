package content_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/cache"
	"github.com/chameleon-go/chameleon/cache/cachetest"
	"github.com/chameleon-go/chameleon/content"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// asReader is what readers of a slug and of the list are told.
func asReader(t *testing.T, db bun.IDB) []any {
	t.Helper()
	var told []any
	for _, p := range []content.GetBySlugParams{
		{Slug: "hello", Locale: "en"},
		{Slug: "hello", Locale: "de", Fallback: []string{"en"}},
		{Slug: "hallo", Locale: "de"},
		{Slug: "hello", Locale: "fr"},
		{Slug: "moved", Locale: "en"},
	} {
		post, err := content.GetBySlug(t.Context(), db, p)
		if moved, ok := errors.AsType[*content.MovedError](err); ok {
			told = append(told, *moved)
			continue
		}
		if err != nil {
			require.ErrorIs(t, err, content.ErrNotFound)
		}
		told = append(told, post)
	}
	for _, p := range []content.ListPublishedParams{{}, {Locale: "en", WithContent: true}, {Limit: 1}} {
		page, err := content.ListPublished(t.Context(), db, p)
		require.NoError(t, err)
		told = append(told, page)
	}
	return told
}

// TestKeptPosts: readers are told what the database holds, by a handle with a cache as
// without, after every change, in transactions too. env.DB has no cache, and stands for
// other processes.
func TestKeptPosts(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := t.Context()
		store := cachetest.NewStore()
		kept, err := cache.New(store, cache.Options{TTL: time.Hour})
		require.NoError(t, err)
		db := env.Open(t, chameleon.WithCache(kept))
		var hello, hallo *content.Post
		title := "Hello again"
		for i, change := range []func(on bun.IDB) error{
			func(on bun.IDB) (err error) {
				hello, err = content.CreatePost(ctx, on, content.CreatePostParams{
					Title: "Hello", Description: "d", Content: "c", Locale: "en", Publish: true, At: noon,
				})
				return err
			},
			func(on bun.IDB) (err error) {
				hallo, err = content.CreatePost(ctx, on, content.CreatePostParams{
					Title: "Hallo", Locale: "de", TranslationOf: hello.UUID, At: noon.Add(time.Second),
				})
				return err
			},
			func(on bun.IDB) error {
				_, err := content.Publish(ctx, on, content.PublishParams{UUID: hallo.UUID, At: noon.Add(time.Second)})
				return err
			},
			func(on bun.IDB) error {
				_, err := content.UpdatePost(ctx, on, content.UpdatePostParams{UUID: hello.UUID, Title: &title})
				return err
			},
			func(on bun.IDB) error {
				slug := "moved"
				_, err := content.UpdatePost(ctx, on, content.UpdatePostParams{UUID: hello.UUID, Slug: &slug})
				return err
			},
			func(on bun.IDB) error {
				return content.ReleaseSlug(ctx, on, content.ReleaseSlugParams{Slug: "hello", Locale: "en"})
			},
			func(on bun.IDB) error {
				_, err := content.Unpublish(ctx, on, content.UnpublishParams{UUID: hallo.UUID})
				return err
			},
			func(on bun.IDB) error {
				return content.DeletePost(ctx, on, content.DeletePostParams{UUID: hello.UUID})
			},
		} {
			asReader(t, db)
			misses := kept.Stats().Misses
			asReader(t, db)
			before := kept.Stats().Misses - misses
			require.NoError(t, change(db))
			want := asReader(t, env.DB)
			assert.Equal(t, want, asReader(t, db), "after change %d", i)
			assert.Equal(t, want, asReader(t, db), "after change %d, from the cache", i)
			assert.LessOrEqual(t, before, int64(5), "only what is not found is read again")
		}
		hello = create(t, db, content.CreatePostParams{Title: "Hello", Locale: "en", Publish: true, At: noon})
		asReader(t, db)
		require.NoError(t, db.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
			require.NoError(t, content.DeletePost(ctx, tx, content.DeletePostParams{UUID: hello.UUID}))
			asReader(t, tx)
			asReader(t, db)
			return nil
		}))
		assert.Equal(t, asReader(t, env.DB), asReader(t, db), "after a transaction")
	})
}

// TestKeptPostsOfOthers: another process's change is seen late, and KeySlugs' at once.
func TestKeptPostsOfOthers(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		store := cachetest.NewStore()
		kept, err := cache.New(store, cache.Options{TTL: time.Hour})
		require.NoError(t, err)
		db := env.Open(t, chameleon.WithCache(kept))
		for _, id := range []string{"a", "b"} {
			_, err := env.DB.ExecContext(t.Context(), "INSERT INTO posts (uuid, title, slug, locale, status, created_at) "+
				"VALUES (?, ?, 'hello', 'en', 'online', ?)", id, id, noon)
			require.NoError(t, err)
		}
		first := asReader(t, db)
		_, err = env.DB.ExecContext(t.Context(), "UPDATE posts SET title = 'other'")
		require.NoError(t, err)
		assert.Equal(t, first, asReader(t, db))
		_, err = content.KeySlugs(t.Context(), db, content.KeySlugsParams{At: noon})
		require.NoError(t, err)
		assert.Equal(t, asReader(t, env.DB), asReader(t, db))
	})
}
