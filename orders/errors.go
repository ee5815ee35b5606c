package orders

import (
	"errors"
	"fmt"

	"github.com/chameleon-go/chameleon/internal/valid"
)

// InvalidError names a field of the caller's input and says what is wrong with
// it. Nothing was written.
type InvalidError = valid.Error

// Sentinels for errors.Is. Those that carry data have a type of their own.
var (
	// ErrInvalid matches every *InvalidError.
	ErrInvalid = valid.Err
	// ErrNotFound says that there is no such order.
	ErrNotFound = errors.New("order not found")
	// ErrDuplicate matches every *DuplicateError.
	ErrDuplicate = errors.New("order number is taken")
)

// DuplicateError says that an order with this number exists. Nothing was
// written.
type DuplicateError struct {
	OrderNo string
}

func (e *DuplicateError) Error() string { return fmt.Sprintf("%v: %q", ErrDuplicate, e.OrderNo) }

// Is matches ErrDuplicate.
func (e *DuplicateError) Is(target error) bool { return target == ErrDuplicate }
