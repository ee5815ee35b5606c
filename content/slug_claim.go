package content

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/rows"
)

// How a free slug is looked for: so many numbers at a time, and then no more.
const (
	firstWindow = 10
	lastWindow  = 1000
	lastNumber  = 2000
	// maxLosses is how often others may take a slug that was free when it was
	// looked at, before one is made that nobody else makes.
	maxLosses = 100
)

// errTaken says that the database refused a slug.
var errTaken = errors.New("taken")

// claimant chooses slugs for a post until the database takes one.
type claimant struct {
	post  *Post
	fixed bool
	// base is what generated slugs start with, number what the next one ends
	// with: 1 is not written.
	base   string
	number int
	// own is the id of the post when it has a row, whose slug is free for it.
	own int64
	// reserved are slugs that no post gets.
	reserved []string
}

// claim calls attempt, which chooses a slug and writes it, until it is not
// refused. Each is a transaction of its own unless the caller's is under way,
// so that losing a race leaves no locks behind. A fixed slug is tried once.
func claim(post *Post, fixed bool, reserved []string, attempt func(c *claimant) error) error {
	c := &claimant{post: post, fixed: fixed, number: 1, own: post.ID, reserved: reserved}
	if !fixed {
		c.base = baseSlug(post)
	}
	for range maxLosses {
		err := attempt(c)
		if !errors.Is(err, errTaken) {
			return err
		}
		if c.fixed {
			return &SlugTakenError{Slug: post.Slug, Locale: post.Locale}
		}
		c.number++
	}
	c.number = lastNumber
	err := attempt(c)
	if errors.Is(err, errTaken) {
		return &SlugTakenError{Slug: c.numbered(), Locale: post.Locale}
	}
	return err
}

// baseSlug is never empty.
func baseSlug(post *Post) string {
	if slug := Slugify(post.Title); slug != "" {
		return slug
	}
	return "post-" + tail(post)
}

// tail is the random end of the post's uuid.
func tail(post *Post) string {
	const length = 12
	return post.UUID[max(0, len(post.UUID)-length):]
}

// numbered is the slug with the current number.
func (c *claimant) numbered() string {
	switch {
	case c.number >= lastNumber:
		end := "-" + tail(c.post)
		return cut(c.base, MaxSlug-len(end)) + end
	case c.number > 1:
		end := "-" + strconv.Itoa(c.number)
		return cut(c.base, MaxSlug-len(end)) + end
	}
	return c.base
}

// choose gives post a slug that looks free, and the key that has the database
// judge. It returns errTaken for a fixed slug that is not free.
func (c *claimant) choose(ctx context.Context, tx bun.Tx, post *Post) error {
	if c.fixed {
		taken, err := c.taken(ctx, tx, post.Slug)
		if err != nil {
			return err
		}
		if len(taken) > 0 {
			return errTaken
		}
		post.SlugKey = slugKey(post) // and one that was left may be free by now
		return nil
	}
	for window := firstWindow; c.number < lastNumber; window = min(window*10, lastWindow) {
		first := c.number
		candidates := make([]string, 0, window)
		for ; c.number < min(first+window, lastNumber); c.number++ {
			candidates = append(candidates, c.numbered())
		}
		taken, err := c.taken(ctx, tx, candidates...)
		if err != nil {
			return err
		}
		left, err := c.left(ctx, tx, candidates)
		if err != nil {
			return err
		}
		taken = append(taken, left...)
		free := slices.IndexFunc(candidates, func(s string) bool {
			return !slices.Contains(taken, s) && checkReserved(s, c.reserved) == nil
		})
		if free >= 0 {
			c.number = first + free
			break
		}
	}
	post.Slug = c.numbered()
	post.SlugKey = slugKey(post)
	return nil
}

// taken returns which of slugs other posts have in the locale, rows of other
// programs included, to which the unique key does not apply.
func (c *claimant) taken(ctx context.Context, tx bun.Tx, slugs ...string) ([]string, error) {
	var found []string
	err := tx.NewSelect().Model((*Post)(nil)).Column("slug").
		Where("slug IN (?)", bun.List(slugs)).
		Where("locale = ?", c.post.Locale).
		Where("id <> ?", c.own).
		Scan(ctx, &found)
	// A column of another program's may find other cases.
	return slices.DeleteFunc(found, func(s string) bool { return !slices.Contains(slugs, s) }), dialect.Classify(err)
}

// slugKey is what is unique. No locale holds a slash.
func slugKey(post *Post) string { return keyOf(post.Locale, post.Slug) }

func keyOf(locale, slug string) string { return strings.Join([]string{locale, slug}, "/") }

// insert stores a post, or says which of its keys another has: the uuid is new.
func insert(ctx context.Context, tx bun.Tx, post *Post) error {
	inserted, err := rows.Insert(ctx, tx, post)
	if err == nil && !inserted {
		return whoseKey(ctx, tx, post)
	}
	return err
}
