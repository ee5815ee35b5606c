package content_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/content"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// recorder keeps the statements that a handle runs.
type recorder struct {
	mu      sync.Mutex
	queries []string
}

func (r *recorder) BeforeQuery(ctx context.Context, _ *bun.QueryEvent) context.Context { return ctx }

func (r *recorder) AfterQuery(_ context.Context, e *bun.QueryEvent) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.queries = append(r.queries, e.Query)
}

// plan returns the engine's plan of a query, as text.
func plan(t *testing.T, db *bun.DB, query string) string {
	t.Helper()
	prefix := "EXPLAIN "
	switch dialect.Of(db).Engine {
	case dialect.SQLite:
		prefix = "EXPLAIN QUERY PLAN "
	case dialect.MySQL:
		prefix = "EXPLAIN FORMAT=TRADITIONAL "
	}
	var rows []map[string]any
	require.NoError(t, db.NewRaw(prefix+query).Scan(t.Context(), &rows))
	var text strings.Builder
	for _, row := range rows {
		for _, v := range row {
			if b, ok := v.([]byte); ok {
				v = string(b)
			}
			fmt.Fprintf(&text, "%v ", v)
		}
		text.WriteByte('\n')
	}
	return text.String()
}

// What readers wait for is one statement each, by its index; lists come in the
// order of theirs.
func TestReadsAreIndexed(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		if env.ReadsSmallTables() {
			t.Skip("the planner scans tables of this size")
		}
		ctx := context.Background()
		var posts []content.Post
		for i := range 2000 {
			slug, locale := fmt.Sprint("n", i), fmt.Sprint("x", string(rune('a'+i%10)))
			posts = append(posts, content.Post{
				UUID: slug, Title: slug, Slug: slug, Locale: locale, SlugKey: locale + "/" + slug,
				Status: content.PostPublished, CreatedAt: noon.Add(time.Duration(i) * time.Second),
			})
		}
		_, err := env.DB.NewInsert().Model(&posts).Exec(ctx)
		require.NoError(t, err)
		analyze := "ANALYZE "
		if dialect.Of(env.DB).IsMySQL() {
			analyze = "ANALYZE TABLE "
		}
		_, err = env.DB.ExecContext(ctx, analyze+"posts")
		require.NoError(t, err)

		seen := new(recorder)
		db := env.DB.WithQueryHook(seen)
		for index, read := range map[string]func() error{
			"posts_slug_locale_idx": func() error {
				_, err := content.GetBySlug(ctx, db, content.GetBySlugParams{Slug: "n1000", Locale: "xz", Fallback: []string{"xa"}})
				return err
			},
			"posts_locale_created_at_idx": func() error {
				_, err := content.ListPublished(ctx, db, content.ListPublishedParams{Locale: "xa"})
				return err
			},
			"posts_created_at_idx": func() error {
				_, err := content.ListPublished(ctx, db, content.ListPublishedParams{})
				return err
			},
		} {
			seen.queries = nil
			require.NoError(t, read())
			require.Len(t, seen.queries, 1)
			found := plan(t, env.DB, seen.queries[0])
			require.Contains(t, found, index, seen.queries[0])
			if index != "posts_slug_locale_idx" {
				for _, sorting := range []string{"TEMP B-TREE", "filesort", "Sort Key"} {
					require.NotContains(t, found, sorting)
				}
			}
		}
	})
}
