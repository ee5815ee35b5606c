package content

import (
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/totals"
)

// Post is a row of the table posts.
type Post struct {
	bun.BaseModel `bun:"table:posts,alias:p"`

	ID          int64  `bun:"id,pk,autoincrement,type:bigint" json:"-"`
	UUID        string `bun:"uuid,notnull,type:varchar(255)" chameleon:"exact" json:"uuid"`
	Title       string `bun:"title,nullzero,type:varchar(255)" json:"title,omitempty"`
	Description string `bun:"description,nullzero,type:text" json:"description,omitempty"`
	// Content is Markdown.
	Content string `bun:"content,nullzero,type:text" json:"content,omitempty"`
	Slug    string `bun:"slug,nullzero,type:varchar(255)" chameleon:"exact" json:"slug,omitempty"`
	// Locale is a language tag such as en or zh.
	Locale    string     `bun:"locale,nullzero,type:varchar(10)" chameleon:"exact" json:"locale,omitempty"`
	Status    PostStatus `bun:"status,nullzero,type:varchar(50)" chameleon:"exact" json:"status"`
	CreatedAt time.Time  `bun:"created_at,nullzero,type:timestamptz" json:"created_at,omitzero"`
	UpdatedAt time.Time  `bun:"updated_at,nullzero,type:timestamptz" json:"updated_at,omitzero"`

	// SlugKey is the locale, a slash and the slug, and is unique. It is a
	// separate column because rows that other programs write leave it NULL and
	// may have duplicate slugs.
	SlugKey string `bun:"slug_key,nullzero,type:varchar(300)" chameleon:"exact" json:"-"`
	// PublishedAt is when the post was first published, or is to be.
	PublishedAt time.Time `bun:"published_at,nullzero,type:timestamptz" json:"published_at,omitzero"`
	// Article identifies the article that the post is a translation of; posts
	// with the same Article are translations of one another. It is empty in rows
	// that other programs write, until [KeySlugs] or until one of them is
	// translated.
	Article string `bun:"article,nullzero,type:varchar(255)" chameleon:"exact" json:"article,omitempty"`
	// TranslationKey is the article, a slash and the locale, and is unique.
	TranslationKey string `bun:"translation_key,nullzero,type:varchar(300)" chameleon:"exact" json:"-"`
}

// Marks implements dialect.Marked.
func (*Post) Marks() []string {
	return []string{"id", "uuid", "slug", "locale"}
}

// Indexes implements dialect.Indexed.
func (*Post) Indexes() []dialect.Index {
	return []dialect.Index{
		{Name: "posts_uuid_unique", Columns: []string{"uuid"}, Unique: true},
		{Name: "posts_slug_key_unique", Columns: []string{"slug_key"}, Unique: true},
		{Name: "posts_slug_locale_idx", Columns: []string{"slug", "locale"}},
		{Name: "posts_locale_created_at_idx", Columns: []string{"locale", "created_at", "id"}, Times: []string{"created_at"}},
		{Name: "posts_created_at_idx", Columns: []string{"created_at", "id"}, Times: []string{"created_at"}},
		{Name: "posts_locale_published_at_idx", Columns: []string{"locale", "published_at", "id"}, Times: []string{"published_at"}},
		{Name: "posts_published_at_idx", Columns: []string{"published_at", "id"}, Times: []string{"published_at"}},
		// Posts that other programs publish, without a time of publication.
		{
			Name: "posts_locale_unpublished_idx", Columns: []string{"locale", "published_at", "created_at", "id"},
			Times: []string{"published_at", "created_at"},
		},
		{
			Name: "posts_unpublished_idx", Columns: []string{"published_at", "created_at", "id"},
			Times: []string{"published_at", "created_at"},
		},
		{Name: "posts_article_idx", Columns: []string{"article", "locale"}},
		{Name: "posts_translation_key_unique", Columns: []string{"translation_key"}, Unique: true},
	}
}

