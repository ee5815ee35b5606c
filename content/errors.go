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

// NotFoundError says what was not found, and by what it was looked for. Nothing
// was written.
type NotFoundError = dialect.NotFoundError

// Sentinels for errors.Is. Those that carry data have a type of their own.
var (
	// ErrInvalid matches every *InvalidError.
	ErrInvalid = dialect.ErrInvalid
	// ErrNotFound matches every *NotFoundError of this package: there is no such
	// post or feedback.
	ErrNotFound = errors.New("content not found")
	// ErrSlugTaken matches every *SlugTakenError.
	ErrSlugTaken = errors.New("slug is taken")
	// ErrState matches every *StateError.
	ErrState = errors.New("post is in a state that does not allow this")
)

// SlugTakenError says that another post has the slug in that locale. Nothing
// was written.
type SlugTakenError struct {
	Slug, Locale string
}

func (e *SlugTakenError) Error() string {
	return fmt.Sprintf("%s in locale %s: %s", ErrSlugTaken, shown.Text(e.Locale), shown.Text(e.Slug))
}

// Is matches ErrSlugTaken.
func (e *SlugTakenError) Is(target error) bool { return target == ErrSlugTaken }

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
