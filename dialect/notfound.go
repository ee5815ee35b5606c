package dialect

import (
	"errors"

	"github.com/chameleon-go/chameleon/internal/shown"
)

// NotFoundError says that what a call names is not there, or is another user's,
// and names what was looked for. Every package of this module has it for that.
// Nothing was written.
type NotFoundError struct {
	// What is the kind of thing, such as "user", "order" or "charge".
	What string
	// Field is what it was looked for by, as params structs spell it: "OrderNo".
	Field string
	// Value is what Field held. It is empty for an email, a subject and a key, which
	// errors do not repeat.
	Value string
	// UserUUID is the account or the user among whose it was looked for, empty
	// where it was looked for among everybody's.
	UserUUID string
	// Err is the sentinel of the package that looked: users.ErrNotFound,
	// credits.ErrNotFound …
	Err error
}

// Error names what was looked for, and by what.
func (e *NotFoundError) Error() string {
	text := e.What + " not found: " + e.Field
	if e.Value != "" {
		text += " " + shown.Text(e.Value)
	}
	return shown.Line(text)
}

// Unwrap returns the package's sentinel, so that errors.Is tells a user who is not
// there from an order.
func (e *NotFoundError) Unwrap() error { return e.Err }

// Is makes errors.Is(err, ErrNotFound) true for every *NotFoundError, whichever
// package returned it.
func (e *NotFoundError) Is(target error) bool { return target == ErrNotFound }

// ErrNotFound matches every *[NotFoundError], of any package. sql.ErrNoRows, which
// bun's own queries return, does not match it.
var ErrNotFound = errors.New("not found")
