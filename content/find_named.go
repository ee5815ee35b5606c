package content

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/moment"
)

// maxNamed is how many posts are looked at that share a slug: more than one a locale
// only among rows of other programs.
const maxNamed = 100

// bySlug looks for the post that a slug names.
type bySlug struct {
	db      bun.IDB
	asked   GetBySlugParams
	at      time.Time
	slugs   []string
	locales []string
}

// named is a post that the slug names, and the number of the locale in which it does.
type named struct {
	post *Post
	rank int
	// left means that the slug was the post's once.
	left bool
}

func (s *bySlug) find(ctx context.Context) (*Post, error) {
	posts, err := s.posts(ctx, func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where("?TableAlias.slug IN (?)", bun.List(s.slugs)).
			Where(exact(s.db, "?TableAlias.slug")+" IN (?)", bun.List(s.slugs))
	}, maxNamed)
	if err != nil {
		return nil, err
	}
	posts = slices.DeleteFunc(posts, func(p Post) bool { return !p.wasShown(s.at) })
	n := named{rank: len(s.locales)}
	if len(posts) > 0 {
		n = named{post: &posts[0], rank: s.rank(posts[0].Locale)}
	}
	if n.rank > 0 {
		if n, err = s.left(ctx, n); err != nil {
			return nil, err
		}
	}
	switch {
	case n.post == nil:
		return nil, notFound("post", "Slug", s.asked.Slug)
	case n.post.Article != "":
		return s.translated(ctx, n)
	case n.post.shown(s.at):
		return s.answer(n.post, n.left)
	}
	for i := range posts {
		if posts[i].Article == "" && posts[i].shown(s.at) {
			return posts[i].read(), nil
		}
	}
	return nil, notFound("post", "Slug", s.asked.Slug)
}

// left returns the post that had the slug in a locale before that of n, or else n.
func (s *bySlug) left(ctx context.Context, n named) (named, error) {
	ranks := map[string]int{}
	var keys []string
	for rank, locale := range s.locales[:n.rank] {
		for _, slug := range s.slugs {
			keys = append(keys, keyOf(locale, slug))
			ranks[keyOf(locale, slug)] = rank
		}
	}
	var found []PostSlug
	if err := s.db.NewSelect().Model(&found).Where("slug_key IN (?)", bun.List(keys)).Scan(ctx); err != nil {
		return n, dialect.Classify(err)
	}
	found = slices.DeleteFunc(found, func(p PostSlug) bool { return !slices.Contains(keys, p.SlugKey) }) // MySQL ignores blanks at the end
	slices.SortFunc(found, func(a, b PostSlug) int { return ranks[a.SlugKey] - ranks[b.SlugKey] })
	for _, slug := range found {
		var posts []Post
		if err := s.db.NewSelect().Model(&posts).Where("uuid = ?", slug.PostUUID).Scan(ctx); err != nil {
			return n, dialect.Classify(err)
		}
		if len(posts) > 0 && posts[0].UUID == slug.PostUUID && posts[0].wasShown(s.at) {
			return named{post: &posts[0], rank: ranks[slug.SlugKey], left: true}, nil
		}
	}
	return n, nil
}

// translated returns the post of n's article that its reader is to see.
func (s *bySlug) translated(ctx context.Context, n named) (*Post, error) {
	shown := n.post.shown(s.at)
	if shown && n.rank == 0 {
		return s.answer(n.post, n.left)
	}
	found, err := s.posts(ctx, func(q *bun.SelectQuery) *bun.SelectQuery {
		at := moment.Column(dialect.Of(s.db), "?TableAlias.published_at")
		return q.Where("?TableAlias.article = ?", n.post.Article).Where("?TableAlias.status IN (?)", bun.List(public())).
			Where("(?TableAlias.published_at IS NULL OR "+at+" <= ?)", s.at)
	}, 1)
	if err != nil {
		return nil, err
	}
	if len(found) > 0 {
		earlier := s.rank(found[0].Locale) < n.rank
		if !shown || earlier {
			return s.answer(&found[0], n.left || earlier)
		}
	}
	if !shown {
		return nil, notFound("post", "Slug", s.asked.Slug)
	}
	return s.answer(n.post, n.left)
}

// answer is a post, and where it is if it has moved.
func (s *bySlug) answer(post *Post, moved bool) (*Post, error) {
	if moved && (!slices.Contains(s.slugs, post.Slug) || !slices.Contains(s.locales, post.Locale)) {
		return nil, &MovedError{Slug: s.asked.Slug, Locale: s.asked.Locale, Post: post.read()}
	}
	return post.read(), nil
}

func (s *bySlug) rank(locale string) int { return slices.Index(s.locales, locale) }

// posts reads posts in the reader's locales, the first locale first, and of each
// those that readers see, the newest first.
func (s *bySlug) posts(ctx context.Context, where func(q *bun.SelectQuery) *bun.SelectQuery, limit int64) ([]Post, error) {
	var rank strings.Builder
	rank.WriteString("CASE")
	args := make([]any, 0, 2*len(s.locales))
	for i, locale := range s.locales {
		rank.WriteString(" WHEN " + exact(s.db, "?TableAlias.locale") + " = ? THEN ?")
		args = append(args, locale, i)
	}
	caps := dialect.Of(s.db)
	var posts []Post
	err := where(s.db.NewSelect().Model(&posts)).
		Where("?TableAlias.locale IN (?)", bun.List(s.locales)).
		Where(exact(s.db, "?TableAlias.locale")+" IN (?)", bun.List(s.locales)).
		OrderExpr(rank.String()+" END", args...).
		OrderExpr("CASE WHEN ?TableAlias.status IN (?) AND (?TableAlias.published_at IS NULL OR "+
			moment.Column(caps, "?TableAlias.published_at")+" <= ?) THEN 0 ELSE 1 END", bun.List(public()), s.at).
		OrderExpr("CASE WHEN ?TableAlias.created_at IS NULL THEN 1 ELSE 0 END").
		OrderExpr(moment.Column(caps, "?TableAlias.created_at") + " DESC, ?TableAlias.id DESC").
		Limit(limit).Scan(ctx)
	return posts, dialect.Classify(err)
}
