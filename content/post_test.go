package content_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/content"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/list"
)

var noon = time.Date(2026, 1, 31, 12, 0, 0, 123_456_000, time.UTC)

// create makes a post at noon.
func create(t *testing.T, db bun.IDB, p content.CreatePostParams) *content.Post {
	t.Helper()
	if p.At.IsZero() {
		p.At = noon
	}
	post, err := content.CreatePost(t.Context(), db, p)
	require.NoError(t, err)
	return post
}

func get(t *testing.T, db bun.IDB, id string) *content.Post {
	t.Helper()
	post, err := content.GetPost(t.Context(), db, content.GetPostParams{UUID: id})
	require.NoError(t, err)
	return post
}

func TestPostLife(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		made := create(t, env.DB, content.CreatePostParams{
			Title: "Hello, World!", Description: "d", Content: "# 你好 🦎\n", Locale: "en",
		})
		require.Equal(t, &content.Post{
			ID: made.ID, UUID: made.UUID, Title: "Hello, World!", Description: "d", Content: "# 你好 🦎\n",
			Slug: "hello-world", SlugKey: "en/hello-world", Locale: "en", Status: content.PostDraft,
			CreatedAt: noon, UpdatedAt: noon, Article: made.UUID, TranslationKey: made.UUID + "/en",
		}, made)
		require.NoError(t, uuid.Validate(made.UUID))
		require.Equal(t, made, get(t, env.DB, made.UUID))
		bySlug := content.GetBySlugParams{Slug: "hello-world", Locale: "en"}
		_, err := content.GetBySlug(ctx, env.DB, bySlug)
		require.ErrorIs(t, err, content.ErrNotFound, "a draft")

		first := noon.Add(time.Hour)
		for _, replayed := range []bool{false, true} {
			published, err := content.Publish(ctx, env.DB, content.PublishParams{UUID: made.UUID, At: first})
			require.NoError(t, err)
			require.Equal(t, replayed, published.Replayed)
			require.Equal(t, content.PostPublished, published.Post.Status)
			require.Equal(t, first, published.Post.PublishedAt)
			found, err := content.GetBySlug(ctx, env.DB, bySlug)
			require.NoError(t, err)
			require.Equal(t, published.Post, found)
		}
		for _, replayed := range []bool{false, true} {
			draft, err := content.Unpublish(ctx, env.DB, content.UnpublishParams{UUID: made.UUID})
			require.NoError(t, err)
			require.Equal(t, replayed, draft.Replayed)
			require.Equal(t, content.PostDraft, draft.Post.Status)
			_, err = content.GetBySlug(ctx, env.DB, bySlug)
			require.ErrorIs(t, err, content.ErrNotFound)
		}
		again, err := content.Publish(ctx, env.DB, content.PublishParams{UUID: made.UUID})
		require.NoError(t, err)
		require.Equal(t, first, again.Post.PublishedAt, "when it was first published")

		require.NoError(t, content.DeletePost(ctx, env.DB, content.DeletePostParams{UUID: made.UUID}))
		require.ErrorIs(t, content.DeletePost(ctx, env.DB, content.DeletePostParams{UUID: made.UUID}), content.ErrNotFound)
		_, err = content.GetBySlug(ctx, env.DB, bySlug)
		require.ErrorIs(t, err, content.ErrNotFound)
		_, err = content.Publish(ctx, env.DB, content.PublishParams{UUID: made.UUID})
		require.ErrorIs(t, err, content.ErrNotFound)
		require.Equal(t, "hello-world", create(t, env.DB, content.CreatePostParams{Title: "Hello World", Locale: "en"}).Slug)

		now := create(t, env.DB, content.CreatePostParams{Title: "x", Slug: "Now", Locale: "en", Publish: true})
		require.Equal(t, noon, now.PublishedAt)
		require.Equal(t, content.PostPublished, get(t, env.DB, now.UUID).Status)
	})
}

