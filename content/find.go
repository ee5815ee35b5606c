package content

import (
	"context"
	"database/sql"
	"errors"
	"strings"

	"github.com/uptrace/bun"
	"golang.org/x/text/unicode/norm"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/moment"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// maxFallback is how many fallback locales GetBySlug takes.
const maxFallback = 10

// GetBySlugParams names a published post as a URL does.
type GetBySlugParams struct {
	// Slug is required, decoded, at most 255 characters. It compares byte for
	// byte, whether it is in NFC or not.
	Slug string
	// Locale is the reader's, required.
	Locale string
	// Fallback are locales to look in when Locale has no such post, in this
	// order, at most 10.
	Fallback []string
}

// GetBySlug finds the published post with a slug: in the reader's locale, or
// else in the first fallback locale that has one. It is one read, by an index.
//
// Where rows of other programs share a slug and a locale, the newest published one
// is found.
//
// Errors: *InvalidError for a field of p, *NotFoundError when no such post is
// published, and *dialect.Error when the engine fails.
func GetBySlug(ctx context.Context, db bun.IDB, p GetBySlugParams) (*Post, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	ctx, db, done, err := dialect.Reading(ctx, db)
	if err != nil {
		return nil, err
	}
	defer done()
	slugs := []string{p.Slug}
	if nfc := norm.NFC.String(p.Slug); nfc != p.Slug {
		slugs = append(slugs, nfc)
	}
	locales := append([]string{p.Locale}, p.Fallback...)
	var rank strings.Builder
	rank.WriteString("CASE")
	args := make([]any, 0, 2*len(locales))
	for i, locale := range locales {
		rank.WriteString(" WHEN " + exact(db, "?TableAlias.locale") + " = ? THEN ?")
		args = append(args, locale, i)
	}
	post := new(Post)
	err = db.NewSelect().Model(post).
		Where("?TableAlias.slug IN (?)", bun.List(slugs)).
		Where(exact(db, "?TableAlias.slug")+" IN (?)", bun.List(slugs)).
		Where("?TableAlias.locale IN (?)", bun.List(locales)).
		Where(exact(db, "?TableAlias.locale")+" IN (?)", bun.List(locales)).
		Where("?TableAlias.status IN (?)", bun.List(public())).
		OrderExpr(rank.String()+" END", args...).
		OrderExpr("CASE WHEN ?TableAlias.created_at IS NULL THEN 1 ELSE 0 END").
		OrderExpr(moment.Column(dialect.Of(db), "?TableAlias.created_at") + " DESC, ?TableAlias.id DESC").
		Limit(1).
		Scan(ctx)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, notFound("post", "Slug", p.Slug)
	case err != nil:
		return nil, dialect.Classify(err)
	}
	return post.read(), nil
}

func (p GetBySlugParams) check() error {
	checks := []error{valid.Required("Slug", p.Slug, maxTitle), checkLocale("Locale", p.Locale)}
	if len(p.Fallback) > maxFallback {
		checks = append(checks, valid.Failf("Fallback", "more than %d locales", maxFallback))
	}
	for _, locale := range p.Fallback {
		checks = append(checks, checkLocale("Fallback", locale))
	}
	return valid.First(checks...)
}

// exact is the SQL of a column's value where it has to compare byte for byte,
// also where the column ignores case because another program made it. An index
// on the column does not serve it.
func exact(db bun.IDB, column string) string {
	if dialect.Of(db).IsMySQL() {
		return exactMySQL(column)
	}
	return column
}

// public are the statuses of what readers see.
func public() []PostStatus { return []PostStatus{PostPublished, PostOnline} }
