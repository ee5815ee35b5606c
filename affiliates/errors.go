package affiliates

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
	// commission, or it is another user's.
	ErrNotFound = errors.New("commission not found")
	// ErrState matches every *StateError.
	ErrState = errors.New("commission is in a state that does not allow this")
	// ErrCurrency matches every *CurrencyError.
	ErrCurrency = errors.New("another currency")
	// ErrNothingLeft says that refunds or disputes left nothing to pay out.
	ErrNothingLeft = errors.New("nothing is left of the commission")
)

// CurrencyError says that the tiers or the rate do not cover an order's
// currency. Nothing was written.
type CurrencyError struct {
	// Field is Tiers or Rate, Currency the order's.
	Field, Currency string
}

func (e *CurrencyError) Error() string {
	return fmt.Sprintf("%s: for %v than %s", shown.Text(e.Field), ErrCurrency, shown.Text(e.Currency))
}

// Is matches ErrCurrency.
func (e *CurrencyError) Is(target error) bool { return target == ErrCurrency }

// StateError says that a commission cannot go from where it stands to where it
// was sent. Nothing was written.
type StateError struct {
	ID       int64
	From, To Status
	// Converted is true when it was paid out in credits.
	Converted bool
}

func (e *StateError) Error() string {
	from := shown.Text(e.From)
	if e.Converted {
		from += " in credits"
	}
	return fmt.Sprintf("commission %d is %s and cannot become %s", e.ID, from, shown.Text(e.To))
}

// Is matches ErrState.
func (e *StateError) Is(target error) bool { return target == ErrState }

// notFound says that no commission, or none of the user's where one is given, has
// this value in the field that names it.
func notFound(field, value, userUUID string) error {
	return &NotFoundError{What: "commission", Field: field, Value: value, UserUUID: userUUID, Err: ErrNotFound}
}
