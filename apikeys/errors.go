package apikeys

import (
	"errors"

	"github.com/chameleon-go/chameleon/dialect"
)

// InvalidError names a field of the caller's input and says what is wrong with
// it, without its value where that is a secret. Nothing was written.
type InvalidError = dialect.InvalidError

// Sentinels for errors.Is.
var (
	// ErrInvalid matches every *InvalidError.
	ErrInvalid = dialect.ErrInvalid
	// ErrUnauthenticated says that a key opens nothing: it is malformed,
	// unknown or revoked. Which of these is not said, because the answer goes
	// to whoever presented it; [Inspect] says it to an administrator.
	ErrUnauthenticated = errors.New("invalid API key")
	// ErrNotFound says that there is no such key, or that another user owns it.
	ErrNotFound = errors.New("API key not found")
)
