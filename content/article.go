package content

import (
	"context"
	"database/sql"
	"errors"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/rows"
)

// original is the post whose article another one joins. nil is none.
type original struct {
	post *Post
	// unnamed means that it is another program's, and had no article so far.
	unnamed bool
}

// join makes post a translation of the post that of names, or leaves it in the
// article that it has if of is empty.
func join(ctx context.Context, tx bun.Tx, post *Post, of string) (*original, error) {
	var o *original
	if of != "" && of != post.UUID {
		found, err := lockPost(ctx, tx, of)
		if missing := (*NotFoundError)(nil); errors.As(err, &missing) {
			return nil, notFound("post", "TranslationOf", of)
		}
		if err != nil {
			return nil, err
		}
		o = &original{post: found, unnamed: found.Article == ""}
		if o.unnamed {
			found.Article = found.UUID
			found.TranslationKey = translationKey(found)
		}
		post.Article = found.Article
		if found.Locale == post.Locale {
			return nil, &TranslationTakenError{Article: post.Article, Locale: post.Locale}
		}
	}
	post.TranslationKey = translationKey(post)
	if err := alone(ctx, tx, post); err != nil {
		return nil, err
	}
	return o, nil
}

// begin stores the article of a post that had none, once it has a translation. No
// other post can have its key: who joins it holds its lock.
func (o *original) begin(ctx context.Context, tx bun.Tx) error {
	if o == nil || !o.unnamed {
		return nil
	}
	return writePost(ctx, tx, o.post, "article", "translation_key")
}

// rejoin applies TranslationOf, and a new locale, to what post is a translation of.
func (p UpdatePostParams) rejoin(ctx context.Context, tx bun.Tx, post *Post) (o *original, columns []string, err error) {
	was, of := post.Article, ""
	switch {
	case p.TranslationOf == nil:
	case *p.TranslationOf == "":
		if post.Article, err = p.ownArticle(ctx, tx, post); err != nil {
			return nil, nil, err
		}
	default:
		of = *p.TranslationOf
		if of == post.UUID && post.Article == "" {
			post.Article = post.UUID
		}
	}
	if o, err = join(ctx, tx, post, of); err != nil {
		return nil, nil, err
	}
	if post.Article != was {
		columns = []string{"article"}
	}
	return o, columns, nil
}

// ownArticle is an article of post's alone: the one that it has if no other post
// shares it.
func (UpdatePostParams) ownArticle(ctx context.Context, tx bun.Tx, post *Post) (string, error) {
	if post.Article != "" {
		others, err := rows.Count(ctx, tx.NewSelect().Model((*Post)(nil)).Column("id").
			Where("article = ?", post.Article).Where("id <> ?", post.ID).Limit(1))
		if err != nil || others == 0 {
			return post.Article, err
		}
	}
	id, err := uuid.NewV7()
	return id.String(), err
}

// alone returns a *TranslationTakenError when plain reads show another post of the
// article in the locale.
func alone(ctx context.Context, tx bun.Tx, post *Post) error {
	if post.TranslationKey == "" {
		return nil
	}
	others, err := rows.Count(ctx, tx.NewSelect().Model((*Post)(nil)).Column("id").
		Where("translation_key = ?", post.TranslationKey).Where("id <> ?", post.ID))
	if err == nil && others > 0 {
		return &TranslationTakenError{Article: post.Article, Locale: post.Locale}
	}
	return err
}

// whoseKey says which key of a post that a uniqueness rule refused another post has:
// a *TranslationTakenError, or errTaken for the slug.
func whoseKey(ctx context.Context, tx bun.Tx, post *Post) error {
	if post.TranslationKey == "" {
		return errTaken
	}
	other := new(Post)
	err := rows.LockKnown(ctx, tx, other, func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Column("id").Where("translation_key = ?", post.TranslationKey).Where("id <> ?", post.ID)
	})
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return errTaken
	case err != nil:
		return dialect.Classify(err)
	}
	return &TranslationTakenError{Article: post.Article, Locale: post.Locale}
}

// translationKey is what is unique: an article has one post a locale.
func translationKey(post *Post) string {
	if post.Article == "" || post.Locale == "" {
		return ""
	}
	return post.Article + "/" + post.Locale
}
