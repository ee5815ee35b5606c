package users

import (
	"errors"

	"github.com/chameleon-go/chameleon/internal/valid"
)

// InvalidError names a field of the caller's input and says what is wrong with
// it. Nothing was written.
type InvalidError = valid.Error

// Sentinels for errors.Is. Those that carry data have a type of their own.
var (
	// ErrInvalid matches every *InvalidError.
	ErrInvalid = valid.Err
	// ErrNotFound matches every *NotFoundError.
	ErrNotFound = errors.New("user not found")
	// ErrEmailTaken matches every *EmailTakenError.
	ErrEmailTaken = errors.New("email is taken")
	// ErrNoInviteCode says that every invite code that was tried is taken. With
	// the codes that this package makes it does not happen.
	ErrNoInviteCode = errors.New("no free invite code found")
)

// NotFoundError says that no user answers to a field of the caller's input.
type NotFoundError struct {
	// Field is the field of the params struct: UUID, UserUUID, Email or
	// InviteCode.
	Field string
}

func (e *NotFoundError) Error() string { return ErrNotFound.Error() + ": unknown " + e.Field }

// Is matches ErrNotFound.
func (e *NotFoundError) Is(target error) bool { return target == ErrNotFound }

// EmailTakenError says that a user with this email exists. Nothing was written.
type EmailTakenError struct {
	// Email as it is stored: trimmed and lower-cased.
	Email string
}

func (e *EmailTakenError) Error() string { return ErrEmailTaken.Error() + ": " + e.Email }

// Is matches ErrEmailTaken.
func (e *EmailTakenError) Is(target error) bool { return target == ErrEmailTaken }