// PostSlug is a row of the table post_slugs: a slug that a post has or had.
type PostSlug struct {
	bun.BaseModel `bun:"table:post_slugs,alias:ps"`

	ID int64 `bun:"id,pk,autoincrement,type:bigint" json:"-"`
	// SlugKey is the locale, a slash and the slug.
	SlugKey string `bun:"slug_key,notnull,type:varchar(300)" chameleon:"exact" json:"-"`
	// PostUUID is the post's uuid.
	PostUUID string `bun:"post_uuid,notnull,type:varchar(255)" chameleon:"exact" json:"post_uuid"`
	// LeftAt is when the post took another slug, zero for the one that it has.
	LeftAt time.Time `bun:"left_at,nullzero,type:timestamptz" json:"left_at,omitzero"`
}

// Marks implements dialect.Marked.
func (*PostSlug) Marks() []string {
	return []string{"id", "slug_key", "post_uuid"}
}

// Indexes implements dialect.Indexed.
func (*PostSlug) Indexes() []dialect.Index {
	return []dialect.Index{
		{Name: "post_slugs_slug_key_unique", Columns: []string{"slug_key"}, Unique: true},
		{Name: "post_slugs_post_uuid_idx", Columns: []string{"post_uuid"}},
	}
}

// Feedback is a row of the table feedbacks.
type Feedback struct {
	bun.BaseModel `bun:"table:feedbacks,alias:f"`

	ID int64 `bun:"id,pk,autoincrement,type:bigint" json:"id"`
	// UserUUID is empty for feedback without a user.
	UserUUID string `bun:"user_uuid,nullzero,type:varchar(255)" chameleon:"exact" json:"user_uuid,omitempty"`
	Content  string `bun:"content,nullzero,type:text" json:"content,omitempty"`
	// Rating is 1 to 5, or 0 for none. Rows of an adopted database may have
	// other numbers, which statistics ignore.
	Rating    int64     `bun:"rating,nullzero,type:integer" json:"rating"`
	CreatedAt time.Time `bun:"created_at,nullzero,type:timestamptz" json:"created_at,omitzero"`
	// Counted is the start, in seconds since 1970, of the quarter of an hour in whose
	// totals the feedback is counted; NULL while in none.
	Counted int64 `bun:"counted,nullzero,type:bigint" json:"-"`
}

// Marks implements dialect.Marked.
func (*Feedback) Marks() []string {
	return []string{"id", "user_uuid", "content", "rating"}
}

// Indexes implements dialect.Indexed.
func (*Feedback) Indexes() []dialect.Index {
	return []dialect.Index{
		{Name: "feedbacks_created_at_idx", Columns: []string{"created_at", "id"}, Times: []string{"created_at"}},
		{
			Name: "feedbacks_counted_created_at_idx", Columns: []string{"counted", "created_at", "id", "rating"},
			Times: []string{"created_at"}, // all that FeedbackStats and KeepTotals read
		},
		{Name: "feedbacks_user_uuid_created_at_idx", Columns: []string{"user_uuid", "created_at", "id"}, Times: []string{"created_at"}},
	}
}

// Models returns this package's tables, for schema.Push.
func Models() []any {
	return []any{&Post{}, &PostSlug{}, &Feedback{}, &totals.Total{}}
}

// PostStatus says who sees a post.
type PostStatus string

// The statuses of a post.
const (
	PostDraft     PostStatus = "draft"
	PostPublished PostStatus = "published"
	// PostOnline is what the TypeScript application writes for a published
	// post. It is read as published and never written.
	PostOnline PostStatus = "online"
)

// Valid reports whether s may be written.
func (s PostStatus) Valid() bool {
	switch s {
	case PostDraft, PostPublished:
		return true
	case PostOnline:
	}
	return false
}

// shown reports whether readers find the post at a time.
func (p *Post) shown(at time.Time) bool { return p.Status.Public() && !p.PublishedAt.After(at) }

// wasShown reports whether readers may have found the post before a time: a draft
// that never was published has no address that anybody knows.
func (p *Post) wasShown(at time.Time) bool {
	return p.shown(at) || !p.PublishedAt.IsZero() && !p.PublishedAt.After(at)
}

// Public reports whether a post with this status is shown to readers.
func (s PostStatus) Public() bool { return s == PostPublished || s == PostOnline }
