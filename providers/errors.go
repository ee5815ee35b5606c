package providers

import (
	"errors"
	"fmt"
	"strings"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/shown"
)

// InvalidError names a field of the caller's input and says what is wrong with
// it. Nothing was written.
type InvalidError = dialect.InvalidError

// NotFoundError says what was not found and by which field. Nothing was
// written.
type NotFoundError = dialect.NotFoundError

// Sentinels for errors.Is. All but ErrInvalid and ErrNotFound are wrapped in an
// *Error, which names the provider.
var (
	// ErrInvalid matches every *InvalidError.
	ErrInvalid = dialect.ErrInvalid
	// ErrNotFound matches every *NotFoundError of this package: there is no such
	// provider.
	ErrNotFound = errors.New("AI provider not found")
	// ErrDisabled says that the provider is switched off.
	ErrDisabled = errors.New("disabled")
	// ErrNoKey says that the provider's row holds no key.
	ErrNoKey = errors.New("no API key is stored")
	// ErrPlaintext says that the key is stored in plaintext, which the caller
	// refused.
	ErrPlaintext = errors.New("the API key is stored in plaintext: RotateKeys encrypts it")
	// ErrDecrypt says that the stored key does not decrypt: it is the wrong
	// keyset or one without the key, the row was damaged or belongs to another
	// provider, or the KMS failed.
	ErrDecrypt = errors.New("the API key does not decrypt with this keyset")
	// ErrEncrypt says that the key could not be encrypted. Nothing was written.
	ErrEncrypt = errors.New("the API key could not be encrypted")
	// ErrBusy says that other callers kept changing the key.
	ErrBusy = errors.New("the API key kept changing during the call")
)

var (
	errVersion = errors.New("encrypted by a newer version")
	errDamaged = errors.New("damaged")
)

// Error says what is wrong with one provider. It never contains a key.
type Error struct {
	Provider Name
	// Err is one of the sentinels.
	Err error

	cause error
}

func (e *Error) Error() string {
	if e.cause != nil {
		return fmt.Sprintf("AI provider %s: %s: %s", shown.Text(e.Provider), shown.Line(e.Err.Error()), shown.Line(e.cause.Error()))
	}
	return fmt.Sprintf("AI provider %s: %s", shown.Text(e.Provider), shown.Line(e.Err.Error()))
}

// Unwrap returns the sentinel and, if an AEAD failed, its error.
func (e *Error) Unwrap() []error {
	if e.cause == nil {
		return []error{e.Err}
	}
	return []error{e.Err, e.cause}
}

// failure wraps an AEAD's error. The AEAD is the caller's own: an error of it
// that quotes the plaintext is left out.
func failure(name Name, sentinel, cause error, plaintext string) error {
	if plaintext != "" && strings.Contains(fmt.Sprintf("%v %+v %#v", cause, cause, cause), plaintext) {
		cause = nil
	}
	return &Error{Provider: name, Err: sentinel, cause: cause}
}
