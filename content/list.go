package content

import (
	"context"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/cached"
	"github.com/chameleon-go/chameleon/internal/moment"
	"github.com/chameleon-go/chameleon/internal/page"
	"github.com/chameleon-go/chameleon/internal/valid"
	"github.com/chameleon-go/chameleon/list"
)

// ListPublishedParams name a page of posts for readers.
type ListPublishedParams struct {
	// Locale, when set, lists only posts in that locale.
	Locale string
	// Article, when set, lists only translations of that article.
	Article string
	// WithContent also reads the posts' Content, as for a feed; otherwise it is
	// empty.
	WithContent bool
	// Cursor is the Next of the page before, empty for the first page.
	Cursor string
	// Limit is the size of the page, 1 to list.MaxLimit; 0 means
	// list.DefaultLimit.
	Limit int
}

// ListAllParams name a page of posts for editors.
type ListAllParams struct {
	// Status, when set, is draft or published, and filters the list.
	Status PostStatus
	// Locale, Article, WithContent, Cursor and Limit are as in ListPublishedParams.
	Locale      string
	Article     string
	WithContent bool
	Cursor      string
	Limit       int

	// readers leaves out what is to be published later.
	readers bool
}

// ListPublished returns a page of published posts, latest publication first. Posts
// of other programs without a time of publication are placed by their time of
// creation; those without either come last. See
// [GetBySlug] for handles with a cache.
//
// Errors: *InvalidError for a field of p, a malformed Cursor or one of another list
// included, *list.RowError for a row that another program wrote and that cannot be
// listed, and *dialect.Error when the engine fails.
func ListPublished(ctx context.Context, db bun.IDB, p ListPublishedParams) (*list.Page[Post], error) {
	return listPosts(ctx, db, "published", ListAllParams{
		readers: true, Status: PostPublished, Locale: p.Locale, Article: p.Article, WithContent: p.WithContent, Cursor: p.Cursor, Limit: p.Limit,
	})
}

// ListAll returns a page of posts, including drafts, most recently created
// first. Without a Status, it includes posts to which another program gave a
// status of its own.
//
// Errors: *InvalidError for a field of p, a malformed Cursor or one of another list
// included, *list.RowError for a row that another program wrote and that cannot be
// listed, and *dialect.Error when the engine fails.
func ListAll(ctx context.Context, db bun.IDB, p ListAllParams) (*list.Page[Post], error) {
	if p.Status != "" && !p.Status.Valid() {
		return nil, valid.Failf("Status", "not %s or %s", PostDraft, PostPublished)
	}
	return listPosts(ctx, db, "all", p)
}

func listPosts(ctx context.Context, db bun.IDB, name string, p ListAllParams) (*list.Page[Post], error) {
	if p.Locale != "" {
		if err := checkLocale("Locale", p.Locale); err != nil {
			return nil, err
		}
	}
	if p.Article != "" {
		if err := valid.Identifier("Article", p.Article, 255); err != nil {
			return nil, err
		}
	}
	rows := page.List[Post]{
		Scope:  strings.Join([]string{"posts", name, string(p.Status), p.Locale, p.Article}, "/"),
		Column: "created_at",
		Where:  p.where,
		Place:  func(post *Post) (time.Time, int64) { return post.CreatedAt, post.ID },
	}
	if p.readers {
		rows.Column, rows.Else = "published_at", "created_at"
		rows.Place = func(post *Post) (time.Time, int64) {
			if post.PublishedAt.IsZero() {
				return post.CreatedAt, post.ID
			}
			return post.PublishedAt, post.ID
		}
	}
	read := func(ctx context.Context) (*list.Page[Post], error) {
		posts, err := rows.Read(ctx, db, p.Cursor, p.Limit)
		if err != nil {
			return nil, err
		}
		for i := range posts.Items {
			posts.Items[i].read()
		}
		return posts, nil
	}
	if !p.readers {
		return read(ctx)
	}
	return cached.ReadOf(ctx, db, keptPosts, p.keptName(), keptPageForm, read)
}

// where applies the filter to q.
func (p ListAllParams) where(q *bun.SelectQuery) *bun.SelectQuery {
	if !p.WithContent {
		q = q.ExcludeColumn("content")
	}
	q = page.Equal(page.Equal(q, "locale", p.Locale), "article", p.Article)
	switch p.Status {
	case PostPublished:
		q = q.Where("?TableAlias.status IN (?)", bun.List(public()))
		if p.readers {
			at := moment.Column(dialect.OfDialect(q.DB().Dialect()), "?TableAlias.published_at")
			q = q.Where("(?TableAlias.published_at IS NULL OR "+at+" <= ?)", now())
		}
	case PostDraft:
		q = q.Where("?TableAlias.status = ?", PostDraft)
	case PostOnline:
	}
	return q
}
