package users

import (
	"errors"

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
	// user, or they have no such identity.
	ErrNotFound = errors.New("user not found")
	// ErrEmailTaken matches every *EmailTakenError.
	ErrEmailTaken = errors.New("email is taken")
	// ErrUUIDTaken matches every *UUIDTakenError.
	ErrUUIDTaken = errors.New("uuid belongs to another user")
	// ErrEmailConflict matches every *EmailConflictError, as ErrEmailTaken does.
	ErrEmailConflict = errors.New("email belongs to a user that this sign-in may not be linked to")
	// ErrNoEmail says that a first sign-in came without an email, which a new
	// user needs. Ask the provider for it (GitHub: the scope user:email).
	ErrNoEmail = errors.New("the provider sent no email")
	// ErrIdentityTaken says that an identity belongs to another user.
	ErrIdentityTaken = errors.New("identity is linked to another user")
	// ErrLastIdentity says that an identity is the only one of its user.
	ErrLastIdentity = errors.New("the user's last identity")
	// ErrReferrerSet says that a user already has another referrer, which
	// cannot change.
	ErrReferrerSet = errors.New("referrer is already set")
	// ErrSelfReferral says that a user gave their own invite code.
	ErrSelfReferral = errors.New("a user cannot refer themselves")
	// ErrReferralLoop says that the user invited the referrer, directly or
	// indirectly.
	ErrReferralLoop = errors.New("referral loop")
	// ErrReferralDepth says that the referrer's own chain of referrers is
	// longer than 1,000 and was not followed to its end.
	ErrReferralDepth = errors.New("the chain of referrers is too long")
	// ErrNoInviteCode says that every invite code that was tried is taken. It
	// does not happen with the codes that this package generates.
	ErrNoInviteCode = errors.New("no free invite code found")
)

// notFound says that no user has this value in the field that the caller's input
// names them by. An email is not repeated.
func notFound(field, value string) error {
	return &NotFoundError{What: "user", Field: field, Value: value, Err: ErrNotFound}
}

// UUIDTakenError says that the UserUUID given for a new user belongs to another
// or a deleted user. Nothing was written.
type UUIDTakenError struct {
	UserUUID string
}

func (e *UUIDTakenError) Error() string { return ErrUUIDTaken.Error() + ": " + shown.Text(e.UserUUID) }

// Is matches ErrUUIDTaken.
func (e *UUIDTakenError) Is(target error) bool { return target == ErrUUIDTaken }

// EmailTakenError says that a user with this email exists. Nothing was written.
type EmailTakenError struct {
	// Email as it is stored.
	Email string
}

func (e *EmailTakenError) Error() string { return ErrEmailTaken.Error() + ": " + shown.Text(e.Email) }

// Is matches ErrEmailTaken.
func (e *EmailTakenError) Is(target error) bool { return target == ErrEmailTaken }

// EmailConflictError says that the email of a first sign-in belongs to a user
// whom the sign-in may not join. Nothing was written.
//
// Like *EmailTakenError, it reveals to the person signing in that an account
// with the address exists, and nothing else about it.
type EmailConflictError struct {
	// Provider is that of the sign-in.
	Provider Provider
	// Email as it is stored.
	Email string
	// Verified means that the provider vouches for the address, but the user who has
	// it signs in, or did, with another account of the same provider. Usually that is
	// someone who had the address before. If the product knows better, it lets the
	// person sign in the old way and calls [LinkIdentity]. If it knows that the
	// address has changed hands, it gives the old user another address by [Update],
	// or deletes them; then the sign-in creates a user.
	//
	// If false, the provider does not vouch for the address: the person has to
	// verify it there first, or sign in the way they did before.
	Verified bool
}

func (e *EmailConflictError) Error() string {
	if e.Verified {
		return ErrEmailTaken.Error() + " by a user with another account at " + shown.Text(e.Provider) + ": " + shown.Text(e.Email)
	}
	return ErrEmailTaken.Error() + ", and " + shown.Text(e.Provider) + " has not verified it: " + shown.Text(e.Email)
}

// Is matches ErrEmailConflict and ErrEmailTaken.
func (e *EmailConflictError) Is(target error) bool {
	return target == ErrEmailConflict || target == ErrEmailTaken
}
