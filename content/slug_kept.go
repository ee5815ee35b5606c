package content

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/cached"
	"github.com/chameleon-go/chameleon/internal/rows"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// SlugKept is how long a post's former slug is refused to other posts. After that, a
// post that asks for it explicitly gets it; until one does, it leads to the post that
// had it.
const SlugKept = 90 * 24 * time.Hour

// place holds a post's slug for it, and has write store the post. If that is refused,
// nothing is held.
func (c *claimant) place(ctx context.Context, tx bun.Tx, post *Post, at time.Time, write func() error) error {
	held, before, err := c.hold(ctx, tx, post, at)
	if err != nil {
		return err
	}
	err = write()
	switch {
	case err == nil:
		return nil
	case before == nil:
		return rows.Withdraw(ctx, tx, (*PostSlug)(nil), held.own(), err)
	}
	if failed := (*dialect.Error)(nil); errors.As(err, &failed) {
		return err
	}
	if _, undo := rows.Update(ctx, tx, before, before.own(), "post_uuid", "left_at"); undo != nil {
		return undo
	}
	return err
}

// hold stores that a post has its slug, and returns what was there before, if
// anything was: a slug that the post had once, or another one had [SlugKept] ago.
func (c *claimant) hold(ctx context.Context, tx bun.Tx, post *Post, at time.Time) (held, before *PostSlug, err error) {
	held = &PostSlug{SlugKey: post.SlugKey, PostUUID: post.UUID}
	inserted, err := rows.Insert(ctx, tx, held)
	if err != nil || inserted {
		return held, nil, err
	}
	before, err = lockSlug(ctx, tx, post.SlugKey)
	if err != nil {
		return nil, nil, err
	}
	if before == nil || before.PostUUID != post.UUID && (!c.fixed || !before.free(at)) {
		return nil, nil, errTaken
	}
	held = &PostSlug{ID: before.ID, SlugKey: post.SlugKey, PostUUID: post.UUID}
	_, err = rows.Update(ctx, tx, held, held.own(), "post_uuid", "left_at")
	return held, before, err
}

// free reports whether another post may have the slug: at is what the caller says
// that the time is, and cannot be ahead of the clock.
func (s *PostSlug) free(at time.Time) bool {
	if now := now(); at.After(now) {
		at = now
	}
	return !s.LeftAt.IsZero() && !at.Before(s.LeftAt.Add(SlugKept))
}

func (s *PostSlug) own() rows.Own {
	return rows.Own{ID: s.ID, Key: []rows.Column{{Name: "slug_key", Value: s.SlugKey}}}
}

// lockSlug returns who has or had a slug that is known to be somebody's, nil if that
// was deleted meanwhile.
func lockSlug(ctx context.Context, tx bun.Tx, key string) (*PostSlug, error) {
	found := new(PostSlug)
	err := rows.LockKnown(ctx, tx, found, func(q *bun.SelectQuery) *bun.SelectQuery { return q.Where("slug_key = ?", key) })
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil //nolint:nilnil // documented: nobody's
	}
	return found, dialect.Classify(err)
}

// leave keeps the slug that a post had, unless another has it too: slugs of other
// programs' posts need not be unique.
func leave(ctx context.Context, tx bun.Tx, before, post *Post, at time.Time) error {
	key := slugKey(before)
	if before.Slug == "" || before.Locale == "" || key == slugKey(post) {
		return nil
	}
	left := &PostSlug{SlugKey: key, PostUUID: post.UUID, LeftAt: at}
	inserted, err := rows.Insert(ctx, tx, left)
	if err != nil || inserted {
		return err
	}
	found, err := lockSlug(ctx, tx, key)
	if err != nil || found == nil || found.PostUUID != post.UUID {
		return err
	}
	found.LeftAt = at
	_, err = rows.Update(ctx, tx, found, found.own(), "left_at")
	return err
}

// left returns which of slugs other posts have or had in the locale, as post_slugs
// says.
func (c *claimant) left(ctx context.Context, tx bun.Tx, slugs []string) ([]string, error) {
	keys := make([]string, len(slugs))
	for i, slug := range slugs {
		keys[i] = keyOf(c.post.Locale, slug)
	}
	var found []string
	err := tx.NewSelect().Model((*PostSlug)(nil)).Column("slug_key").Where("slug_key IN (?)", bun.List(keys)).
		Where("post_uuid <> ?", c.post.UUID).Scan(ctx, &found)
	for i, key := range found {
		_, found[i], _ = strings.Cut(key, "/")
	}
	return found, dialect.Classify(err)
}

// checkReserved refuses a slug that the caller needs for something else.
func checkReserved(slug string, reserved []string) error {
	if slices.ContainsFunc(reserved, func(word string) bool { return strings.EqualFold(word, slug) }) {
		return valid.Failf("Slug", "is reserved")
	}
	return nil
}

// ReleaseSlugParams name a slug that a post has left.
type ReleaseSlugParams struct {
	// Slug and Locale are required.
	Slug   string
	Locale string
}

// ReleaseSlug frees a post's former slug: it no longer leads to the post, and any
// post may use it. It is for correcting mistakes; after [SlugKept], slugs become
// available without it.
//
// Errors, after which nothing is written: *InvalidError for a field of p,
// *NotFoundError when no post has left the slug, and *dialect.Error when the engine
// fails.
func ReleaseSlug(ctx context.Context, db bun.IDB, p ReleaseSlugParams) error {
	slug, slugErr := checkSlug(p.Slug)
	if err := valid.First(slugErr, checkLocale("Locale", p.Locale)); err != nil {
		return err
	}
	defer cached.Changed(ctx, db, keptPosts)
	return dialect.InTx(ctx, db, func(ctx context.Context, tx bun.Tx) error {
		found := new(PostSlug)
		err := rows.Lock(ctx, tx, found, func(q *bun.SelectQuery) *bun.SelectQuery {
			return q.Where("slug_key = ?", keyOf(p.Locale, slug))
		})
		switch {
		case errors.Is(err, sql.ErrNoRows), err == nil && found.LeftAt.IsZero():
			return notFound("slug", "Slug", p.Slug)
		case err != nil:
			return dialect.Classify(err)
		}
		return rows.Delete(ctx, tx, (*PostSlug)(nil), found.own())
	})
}
