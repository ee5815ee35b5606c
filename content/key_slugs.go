package content

import (
	"context"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/cached"
	"github.com/chameleon-go/chameleon/internal/rows"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// KeySlugsParams configure [KeySlugs].
type KeySlugsParams struct {
	// DryRun counts and writes nothing.
	DryRun bool
	// At is when it happened; zero means now.
	At time.Time
}

// KeySlugsResult is what [KeySlugs] did.
type KeySlugsResult struct {
	// Keyed is how many posts keep their slugs. Numbered are posts whose slug
	// belonged to an older post as well.
	Keyed    int64          `json:"keyed"`
	Numbered []NumberedSlug `json:"numbered,omitempty"`
	// Left is how many posts have no slug or no locale.
	Left int64 `json:"left"`
}

// NumberedSlug is a post whose slug got a number.
type NumberedSlug struct {
	UUID   string `json:"uuid"`
	Locale string `json:"locale"`
	// Slug is the old slug and Now the new one, empty in a dry run.
	Slug string `json:"slug"`
	Now  string `json:"now,omitempty"`
}

// keyBatch is how many posts are looked up at a time.
const keyBatch = 500

// KeySlugs makes the slugs of posts that the original application of an adopted
// database wrote unique: of posts with the same slug and locale, the first keeps
// it, and the others get numbers. The original still reads these slugs, so call it
// once the original has been retired.
//
// The original identifies translations by their slug alone. So posts with the same
// slug become translations of one article, the first one in each locale.
//
// Each post is handled in a transaction of its own; the pass may be stopped and
// restarted.
//
// Errors: *InvalidError; *dialect.Error, after which earlier posts are done.
func KeySlugs(ctx context.Context, db *bun.DB, p KeySlugsParams) (*KeySlugsResult, error) {
	result := &KeySlugsResult{}
	at, err := valid.Time("At", p.At)
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for after := int64(0); ; {
		var found []Post
		err := db.NewSelect().Model(&found).Column("id", "uuid", "slug", "locale", "slug_key").
			Where("slug_key IS NULL OR article IS NULL").
			Where("id > ?", after).OrderExpr("id").Limit(keyBatch).Scan(ctx)
		if err != nil {
			return result, dialect.Classify(err)
		}
		for i := range found {
			if err := result.key(ctx, db, &found[i], seen, at, p.DryRun); err != nil {
				return result, dialect.Classify(err)
			}
		}
		if len(found) < keyBatch {
			return result, nil
		}
		after = found[len(found)-1].ID
	}
}

// key puts one post's slug under the rule. seen are the keys of a dry run.
func (r *KeySlugsResult) key(ctx context.Context, db *bun.DB, seenPost *Post, seen map[string]bool, at time.Time, dry bool) error {
	if seenPost.Slug == "" || seenPost.Locale == "" {
		r.Left++
		return nil
	}
	key := slugKey(seenPost)
	twin := seen[key]
	if !twin {
		n, err := rows.Count(ctx, db.NewSelect().Model((*Post)(nil)).Column("id").Where("slug_key = ?", key).Where("id <> ?", seenPost.ID))
		if err != nil {
			return err
		}
		twin = n > 0
	}
	seen[key] = true
	now := ""
	if !dry {
		defer cached.Changed(ctx, db, keptPosts)
		err := dialect.InTx(ctx, db, func(ctx context.Context, tx bun.Tx) (err error) {
			now, err = keyPost(ctx, tx, seenPost, twin, at)
			return err
		})
		if err != nil {
			return err
		}
	}
	switch {
	case seenPost.SlugKey != "": // and only without an article
	case twin:
		r.Numbered = append(r.Numbered, NumberedSlug{UUID: seenPost.UUID, Locale: seenPost.Locale, Slug: seenPost.Slug, Now: now})
	default:
		r.Keyed++
	}
	return nil
}

// keyPost puts the slug of a post under the rule, unless it was changed since it was
// seen, and returns its slug if that has a number now.
func keyPost(ctx context.Context, tx bun.Tx, seen *Post, twin bool, at time.Time) (now string, err error) {
	post, err := lockPost(ctx, tx, seen.UUID)
	if err != nil || slugKey(post) != slugKey(seen) {
		return "", err
	}
	columns := []string{"slug_key"}
	if post.Article == "" {
		if err := article(ctx, tx, post); err != nil {
			return "", err
		}
		columns = append(columns, "article", "translation_key")
	}
	c := &claimant{post: post, base: post.Slug, number: 2, own: post.ID}
	switch {
	case post.SlugKey != "":
	case twin:
		if err := c.choose(ctx, tx, post); err != nil {
			return "", err
		}
		now, post.UpdatedAt = post.Slug, at
		columns = append(columns, "slug", "updated_at")
	default:
		post.SlugKey = slugKey(post)
	}
	return now, c.place(ctx, tx, post, at, func() error { return writePost(ctx, tx, post, columns...) })
}

// article makes post, which has none, a translation of the first post with its slug
// whose article has none in its locale, or else an article of its own.
func article(ctx context.Context, tx bun.Tx, post *Post) error {
	var others []Post
	err := tx.NewSelect().Model(&others).Column("id", "slug", "article").Where("slug = ?", post.Slug).
		Where("article IS NOT NULL").OrderExpr("id").Limit(maxNamed).Scan(ctx)
	if err != nil {
		return dialect.Classify(err)
	}
	for i := range others {
		if others[i].Slug != post.Slug {
			continue
		}
		post.Article = others[i].Article
		post.TranslationKey = translationKey(post)
		if taken := (*TranslationTakenError)(nil); !errors.As(alone(ctx, tx, post), &taken) {
			return nil
		}
	}
	post.Article = post.UUID
	post.TranslationKey = translationKey(post)
	return nil
}
