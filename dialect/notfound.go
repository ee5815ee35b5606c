package dialect

import (
	"errors"

	"github.com/chameleon-go/chameleon/internal/shown"
)

// NotFoundError says that what a call names does not exist or belongs to
// another user. All packages of this module use it. Nothing was written.
type NotFoundError struct {
	// What is the kind of thing, such as "user", "order" or "charge".
	What string
	// Field is the field by which it was looked up, as params structs spell it:
	// "OrderNo".
	Field string
	// Value is the value of Field. It is empty for an email, a subject and a key,
	// which errors do not repeat.
	Value string
	// UserUUID is the account or user to which the search was limited, if any.
	UserUUID string
	// Err is the sentinel of the package that looked: users.ErrNotFound,
	// credits.ErrNotFound …
	Err error
}

// Error names what was looked for, and by which field.
func (e *NotFoundError) Error() string {
	text := e.What + " not found: " + e.Field
	if e.Value != "" {
		text += " " + shown.Text(e.Value)
	}
	return shown.Line(text)
}

// Unwrap returns the package's sentinel, so that errors.Is tells a missing user
// from a missing order.
func (e *NotFoundError) Unwrap() error { return e.Err }

// Is makes errors.Is(err, ErrNotFound) true for every *NotFoundError of any
// package.
func (e *NotFoundError) Is(target error) bool { return target == ErrNotFound }

// ErrNotFound matches every *[NotFoundError], of any package. sql.ErrNoRows, which
// bun's own queries return, does not match it.
var ErrNotFound = errors.New("not found")
