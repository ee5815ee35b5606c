package apikeys

import (
	"errors"

	"github.com/chameleon-go/chameleon/dialect"
)

// InvalidError names a field of the caller's input and says what is wrong with
// it, without its value where that is a secret. Nothing was written.
type InvalidError = dialect.InvalidError

// NotFoundError says what was not found and by which field. Nothing was
// written.
type NotFoundError = dialect.NotFoundError

// Sentinels for errors.Is.
var (
	// ErrInvalid matches every *InvalidError.
	ErrInvalid = dialect.ErrInvalid
	// ErrUnauthenticated says that a key is not valid: it is malformed, unknown,
	// revoked or expired. It does not say which, because the answer goes to whoever
	// presented the key; [Inspect] tells an administrator.
	ErrUnauthenticated = errors.New("invalid API key")
	// ErrNotFound matches every *NotFoundError of this package: there is no such
	// key, or it is another user's.
	ErrNotFound = errors.New("API key not found")
)

// notFound says that no key, or none of the user's where one is given, has this
// value in the field that names it. A key itself is not repeated.
func notFound(field, value, userUUID string) error {
	return &NotFoundError{What: "API key", Field: field, Value: value, UserUUID: userUUID, Err: ErrNotFound}
}
