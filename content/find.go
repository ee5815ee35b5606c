package content

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"
	"unicode/utf8"

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
	// Slug is required, decoded. It compares byte for byte, whether it is in NFC or
	// not; no post has one of more than 255 characters.
	Slug string
	// Locale is the reader's, required, in any system's spelling: en_US is en-US. It
	// falls back to what it is a kind of, zh-Hant-TW to zh-Hant and zh.
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
	locales := readerLocales(p.Locale)
	for _, fallback := range p.Fallback {
		locales = append(locales, readerLocales(fallback)...)
	}
	locales = storedLocales(locales)
	if len(locales) == 0 || utf8.RuneCountInString(p.Slug) > maxTitle {
		return nil, notFound("post", "Slug", p.Slug)
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
		Where("(?TableAlias.published_at IS NULL OR "+moment.Column(dialect.Of(db), "?TableAlias.published_at")+" <= ?)", now()).
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
	checks := []error{valid.Required("Slug", p.Slug, 0), checkReader("Locale", p.Locale)}
	if len(p.Fallback) > maxFallback {
		checks = append(checks, valid.Failf("Fallback", "more than %d locales", maxFallback))
	}
	for _, locale := range p.Fallback {
		checks = append(checks, checkReader("Fallback", locale))
	}
	return valid.First(checks...)
}

// checkReader checks a locale that a reader's system gave, which may be of any length
// that one has.
func checkReader(field, locale string) error { return valid.Required(field, locale, maxTitle) }

// now is when readers look: what is to be published later is not shown.
func now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }

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
