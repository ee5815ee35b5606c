package content

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/rows"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// UpdatePostParams is what to change of a post. A nil field is left as it is;
// new makes one that is not: Title: new("Hello").
type UpdatePostParams struct {
	// UUID is required.
	UUID string
	// Title, Description, Content, Slug and Locale are as in CreatePostParams. A
	// new title leaves the slug as it is, since links hold it; Slug "" makes one
	// of the title.
	Title       *string
	Description *string
	Content     *string
	Slug        *string
	Locale      *string
	// At is when it was changed; zero means now.
	At time.Time
}

// UpdatePost changes a post, published or not. See [Publish] and [Unpublish]
// for its status.
//
// Of concurrent calls that take one slug exactly one succeeds.
//
// Errors, after which nothing is written: *InvalidError for a field of p,
// *NotFoundError when there is no such post, *SlugTakenError when another post in
// the locale has the slug, and *dialect.Error when the engine fails.
func UpdatePost(ctx context.Context, db bun.IDB, p UpdatePostParams) (*PostResult, error) {
	p, err := p.check()
	if err != nil {
		return nil, err
	}
	var result *PostResult
	err = dialect.InTx(ctx, db, func(ctx context.Context, tx bun.Tx) error {
		post, err := lockPost(ctx, tx, p.UUID)
		if err != nil {
			return err
		}
		columns, moved := p.apply(post)
		result = &PostResult{Post: post, Replayed: len(columns) == 0}
		if result.Replayed {
			return nil
		}
		post.UpdatedAt = p.At
		if !moved {
			return writePost(ctx, tx, post, append(columns, "updated_at")...)
		}
		if post.Locale == "" {
			return valid.Failf("Locale", "required: the post has none")
		}
		columns = append(columns, "slug", "slug_key", "updated_at")
		slices.Sort(columns)
		columns = slices.Compact(columns)
		return claim(post, post.Slug != "", func(c *claimant) error {
			if err := c.choose(ctx, tx, post); err != nil {
				return err
			}
			return attempt(ctx, tx, func() error { return writePost(ctx, tx, post, columns...) })
		})
	})
	if err != nil {
		return nil, err
	}
	result.Post.read()
	return result, nil
}

// check returns p in the form that is stored.
func (p UpdatePostParams) check() (UpdatePostParams, error) {
	checks := []error{checkUUID(p.UUID)}
	if p.Title != nil {
		checks = append(checks, valid.Required("Title", *p.Title, maxTitle))
	}
	if p.Description != nil {
		checks = append(checks, valid.LongText("Description", *p.Description))
	}
	if p.Content != nil {
		checks = append(checks, valid.LongText("Content", *p.Content))
	}
	if p.Slug != nil && *p.Slug != "" {
		slug, err := checkSlug(*p.Slug)
		p.Slug, checks = &slug, append(checks, err)
	}
	if p.Locale != nil {
		checks = append(checks, checkLocale("Locale", *p.Locale))
	}
	at, err := valid.Time("At", p.At)
	p.At = at
	return p, valid.First(append(checks, err)...)
}

// apply changes post and returns the columns that differ, and whether slug or
// locale are among them, or are to be made.
func (p UpdatePostParams) apply(post *Post) (columns []string, moved bool) {
	for _, c := range []struct {
		column string
		from   *string
		to     *string
		moves  bool
	}{
		{"title", &post.Title, p.Title, false},
		{"description", &post.Description, p.Description, false},
		{"content", &post.Content, p.Content, false},
		{"slug", &post.Slug, p.Slug, true},
		{"locale", &post.Locale, p.Locale, true},
	} {
		if c.to == nil || *c.from == *c.to {
			continue
		}
		*c.from = *c.to
		columns = append(columns, c.column)
		moved = moved || c.moves
	}
	return columns, moved
}

// lockPost reads a post under its lock.
func lockPost(ctx context.Context, tx bun.Tx, id string) (*Post, error) {
	post := new(Post)
	err := rows.Lock(ctx, tx, post, func(q *bun.SelectQuery) *bun.SelectQuery { return q.Where("uuid = ?", id) })
	if err := post.found(id, err); err != nil {
		return nil, err
	}
	return post, nil
}

// writePost writes columns of a post.
func writePost(ctx context.Context, tx bun.Tx, post *Post, columns ...string) error {
	_, err := rows.Update(ctx, tx, post, rows.Own{ID: post.ID}, columns...)
	return err
}

// attempt runs a statement that a uniqueness rule may refuse, which it returns
// as errTaken. The transaction stays usable.
func attempt(ctx context.Context, tx bun.Tx, statement func() error) error {
	err := rows.Attempt(ctx, tx, statement)
	if errors.Is(err, dialect.ErrUnique) {
		return errTaken
	}
	return err
}
