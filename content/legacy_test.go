package content_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/content"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// adopted makes the tables as the TypeScript application does, where it does,
// and pushes: on MySQL their columns compare without case and accents.
func adopted(t *testing.T, env *enginetest.Env) {
	t.Helper()
	family := env.Engine
	switch env.Engine {
	case dialect.MariaDB:
		family = dialect.MySQL
	case dialect.PostgreSQL:
		family = "postgres"
	}
	if env.Engine != dialect.SQLite {
		ddl, err := os.ReadFile(filepath.Join("..", "testdata", "drizzle", string(family)+".sql"))
		require.NoError(t, err)
		for statement := range strings.SplitSeq(string(ddl), "--> statement-breakpoint") {
			if !strings.Contains(statement, "posts") && !strings.Contains(statement, "feedbacks") {
				continue
			}
			_, err = env.DB.ExecContext(t.Context(), statement)
			require.NoError(t, err)
		}
	}
	_, err := chameleon.Push(t.Context(), env.DB)
	require.NoError(t, err)
}

// row stores a post as the TypeScript application does.
func row(t *testing.T, db bun.IDB, id string, slug, locale, status, created any) {
	t.Helper()
	_, err := db.NewRaw("INSERT INTO posts (uuid, title, content, slug, locale, status, created_at) VALUES (?, ?, 'x', ?, ?, ?, ?)",
		id, id, slug, locale, status, created).Exec(t.Context())
	require.NoError(t, err)
}

func TestLegacyPosts(t *testing.T) {
	enginetest.RunEmpty(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		adopted(t, env)
		old := noon.Truncate(time.Second)
		row(t, env.DB, "undated", "hello", "en", "online", nil)
		row(t, env.DB, "older", "hello", "en", "online", old)
		row(t, env.DB, "newer", "hello", "en", "published", old.Add(time.Hour))
		row(t, env.DB, "twin", "hello", "en", "online", old.Add(time.Hour))
		row(t, env.DB, "draft", "hello", "en", "draft", old.Add(2*time.Hour))
		row(t, env.DB, "gone", "hello", "en", "deleted", old.Add(3*time.Hour))
		row(t, env.DB, "case", "Hello", "en", "online", old.Add(4*time.Hour))
		row(t, env.DB, "accent", "héllo", "en", "online", old.Add(5*time.Hour))
		row(t, env.DB, "locale", "hello", "EN", "online", old.Add(6*time.Hour))
		row(t, env.DB, "spaced", "a b/c", "zh", "online", old)
		row(t, env.DB, "bare", nil, nil, nil, nil)

		find := func(slug, locale string, fallback ...string) string {
			post, err := content.GetBySlug(ctx, env.DB, content.GetBySlugParams{Slug: slug, Locale: locale, Fallback: fallback})
			if err != nil {
				require.ErrorIs(t, err, content.ErrNotFound)
				return ""
			}
			require.Equal(t, content.PostPublished, post.Status)
			return post.UUID
		}
		require.Equal(t, "twin", find("hello", "en"), "the newest published, of two the later")
		require.Equal(t, "case", find("Hello", "en"))
		require.Equal(t, "accent", find("héllo", "en"))
		require.Equal(t, "locale", find("hello", "EN", "en"))
		require.Equal(t, "spaced", find("a b/c", "fr", "zh"))
		require.Empty(t, find("HELLO", "en"))

		// Ours keep clear of theirs.
		require.Equal(t, "hello-2", create(t, env.DB, content.CreatePostParams{Title: "Hello", Locale: "en"}).Slug)
		_, err := content.CreatePost(ctx, env.DB, content.CreatePostParams{Title: "x", Slug: "Hello", Locale: "en"})
		require.ErrorIs(t, err, content.ErrSlugTaken)
		require.Equal(t, "HELLO", create(t, env.DB, content.CreatePostParams{Title: "x", Slug: "HELLO", Locale: "en"}).Slug)

		// Their life goes on here.
		for id, want := range map[string]struct {
			replayed bool
			state    *content.StateError
		}{
			"older": {replayed: true},
			"draft": {},
			"bare":  {},
			"gone":  {state: &content.StateError{UUID: "gone", From: "deleted", To: content.PostPublished}},
		} {
			published, err := content.Publish(ctx, env.DB, content.PublishParams{UUID: id})
			if want.state != nil {
				var state *content.StateError
				require.ErrorAs(t, err, &state)
				require.Equal(t, want.state, state)
				require.ErrorIs(t, err, content.ErrState)
				continue
			}
			require.NoError(t, err)
			require.Equal(t, want.replayed, published.Replayed)
			require.Equal(t, content.PostPublished, published.Post.Status)
		}
		back, err := content.Unpublish(ctx, env.DB, content.UnpublishParams{UUID: "gone"})
		require.NoError(t, err)
		require.Equal(t, content.PostDraft, back.Post.Status)
		_, err = content.GetPost(ctx, env.DB, content.GetPostParams{UUID: "GONE"})
		require.ErrorIs(t, err, content.ErrNotFound)

		_, err = content.UpdatePost(ctx, env.DB, content.UpdatePostParams{UUID: "bare", Slug: new("bare")})
		require.ErrorIs(t, err, content.ErrInvalid, "without a locale")
		moved, err := content.UpdatePost(ctx, env.DB, content.UpdatePostParams{UUID: "bare", Slug: new(""), Locale: new("en")})
		require.NoError(t, err)
		require.Equal(t, "en/bare", moved.Post.SlugKey)
		require.Equal(t, "bare", find("bare", "en"))

		page, err := content.ListPublished(ctx, env.DB, content.ListPublishedParams{Locale: "zh"})
		require.NoError(t, err)
		require.Len(t, page.Items, 1)
		require.Equal(t, content.PostPublished, page.Items[0].Status)
		all, err := content.ListAll(ctx, env.DB, content.ListAllParams{Limit: 100})
		require.NoError(t, err)
		require.Len(t, all.Items, 13)
		require.Equal(t, "undated", all.Items[12].UUID)
	})
}

func TestLegacyFeedback(t *testing.T) {
	enginetest.RunEmpty(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		adopted(t, env)
		for _, rating := range []any{nil, 0, 9, -3, 1, 5, 5, 2147483647} {
			_, err := env.DB.NewRaw("INSERT INTO feedbacks (content, rating, created_at) VALUES (NULL, ?, ?)",
				rating, noon.Truncate(time.Second)).Exec(ctx)
			require.NoError(t, err)
		}
		stats, err := content.FeedbackStats(ctx, env.DB, content.FeedbackStatsParams{})
		require.NoError(t, err)
		require.Equal(t, &content.FeedbackStatsResult{
			Count: 8, Rated: 3, Average: 11.0 / 3, Distribution: [5]int64{1, 0, 0, 0, 2},
		}, stats)
		page, err := content.ListFeedback(ctx, env.DB, content.ListFeedbackParams{})
		require.NoError(t, err)
		require.Len(t, page.Items, 8)
	})
}
