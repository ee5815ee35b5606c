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

// GetBySlugParams name a published post as a URL does.
type GetBySlugParams struct {
	// Slug is required, URL-decoded. It compares byte for byte, normalized or not.
	// No post has a slug longer than 255 characters.
	Slug string
	// Locale is the reader's, required, in any common spelling: en_US means en-US.
	// It falls back to more general locales: zh-Hant-TW to zh-Hant and zh.
	Locale string
	// Fallback are further locales to try, in this order; at most 10.
	Fallback []string
}

// GetBySlug finds the published post with a slug: in the reader's locale, or
// else in the first fallback locale that has one.
//
// A slug names one article. If its post is no longer published, translations of that
// article are found, but never another article's post that has the same slug in a
// fallback locale. A draft that was never published does not count. A former slug
// leads to its post by a *MovedError, and so does a slug in a fallback locale if the
// article has a post in a preferred locale. Finding a post in the reader's locale
// takes one indexed read, others up to four.
//
// If rows of other programs share a slug and a locale, the newest published one is
// found. They have no article until [KeySlugs]; those that share a slug count as
// translations of one another.
//
// On a handle with a cache (chameleon.WithCache) it often takes no read at all. A post
// whose time of publication comes, here or in a preferred locale, is then found late by
// at most the cache's TTL.
//
// Errors: *InvalidError for a field of p, *MovedError with the post when it has
// another address, *NotFoundError when no such post is published, and *dialect.Error
// when the engine fails.
func GetBySlug(ctx context.Context, db bun.IDB, p GetBySlugParams) (*Post, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	s := &bySlug{asked: p, locales: p.locales()}
	if len(s.locales) == 0 || utf8.RuneCountInString(p.Slug) > maxTitle {
		return nil, notFound("post", "Slug", p.Slug)
	}
	s.slugs = []string{p.Slug}
	if nfc := norm.NFC.String(p.Slug); nfc != p.Slug {
		s.slugs = append(s.slugs, nfc)
	}
	return s.findKept(ctx, db)
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
