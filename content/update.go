package content

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/cached"
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
	// TranslationOf is the uuid of a post whose article this one joins; "" gives it
	// an article of its own.
	TranslationOf *string
	// Reserved is as in CreatePostParams.
	Reserved []string
	// At is when it was changed; zero means now.
	At time.Time
}

// UpdatePost changes a post, published or not. See [Publish] and [Unpublish]
// for its status.
//
// A slug that the post leaves stays its own: [GetBySlug] answers with where the post
// went, and no other post gets it for [SlugKept], unless [ReleaseSlug] lets it go.
// Of concurrent calls that take one slug exactly one succeeds.
//
// Errors, after which nothing is written: *InvalidError for a field of p,
// *NotFoundError when there is no such post, or none TranslationOf, *SlugTakenError
// when another post in the locale has the slug or had it less than SlugKept ago,
// *TranslationTakenError when the article has another post in the locale, and
// *dialect.Error when the engine fails.
func UpdatePost(ctx context.Context, db bun.IDB, p UpdatePostParams) (*PostResult, error) {
	p, err := p.check()
	if err != nil {
		return nil, err
	}
	defer cached.Changed(ctx, db, keptPosts)
	var result *PostResult
	err = dialect.InTx(ctx, db, func(ctx context.Context, tx bun.Tx) error {
		post, err := lockPost(ctx, tx, p.UUID)
		if err != nil {
			return err
		}
		before := *post
		columns, moved := p.apply(post)
		of, joined, err := p.rejoin(ctx, tx, post)
		if err != nil {
			return err
		}
		columns = append(columns, joined...)
		result = &PostResult{Post: post, Replayed: len(columns) == 0}
		if result.Replayed {
			return nil
		}
		post.UpdatedAt = p.At
		columns = append(columns, "translation_key", "updated_at")
		if moved {
			columns = append(columns, "slug", "slug_key")
		}
		write := func() error { return storePost(ctx, tx, post, columns...) }
		if moved {
			err = p.moveSlug(ctx, tx, &before, post, write)
		} else {
			err = write()
		}
		if err != nil {
			return err
		}
		return of.begin(ctx, tx)
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
		p.Slug, checks = &slug, append(checks, err, checkReserved(slug, p.Reserved))
	}
	if p.Locale != nil {
		checks = append(checks, checkLocale("Locale", *p.Locale))
	}
	if p.TranslationOf != nil && *p.TranslationOf != "" {
		checks = append(checks, valid.Identifier("TranslationOf", *p.TranslationOf, 255))
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

// moveSlug gives post the slug that it is to have, and writes it. before is what it
// was, whose slug is kept for it.
func (p UpdatePostParams) moveSlug(ctx context.Context, tx bun.Tx, before, post *Post, write func() error) error {
	if post.Locale == "" {
		return valid.Failf("Locale", "required: the post has none")
	}
	err := claim(post, post.Slug != "", p.Reserved, func(c *claimant) error {
		if err := c.choose(ctx, tx, post); err != nil {
			return err
		}
		return c.place(ctx, tx, post, p.At, write)
	})
	if err != nil {
		return err
	}
	return leave(ctx, tx, before, post, p.At)
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

// storePost writes columns of a post, some of them perhaps twice in the list, or says
// which of its keys another has. The transaction stays usable.
func storePost(ctx context.Context, tx bun.Tx, post *Post, columns ...string) error {
	columns = slices.Clone(columns)
	slices.Sort(columns)
	columns = slices.Compact(columns)
	err := rows.Attempt(ctx, tx, func() error { return writePost(ctx, tx, post, columns...) })
	if errors.Is(err, dialect.ErrUnique) {
		return whoseKey(ctx, tx, post)
	}
	return err
}
