package content

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/cached"
	"github.com/chameleon-go/chameleon/internal/rows"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// maxTitle is the longest title and slug of any program, in characters.
const maxTitle = 255

// PostResult is a post after a change.
type PostResult struct {
	Post *Post `json:"post,omitzero"`
	// Replayed is true when there was nothing to change; nothing was written.
	Replayed bool `json:"replayed"`
}

// CreatePostParams describe a post to create.
type CreatePostParams struct {
	// Title is required, at most 255 characters.
	Title string
	// Description and Content, which is Markdown, have at most 65,535 bytes each.
	Description string
	Content     string
	// Slug is the post's name in URLs, unique within the locale; if empty, it
	// is derived from the title. It has at most 255 bytes, of letters and
	// digits in any script and -_.~, and is stored in Unicode normalization
	// form C.
	Slug string
	// Locale is a language tag of at most 10 characters, such as en or pt-BR,
	// required. It compares byte for byte: pt-BR and pt-br differ.
	Locale string
	// TranslationOf is the uuid of a post that this one translates; if empty, the
	// post begins a new article. An article has one post per locale.
	TranslationOf string
	// Reserved are slugs that the product needs for itself, regardless of case: as
	// Slug they are refused, and one derived from the title gets a number.
	Reserved []string
	// Publish publishes the post instead of leaving it a draft: at PublishAt, before
	// which readers do not find it, or at At if PublishAt is zero.
	Publish   bool
	PublishAt time.Time
	// At is when it was written; zero means now.
	At time.Time
}

// CreatePost creates a post. It is not idempotent: calling it again creates
// another post with its own slug.
//
// Of concurrent calls with the same Slug, exactly one succeeds; without a Slug,
// each gets the title's slug with a different number.
//
// Errors, after which nothing is written: *InvalidError for a field of p,
// *SlugTakenError when a post in that locale has the Slug or had it less than
// SlugKept ago, *NotFoundError when there is no post TranslationOf,
// *TranslationTakenError when its article has a post in that locale, and
// *dialect.Error when the engine fails.
func CreatePost(ctx context.Context, db bun.IDB, p CreatePostParams) (*Post, error) {
	draft, err := p.post()
	if err != nil {
		return nil, err
	}
	defer cached.Changed(ctx, db, keptPosts)
	var made *Post
	err = claim(draft, p.Slug != "", p.Reserved, func(c *claimant) error {
		return dialect.InTx(ctx, db, func(ctx context.Context, tx bun.Tx) error {
			post := *draft
			of, err := join(ctx, tx, &post, p.TranslationOf)
			if err != nil {
				return err
			}
			if err := c.choose(ctx, tx, &post); err != nil {
				return err
			}
			made = &post
			if err := c.place(ctx, tx, &post, draft.UpdatedAt, func() error { return insert(ctx, tx, &post) }); err != nil {
				return err
			}
			return of.begin(ctx, tx)
		})
	})
	if err != nil {
		return nil, err
	}
	return made.read(), nil
}

// post checks p and returns the post that it describes.
func (p CreatePostParams) post() (*Post, error) {
	var slugErr error
	if p.Slug != "" {
		p.Slug, slugErr = checkSlug(p.Slug)
		slugErr = valid.First(slugErr, checkReserved(p.Slug, p.Reserved))
	}
	var ofErr error
	if p.TranslationOf != "" {
		ofErr = valid.Identifier("TranslationOf", p.TranslationOf, 255)
	}
	at, atErr := valid.Time("At", p.At)
	publishAt, publishErr := valid.Bound("PublishAt", p.PublishAt)
	if publishErr == nil && !p.PublishAt.IsZero() && !p.Publish {
		publishErr = valid.Failf("PublishAt", "set without Publish")
	}
	err := valid.First(
		publishErr,
		valid.Required("Title", p.Title, maxTitle),
		valid.LongText("Description", p.Description),
		valid.LongText("Content", p.Content),
		slugErr,
		checkLocale("Locale", p.Locale),
		ofErr,
		atErr,
	)
	if err != nil {
		return nil, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return nil, err
	}
	post := &Post{
		UUID: id.String(), Title: p.Title, Description: p.Description, Content: p.Content, Slug: p.Slug,
		Locale: p.Locale, Status: PostDraft, CreatedAt: at, UpdatedAt: at, Article: id.String(),
	}
	if p.Publish {
		post.Status, post.PublishedAt = PostPublished, at
		if !publishAt.IsZero() {
			post.PublishedAt = publishAt
		}
	}
	return post, nil
}

// GetPostParams name a post.
type GetPostParams struct {
	// UUID is required.
	UUID string
}

// GetPost finds a post, drafts too.
//
// Errors: *InvalidError for an invalid UUID, *NotFoundError when there is no
// such post, and *dialect.Error when the engine fails.
func GetPost(ctx context.Context, db bun.IDB, p GetPostParams) (*Post, error) {
	if err := checkUUID(p.UUID); err != nil {
		return nil, err
	}
	ctx, db, done, err := dialect.Reading(ctx, db)
	if err != nil {
		return nil, err
	}
	defer done()
	post := new(Post)
	if err := scanPost(ctx, db.NewSelect().Model(post), post, p.UUID); err != nil {
		return nil, err
	}
	return post.read(), nil
}

// checkUUID takes what other programs made too.
func checkUUID(id string) error { return valid.Identifier("UUID", id, 255) }

// scanPost runs q, which selects post, for a uuid.
func scanPost(ctx context.Context, q *bun.SelectQuery, post *Post, id string) error {
	return post.found(id, q.Where("uuid = ?", id).Scan(ctx))
}

// found is what a query for a uuid ended with.
func (p *Post) found(id string, err error) error {
	switch {
	case errors.Is(err, sql.ErrNoRows), err == nil && p.UUID != id: // a column that compares without case
		return notFound("post", "UUID", id)
	default:
		return dialect.Classify(err)
	}
}

// read makes a row that may be another program's what callers are told.
func (p *Post) read() *Post {
	if p.Status == PostOnline {
		p.Status = PostPublished
	}
	p.CreatedAt, p.UpdatedAt, p.PublishedAt = p.CreatedAt.UTC(), p.UpdatedAt.UTC(), p.PublishedAt.UTC()
	return p
}

// DeletePostParams name a post.
type DeletePostParams struct {
	// UUID is required.
	UUID string
}

// DeletePost removes a post, published or not, permanently. Its current and former
// slugs become free. To only hide it, see [Unpublish].
//
// Errors, after which nothing is written: *InvalidError for an invalid UUID,
// *NotFoundError when there is no such post, and *dialect.Error when the engine
// fails.
func DeletePost(ctx context.Context, db bun.IDB, p DeletePostParams) error {
	if err := checkUUID(p.UUID); err != nil {
		return err
	}
	defer cached.Changed(ctx, db, keptPosts)
	return dialect.InTx(ctx, db, func(ctx context.Context, tx bun.Tx) error {
		post, err := lockPost(ctx, tx, p.UUID)
		if err != nil {
			return err
		}
		if _, err := rows.DeleteEach(ctx, tx, (*PostSlug)(nil), "post_uuid = ?", post.UUID); err != nil {
			return err
		}
		return rows.Delete(ctx, tx, (*Post)(nil), rows.Own{ID: post.ID})
	})
}
