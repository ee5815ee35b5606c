package content

import (
	"context"
	"time"
	"unicode/utf8"

	"github.com/uptrace/bun"
	"golang.org/x/text/unicode/norm"

	"github.com/chameleon-go/chameleon/dialect"
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
// else in the first fallback locale that has one.
//
// A slug names one article. Where the post that has it is not published any more,
// translations of that article are found, and never another article's post that has the
// same slug in a fallback locale. A draft that was not published yet names nothing. A slug that a post has left leads to it by a *MovedError, as does
// one of a fallback locale when the article has a post in an earlier locale. It is one
// read, by an index, for a post in the reader's locale, and up to four for others.
//
// Where rows of other programs share a slug and a locale, the newest published one
// is found; they have no article until [KeySlugs], and those that share a slug are
// translations of each other.
//
// Errors: *InvalidError for a field of p, *MovedError with the post when its address
// is another, *NotFoundError when no such post is published, and *dialect.Error when
// the engine fails.
func GetBySlug(ctx context.Context, db bun.IDB, p GetBySlugParams) (*Post, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	s := &bySlug{asked: p, at: now(), locales: p.locales()}
	if len(s.locales) == 0 || utf8.RuneCountInString(p.Slug) > maxTitle {
		return nil, notFound("post", "Slug", p.Slug)
	}
	s.slugs = []string{p.Slug}
	if nfc := norm.NFC.String(p.Slug); nfc != p.Slug {
		s.slugs = append(s.slugs, nfc)
	}
	ctx, db, done, err := dialect.Reading(ctx, db)
	if err != nil {
		return nil, err
	}
	defer done()
	s.db = db
	return s.find(ctx)
}

// locales are those to look in, in order.
func (p GetBySlugParams) locales() []string {
	locales := readerLocales(p.Locale)
	for _, fallback := range p.Fallback {
		locales = append(locales, readerLocales(fallback)...)
	}
	return storedLocales(locales)
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
