package content_test

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/content"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// Twenty posts with one title at once get twenty slugs, in each locale.
func TestSlugsAtOnce(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		var mu sync.Mutex
		slugs := map[string]int{}
		var wg sync.WaitGroup
		for i := range 40 {
			wg.Go(func() {
				post, err := content.CreatePost(ctx, env.DB, content.CreatePostParams{
					Title: "Weekly update", Locale: []string{"en", "de"}[i%2], Publish: true,
				})
				if !assert.NoError(t, err) {
					return
				}
				mu.Lock()
				defer mu.Unlock()
				slugs[post.SlugKey]++
			})
		}
		wg.Wait()
		require.Len(t, slugs, 40)
		for _, locale := range []string{"en", "de"} {
			require.Contains(t, slugs, locale+"/weekly-update")
		}
		for key := range slugs {
			_, err := content.GetBySlug(ctx, env.DB, content.GetBySlugParams{Slug: key[3:], Locale: key[:2]})
			require.NoError(t, err)
		}
	})
}

// Of callers who want one slug at once, whether by making or by changing a
// post, one gets it.
func TestOneSlugAtOnce(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		for round := range 5 {
			slug := fmt.Sprint("wanted-", round)
			var posts []*content.Post
			for range 5 {
				posts = append(posts, create(t, env.DB, content.CreatePostParams{Title: "x", Locale: "en"}))
			}
			var mu sync.Mutex
			won := 0
			count := func(err error) {
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					won++
				} else {
					assert.ErrorIs(t, err, content.ErrSlugTaken)
				}
			}
			var wg sync.WaitGroup
			for _, post := range posts {
				wg.Go(func() {
					_, err := content.UpdatePost(ctx, env.DB, content.UpdatePostParams{UUID: post.UUID, Slug: &slug})
					count(err)
				})
				wg.Go(func() {
					_, err := content.CreatePost(ctx, env.DB, content.CreatePostParams{Title: "y", Slug: slug, Locale: "en"})
					count(err)
				})
			}
			wg.Wait()
			require.Equal(t, 1, won)
		}
	})
}

// However many posts share a title, there is a slug for the next.
func TestSlugsWithoutEnd(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		var posts []content.Post
		for i := 1; i <= 2100; i++ {
			slug := "news"
			if i > 1 {
				slug = fmt.Sprint("news-", i)
			}
			if i == 60 || i == 1500 {
				continue // deleted meanwhile
			}
			posts = append(posts, content.Post{
				UUID: fmt.Sprint("u", i), Title: "News", Slug: slug, Locale: "en", SlugKey: "en/" + slug, Status: "draft",
			})
		}
		for len(posts) > 0 {
			n := min(500, len(posts))
			batch := posts[:n]
			_, err := env.DB.NewInsert().Model(&batch).Exec(t.Context())
			require.NoError(t, err)
			posts = posts[n:]
		}
		for _, want := range []string{"news-60", "news-1500"} {
			require.Equal(t, want, create(t, env.DB, content.CreatePostParams{Title: "News", Locale: "en"}).Slug)
		}
		post := create(t, env.DB, content.CreatePostParams{Title: "News", Locale: "en"})
		require.Equal(t, "news-"+post.UUID[24:], post.Slug)
		require.Equal(t, "news", create(t, env.DB, content.CreatePostParams{Title: "News", Locale: "de"}).Slug)

		for range 2 {
			lizard := create(t, env.DB, content.CreatePostParams{Title: "🦎", Locale: "en"})
			require.Equal(t, "post-"+lizard.UUID[24:], lizard.Slug)
		}
	})
}

// In a transaction that reads from a snapshot, as MySQL's do unless told
// otherwise, a slug that looks free may be taken: the database's word counts.
func TestSlugsInAnOldSnapshot(t *testing.T) {
	for _, engine := range []dialect.Engine{dialect.MySQL, dialect.MariaDB} {
		t.Run(string(engine), func(t *testing.T) {
			t.Parallel()
			env := enginetest.New(t, engine)
			ctx := context.Background()
			tx, err := env.DB.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead})
			require.NoError(t, err)
			defer func() { _ = tx.Rollback() }()
			empty, err := content.ListAll(ctx, tx, content.ListAllParams{})
			require.NoError(t, err)
			require.Empty(t, empty.Items)
			for range 3 {
				create(t, env.DB, content.CreatePostParams{Title: "News", Locale: "en"})
			}

			_, err = content.CreatePost(ctx, tx, content.CreatePostParams{Title: "x", Slug: "news", Locale: "en"})
			require.ErrorIs(t, err, content.ErrSlugTaken)
			post := create(t, tx, content.CreatePostParams{Title: "News", Locale: "en"})
			require.Equal(t, "news-4", post.Slug)
			_, err = content.UpdatePost(ctx, tx, content.UpdatePostParams{UUID: post.UUID, Slug: new("news-2")})
			require.ErrorIs(t, err, content.ErrSlugTaken)
			require.NoError(t, tx.Commit())
			require.Equal(t, "en/news-4", get(t, env.DB, post.UUID).SlugKey)
		})
	}
}
