package orders

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
	// order, payment or subscription, or it belongs to another user.
	ErrNotFound = errors.New("order not found")
	// ErrDuplicate matches every *DuplicateError.
	ErrDuplicate = errors.New("order number is taken")
	// ErrState matches every *StateError.
	ErrState = errors.New("order is in a state that does not allow this")
	// ErrNotStarted matches every *NotStartedError.
	ErrNotStarted = errors.New("subscription has not been paid yet")
	// ErrPaymentTaken matches every *PaymentTakenError.
	ErrPaymentTaken = errors.New("payment belongs to another order")
	// ErrAmount matches every *AmountError.
	ErrAmount = errors.New("payment is less than the order's price")
	// ErrCurrency matches every *CurrencyError.
	ErrCurrency = errors.New("payment is in another currency")
)

// DuplicateError says that another order has this number. Nothing was written.
type DuplicateError struct {
	OrderNo string
}

func (e *DuplicateError) Error() string { return fmt.Sprintf("%v: %q", ErrDuplicate, e.OrderNo) }

// Is matches ErrDuplicate.
func (e *DuplicateError) Is(target error) bool { return target == ErrDuplicate }

// StateError says that an order cannot change from one status to another.
// Nothing was written.
type StateError struct {
	OrderNo  string
	From, To Status
}

func (e *StateError) Error() string {
	return fmt.Sprintf("order %s is %s and cannot become %s", shown.Text(e.OrderNo), shown.Text(e.From), shown.Text(e.To))
}

// Is matches ErrState.
func (e *StateError) Is(target error) bool { return target == ErrState }

// Retryable reports whether the same call can succeed later, because a refund
// or dispute was reported before its payment. Otherwise the call is too late,
// and repeating it changes nothing.
func (e *StateError) Retryable() bool {
	return e.To == StatusRefunded && e.From != StatusPaid && e.From != StatusRefunded
}

// NotStartedError says that a subscription's first order is not paid, so that
// there can be no renewal yet, or that a period is not, so that there can be no
// change within it. Nothing was written; the same call can succeed later.
type NotStartedError struct {
	SubID string
	// OrderNo is that order, Status its status.
	OrderNo string
	Status  Status
}

func (e *NotStartedError) Error() string {
	return fmt.Sprintf("subscription %s: its order %s is %s", shown.Text(e.SubID), shown.Text(e.OrderNo), shown.Text(e.Status))
}

// Is matches ErrNotStarted.
func (e *NotStartedError) Is(target error) bool { return target == ErrNotStarted }

// PaymentTakenError says that a payment already paid another order: the same
// money does not pay two orders. Nothing was written.
type PaymentTakenError struct {
	// PayRef is the payment, OrderNo the order that it paid, and Other the order
	// that the call named.
	PayRef, OrderNo, Other string
}

func (e *PaymentTakenError) Error() string {
	return fmt.Sprintf("payment %s is of order %s, not of %s",
		shown.Text(e.PayRef), shown.Text(e.OrderNo), shown.Text(e.Other))
}

// Is matches ErrPaymentTaken.
func (e *PaymentTakenError) Is(target error) bool { return target == ErrPaymentTaken }

// AmountError says that a payment is less than its order's price and was not
// accepted. Nothing was written.
type AmountError struct {
	OrderNo string
	// Currency is the order's. Want is the order's price and Got the payment's,
	// before discounts and without added taxes.
	Currency  string
	Want, Got int64
}

func (e *AmountError) Error() string {
	return fmt.Sprintf("order %s costs %d %s and was paid as %d",
		shown.Text(e.OrderNo), e.Want, shown.Text(e.Currency), e.Got)
}

// Is matches ErrAmount.
func (e *AmountError) Is(target error) bool { return target == ErrAmount }

// CurrencyError says that a payment is not in its order's currency. Nothing was
// written.
type CurrencyError struct {
	OrderNo string
	// Want is the order's currency, Got the payment's.
	Want, Got string
}

func (e *CurrencyError) Error() string {
	return fmt.Sprintf("order %s is in %s and was paid in %s", shown.Text(e.OrderNo), shown.Text(e.Want), shown.Text(e.Got))
}

// Is matches ErrCurrency.
func (e *CurrencyError) Is(target error) bool { return target == ErrCurrency }

// notFound says that nothing has this value in the field that names it.
func notFound(what, field, value string) error {
	return &NotFoundError{What: what, Field: field, Value: value, Err: ErrNotFound}
}