func TestPostsAreChecked(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		for field, change := range map[string]func(*content.CreatePostParams){
			"Title":       func(p *content.CreatePostParams) { p.Title = strings.Repeat("é", 256) },
			"Description": func(p *content.CreatePostParams) { p.Description = strings.Repeat("x", 65_536) },
			"Content":     func(p *content.CreatePostParams) { p.Content = "a\x00b" },
			"Slug":        func(p *content.CreatePostParams) { p.Slug = "a/b" },
			"Locale":      func(p *content.CreatePostParams) { p.Locale = "english" },
			"At":          func(p *content.CreatePostParams) { p.At = noon.AddDate(9000, 0, 0) },
		} {
			p := content.CreatePostParams{Title: "x", Locale: "en"}
			change(&p)
			_, err := content.CreatePost(ctx, env.DB, p)
			var invalid *content.InvalidError
			require.ErrorAs(t, err, &invalid)
			require.Equal(t, field, invalid.Field)
		}
		post := create(t, env.DB, content.CreatePostParams{
			Title: strings.Repeat("名", 255), Content: strings.Repeat("é", 32_767), Locale: "zh-Hant-TW",
		})
		require.Equal(t, post, get(t, env.DB, post.UUID))
		require.Equal(t, strings.Repeat("名", 85), post.Slug)

		id := post.UUID
		for _, p := range []content.UpdatePostParams{
			{},
			{UUID: id, Title: new("")},
			{UUID: id, Content: new("\xff")},
			{UUID: id, Slug: new("a b")},
			{UUID: id, Locale: new("")},
			{UUID: id, Description: new(strings.Repeat("x", 65_536))},
		} {
			_, err := content.UpdatePost(ctx, env.DB, p)
			require.ErrorIs(t, err, content.ErrInvalid)
		}
		_, err := content.UpdatePost(ctx, env.DB, content.UpdatePostParams{UUID: uuid.NewString(), Title: new("x")})
		require.ErrorIs(t, err, content.ErrNotFound)
		for _, p := range []content.GetBySlugParams{
			{Locale: "en"},
			{Slug: "x"},
			{Slug: "x", Locale: "en", Fallback: []string{""}},
			{Slug: "x", Locale: "en", Fallback: make([]string, 11)},
		} {
			_, err := content.GetBySlug(ctx, env.DB, p)
			require.ErrorIs(t, err, content.ErrInvalid)
		}
	})
}

func TestUpdatePost(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		other := create(t, env.DB, content.CreatePostParams{Title: "Taken", Locale: "en"})
		made := create(t, env.DB, content.CreatePostParams{Title: "Title", Content: "c", Locale: "en", Publish: true})
		later := noon.Add(time.Hour)
		update := func(p content.UpdatePostParams) (*content.PostResult, error) {
			p.UUID, p.At = made.UUID, later
			return content.UpdatePost(ctx, env.DB, p)
		}

		changed, err := update(content.UpdatePostParams{Title: new("Another"), Description: new("d"), Content: new("")})
		require.NoError(t, err)
		require.Equal(t, "title", changed.Post.Slug, "links hold it")
		require.Empty(t, changed.Post.Content)
		require.Equal(t, later, changed.Post.UpdatedAt)
		require.Equal(t, noon, changed.Post.CreatedAt)
		require.Equal(t, content.PostPublished, changed.Post.Status)
		require.Equal(t, changed.Post, get(t, env.DB, made.UUID))

		again, err := update(content.UpdatePostParams{Title: new("Another"), Slug: new("title"), Locale: new("en")})
		require.NoError(t, err)
		require.True(t, again.Replayed)

		_, err = update(content.UpdatePostParams{Title: new("x"), Slug: new("taken")})
		var taken *content.SlugTakenError
		require.ErrorAs(t, err, &taken)
		require.Equal(t, &content.SlugTakenError{Slug: "taken", Locale: "en"}, taken)
		require.ErrorIs(t, err, content.ErrSlugTaken)
		require.Equal(t, changed.Post, get(t, env.DB, made.UUID), "nothing was written")

		for _, step := range []struct {
			p    content.UpdatePostParams
			want string
		}{
			{content.UpdatePostParams{Slug: new("Taken")}, "en/Taken"}, // byte for byte
			{content.UpdatePostParams{Locale: new("de"), Slug: new("taken")}, "de/taken"},
			{content.UpdatePostParams{Title: new("Taken"), Locale: new("en"), Slug: new("")}, "en/taken-2"},
			{content.UpdatePostParams{Slug: new("")}, "en/taken-2"}, // its own is free for it
			{content.UpdatePostParams{Locale: new("fr")}, "fr/taken-2"},
		} {
			moved, err := update(step.p)
			require.NoError(t, err)
			require.Equal(t, step.want, moved.Post.SlugKey)
			require.Equal(t, step.want, moved.Post.Locale+"/"+moved.Post.Slug)
			require.Equal(t, moved.Post, get(t, env.DB, made.UUID))
			_, err = content.GetBySlug(ctx, env.DB, content.GetBySlugParams{Slug: moved.Post.Slug, Locale: moved.Post.Locale})
			require.NoError(t, err)
		}
		require.Equal(t, other, get(t, env.DB, other.UUID))
	})
}

