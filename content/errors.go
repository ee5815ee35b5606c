package content

import (
	"errors"
	"fmt"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/shown"
)

// InvalidError names a field of the caller's input and says what is wrong with
// it. Nothing was written.
type InvalidError = dialect.InvalidError

// NotFoundError says what was not found and by which field. Nothing was
// written.
type NotFoundError = dialect.NotFoundError

// Sentinels for errors.Is. Errors that carry data have types of their own.
var (
	// ErrInvalid matches every *InvalidError.
	ErrInvalid = dialect.ErrInvalid
	// ErrNotFound matches every *NotFoundError of this package: there is no such
	// post or feedback.
	ErrNotFound = errors.New("content not found")
	// ErrSlugTaken matches every *SlugTakenError.
	ErrSlugTaken = errors.New("slug is taken")
	// ErrMoved matches every *MovedError.
	ErrMoved = errors.New("post has another address")
	// ErrTranslationTaken matches every *TranslationTakenError.
	ErrTranslationTaken = errors.New("article has a post in that locale")
	// ErrState matches every *StateError.
	ErrState = errors.New("post is in a state that does not allow this")
)

// SlugTakenError says that another post has the slug in that locale, or had it less
// than [SlugKept] ago. Nothing was written.
type SlugTakenError struct {
	Slug, Locale string
}

func (e *SlugTakenError) Error() string {
	return fmt.Sprintf("%s in locale %s: %s", ErrSlugTaken, shown.Text(e.Locale), shown.Text(e.Slug))
}

// Is matches ErrSlugTaken.
func (e *SlugTakenError) Is(target error) bool { return target == ErrSlugTaken }

// MovedError says that a published post has another address: its slug or locale was
// changed, or its article has a translation with its own slug in a locale that the
// reader prefers. Redirect to Post's slug in Post's locale, where [GetBySlug] finds
// it.
type MovedError struct {
	// Slug and Locale are the requested ones.
	Slug, Locale string
	// Post is the whole post.
	Post *Post
}

func (e *MovedError) Error() string {
	text := fmt.Sprintf("%s: %s in locale %s", ErrMoved, shown.Text(e.Slug), shown.Text(e.Locale))
	if e.Post == nil {
		return text
	}
	return fmt.Sprintf("%s is %s in locale %s", text, shown.Text(e.Post.Slug), shown.Text(e.Post.Locale))
}

// Is matches ErrMoved.
func (e *MovedError) Is(target error) bool { return target == ErrMoved }

// TranslationTakenError says that an article has another post in the locale already.
// Nothing was written.
type TranslationTakenError struct {
	Article, Locale string
}

func (e *TranslationTakenError) Error() string {
	return fmt.Sprintf("%s: %s in locale %s", ErrTranslationTaken, shown.Text(e.Article), shown.Text(e.Locale))
}

// Is matches ErrTranslationTaken.
func (e *TranslationTakenError) Is(target error) bool { return target == ErrTranslationTaken }

// StateError says that a post cannot go from where it stands to where it was
// sent. Nothing was written.
type StateError struct {
	UUID     string
	From, To PostStatus
}

func (e *StateError) Error() string {
	return fmt.Sprintf("post %s is %s and cannot become %s", shown.Text(e.UUID), shown.Text(e.From), shown.Text(e.To))
}

// Is matches ErrState.
func (e *StateError) Is(target error) bool { return target == ErrState }

// notFound says that nothing has this value in the field that names it.
func notFound(what, field, value string) error {
	return &NotFoundError{What: what, Field: field, Value: value, Err: ErrNotFound}
}