func TestGetBySlugFallsBack(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		for _, locale := range []string{"en", "zh", "pt-BR"} {
			create(t, env.DB, content.CreatePostParams{Title: locale, Slug: "über-uns", Locale: locale, Publish: true})
		}
		create(t, env.DB, content.CreatePostParams{Title: "de", Slug: "über-uns", Locale: "de"})
		for want, locales := range map[string][]string{
			"en":    {"en"},
			"zh":    {"fr", "zh", "en"},
			"pt-BR": {"de", "pt-br", "pt-BR", "en"}, // a draft does not count
			"":      {"fr", "it"},
		} {
			for _, slug := range []string{"über-uns", "u\u0308ber-uns"} {
				post, err := content.GetBySlug(ctx, env.DB, content.GetBySlugParams{
					Slug: slug, Locale: locales[0], Fallback: locales[1:],
				})
				if want == "" {
					require.ErrorIs(t, err, content.ErrNotFound)
					continue
				}
				require.NoError(t, err)
				require.Equal(t, want, post.Title)
			}
		}
		for _, slug := range []string{"Über-uns", "uber-uns", "über-uns ", "über"} {
			_, err := content.GetBySlug(ctx, env.DB, content.GetBySlugParams{Slug: slug, Locale: "en"})
			require.ErrorIs(t, err, content.ErrNotFound, slug)
		}
	})
}

func TestListPosts(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		var published, english, all []string
		for i := range 24 {
			p := content.CreatePostParams{
				Title: fmt.Sprint("n", i), Content: "text", Locale: []string{"en", "zh"}[i%2], Publish: i%3 > 0,
				At: noon.Add(time.Duration(i/4) * time.Second),
			}
			id := create(t, env.DB, p).UUID
			all = append([]string{id}, all...)
			if p.Publish {
				published = append([]string{id}, published...)
			}
			if p.Publish && p.Locale == "en" {
				english = append([]string{id}, english...)
			}
		}
		read := func(list func(cursor string) (*list.Page[content.Post], error)) (ids []string) {
			for cursor := ""; ; {
				page, err := list(cursor)
				require.NoError(t, err)
				for _, post := range page.Items {
					ids = append(ids, post.UUID)
					require.Equal(t, time.UTC, post.CreatedAt.Location())
				}
				create(t, env.DB, content.CreatePostParams{Title: "new", Locale: "en", Publish: true, At: noon.Add(time.Hour)})
				if cursor = page.Next; cursor == "" {
					return ids
				}
			}
		}
		require.Equal(t, all, read(func(cursor string) (*list.Page[content.Post], error) {
			return content.ListAll(ctx, env.DB, content.ListAllParams{Cursor: cursor, Limit: 7})
		}))
		_, err := env.DB.NewDelete().Model((*content.Post)(nil)).Where("title = ?", "new").Exec(ctx)
		require.NoError(t, err)
		require.Equal(t, english, read(func(cursor string) (*list.Page[content.Post], error) {
			return content.ListPublished(ctx, env.DB, content.ListPublishedParams{Locale: "en", Cursor: cursor, Limit: 3})
		}))
		_, err = env.DB.NewDelete().Model((*content.Post)(nil)).Where("title = ?", "new").Exec(ctx)
		require.NoError(t, err)
		require.Equal(t, published, read(func(cursor string) (*list.Page[content.Post], error) {
			return content.ListPublished(ctx, env.DB, content.ListPublishedParams{Cursor: cursor, Limit: 5})
		}))

		drafts, err := content.ListAll(ctx, env.DB, content.ListAllParams{Status: content.PostDraft, Limit: 100})
		require.NoError(t, err)
		require.Len(t, drafts.Items, 8)
		require.Empty(t, drafts.Items[0].Content)
		drafts, err = content.ListAll(ctx, env.DB, content.ListAllParams{Status: content.PostDraft, WithContent: true})
		require.NoError(t, err)
		require.Equal(t, "text", drafts.Items[0].Content)

		page, err := content.ListPublished(ctx, env.DB, content.ListPublishedParams{Limit: 1})
		require.NoError(t, err)
		for _, p := range []content.ListAllParams{
			{Status: "online"}, {Locale: "x"}, {Limit: list.MaxLimit + 1}, {Cursor: page.Next},
		} {
			_, err := content.ListAll(ctx, env.DB, p)
			require.ErrorIs(t, err, content.ErrInvalid)
		}
	})
}

// Refusals leave the caller's transaction usable, and what it undoes never was.
func TestInTransaction(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		undo := errors.New("undo")
		create(t, env.DB, content.CreatePostParams{Title: "Taken", Locale: "en"})
		work := func(result error) func(ctx context.Context, tx bun.Tx) error {
			return func(ctx context.Context, tx bun.Tx) error {
				_, err := content.CreatePost(ctx, tx, content.CreatePostParams{Title: "x", Slug: "taken", Locale: "en"})
				assert.ErrorIs(t, err, content.ErrSlugTaken)
				post, err := content.CreatePost(ctx, tx, content.CreatePostParams{Title: "Taken", Locale: "en"})
				if err != nil {
					return err
				}
				assert.Equal(t, "taken-2", post.Slug)
				_, err = content.UpdatePost(ctx, tx, content.UpdatePostParams{UUID: post.UUID, Slug: new("taken")})
				assert.ErrorIs(t, err, content.ErrSlugTaken)
				if _, err = content.Publish(ctx, tx, content.PublishParams{UUID: post.UUID}); err != nil {
					return err
				}
				if _, err := content.SubmitFeedback(ctx, tx, content.SubmitFeedbackParams{Content: "x"}); err != nil {
					return err
				}
				assert.ErrorIs(t, content.DeleteFeedback(ctx, tx, content.DeleteFeedbackParams{ID: 1 << 40}), content.ErrNotFound)
				return result
			}
		}
		published := func() int {
			page, err := content.ListPublished(ctx, env.DB, content.ListPublishedParams{})
			require.NoError(t, err)
			stats, err := content.FeedbackStats(ctx, env.DB, content.FeedbackStatsParams{})
			require.NoError(t, err)
			require.EqualValues(t, len(page.Items), stats.Count)
			return len(page.Items)
		}
		require.ErrorIs(t, dialect.InTx(ctx, env.DB, work(undo)), undo)
		require.Zero(t, published())
		require.NoError(t, dialect.InTx(ctx, env.DB, work(nil)))
		require.Equal(t, 1, published())
	})
}
