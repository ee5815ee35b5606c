package credits

import (
	"errors"
	"fmt"
	"time"

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
	// ErrInsufficient matches every *InsufficientError.
	ErrInsufficient = errors.New("insufficient credits")
	// ErrBudget matches every *BudgetError.
	ErrBudget = errors.New("over budget")
	// ErrCollation matches every *CollationError.
	ErrCollation = errors.New("two accounts' ids compare as one")
	// ErrKeyReused matches every *KeyReusedError.
	ErrKeyReused = errors.New("idempotency key reused with another payload")
	// ErrNotFound matches every *NotFoundError of this package: the account has no
	// operation of that kind under that key, or there is no such account.
	ErrNotFound = errors.New("operation not found")
	// ErrExceeds matches every *ExceedsError.
	ErrExceeds = errors.New("more than is left of the charge")
	// ErrSpent matches every *SpentError.
	ErrSpent = errors.New("grant is not unspent")
	// ErrHoldEnded matches every *HoldEndedError.
	ErrHoldEnded = errors.New("hold has ended")
	// ErrClock matches every *ClockError.
	ErrClock = errors.New("time is ahead of the database's clock")
	// ErrNotAhead matches every *NotAheadError.
	ErrNotAhead = errors.New("account's time is not ahead of the database's clock")
	// ErrLimit matches every *LimitError.
	ErrLimit = errors.New("account limit reached")
	// ErrCorrupt matches every *CorruptError.
	ErrCorrupt = errors.New("ledger state does not fit its history; run audit.Verify")
)

// InsufficientError says that an account cannot afford an operation. Nothing
// was written.
type InsufficientError struct {
	UserUUID string
	// Need and Have are credits.
	Need, Have int64
}

func (e *InsufficientError) Error() string {
	return fmt.Sprintf("insufficient credits: need %d, have %d", e.Need, e.Have)
}

// Is matches ErrInsufficient.
func (e *InsufficientError) Is(target error) bool { return target == ErrInsufficient }

// BudgetError says that a charge exceeds a budget that it names. Nothing was
// written.
type BudgetError struct {
	UserUUID string
	// Budget is the budget's name, Period the cap that the charge exceeds.
	Budget string
	Period BudgetPeriod
	// Need and Left are credits.
	Need, Left int64
}

func (e *BudgetError) Error() string {
	return fmt.Sprintf("%v: %s has %d credits left of its cap (%s), need %d", ErrBudget, shown.Text(e.Budget), e.Left, shown.Text(string(e.Period)), e.Need)
}

// Is matches ErrBudget.
func (e *BudgetError) Is(target error) bool { return target == ErrBudget }

// KeyReusedError says that the account already has an operation under the key,
// with a different payload. Nothing was written.
type KeyReusedError struct {
	UserUUID string
	Key      string
	// Kind is the verb of the operation that holds the key.
	Kind Kind
}

func (e *KeyReusedError) Error() string {
	return fmt.Sprintf("%v: key %q belongs to a %s", ErrKeyReused, e.Key, shown.Text(e.Kind))
}

// Is matches ErrKeyReused.
func (e *KeyReusedError) Is(target error) bool { return target == ErrKeyReused }

// keyField is the field by which verbs name the operation that they act on.
func keyField(what string) string {
	switch what {
	case "grant":
		return "GrantKey"
	case "hold":
		return "HoldKey"
	default:
		return "ChargeKey"
	}
}

// notFound says that an account has no operation of a kind under a key, which
// field of the caller's input named.
func notFound(user, what, field, key string) error {
	return &NotFoundError{What: what, Field: field, Value: key, UserUUID: user, Err: ErrNotFound}
}

// ExceedsError says that a call asked for more than is left of a charge, a hold
// or a grant. Nothing was written.
type ExceedsError struct {
	UserUUID string
	// Key is the charge's, or the hold's.
	Key string
	// Asked and Left are credits.
	Asked, Left int64
}

func (e *ExceedsError) Error() string {
	return fmt.Sprintf("%q has %d credits left, %d asked", e.Key, e.Left, e.Asked)
}

// Is matches ErrExceeds.
func (e *ExceedsError) Is(target error) bool { return target == ErrExceeds }

// SpentError says that a grant cannot be voided because some of it was spent,
// held or taken back. Nothing was written.
type SpentError struct {
	UserUUID string
	Key      string
	// Granted and Left are credits.
	Granted, Left int64
}

func (e *SpentError) Error() string {
	return fmt.Sprintf("grant %q is not unspent: %d of %d left", e.Key, e.Left, e.Granted)
}

// Is matches ErrSpent.
func (e *SpentError) Is(target error) bool { return target == ErrSpent }

// HoldEndedError says that a hold has already been captured, been released or
// timed out. Nothing was written.
type HoldEndedError struct {
	UserUUID string
	Key      string
	Status   HoldStatus
}

func (e *HoldEndedError) Error() string {
	return fmt.Sprintf("hold %q has ended: %s", e.Key, shown.Text(e.Status))
}

// Is matches ErrHoldEnded.
func (e *HoldEndedError) Is(target error) bool { return target == ErrHoldEnded }

// ClockError says that an operation's time is too far ahead of the database's
// clock: either the caller's clock or At is wrong. Nothing was written.
type ClockError struct {
	// At is the operation's time, Now the database's, both UTC.
	At, Now time.Time
	// MaxAhead is how far ahead it may have been.
	MaxAhead time.Duration
}

func (e *ClockError) Error() string {
	return fmt.Sprintf("%s is %s ahead of the database's clock, more than %s",
		e.At.Format(time.RFC3339), e.At.Sub(e.Now).Round(time.Second), e.MaxAhead)
}

// Is matches ErrClock.
func (e *ClockError) Is(target error) bool { return target == ErrClock }

// LimitError says that a sum of an account, or an entry's amount, would exceed its
// limit: 2^62, or what an adopted 32-bit column holds. Nothing was written.
type LimitError struct {
	UserUUID string
	// Sum names the column, such as "left_credits", or "credits" for an entry's.
	Sum string
	// Have, Add and Max are credits. If Add is negative, Max is the minimum of
	// the sum.
	Have, Add, Max int64
	// Err is the *dialect.NarrowColumnError with the statement that widens the
	// column, nil if it is 64 bits wide.
	Err error
}

func (e *LimitError) Error() string {
	text := fmt.Sprintf("%s: %d + %d would pass %d", shown.Text(e.Sum), e.Have, e.Add, e.Max)
	if e.Err != nil {
		text += ": " + shown.Line(e.Err.Error())
	}
	return text
}

// Unwrap returns the *dialect.NarrowColumnError, if there is one.
func (e *LimitError) Unwrap() error { return e.Err }

// Is matches ErrLimit.
func (e *LimitError) Is(target error) bool { return target == ErrLimit }

// CollationError says that an adopted column treats two account IDs as equal
// because its collation ignores case or accents. Nothing was written.
type CollationError struct {
	// Found is the spelling under which the database has the account.
	Found string
}

// Error names the column and the statement that makes it compare byte for byte.
func (e *CollationError) Error() string {
	return fmt.Sprintf("the column user_uuid takes the account for %q: run ALTER TABLE credits MODIFY user_uuid"+
		" varchar(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL, and the same for credits_trans", e.Found)
}

// Is matches ErrCollation.
func (e *CollationError) Is(target error) bool { return target == ErrCollation }

// CorruptError says that an account's rows contradict one another, so the
// operation was refused. Nothing was written. audit.Verify finds what is wrong,
// and audit.Rebuild restores the state from history.
type CorruptError struct {
	UserUUID string
	// Detail says what does not fit.
	Detail string
}

func (e *CorruptError) Error() string {
	return fmt.Sprintf("account %s: %s: %v", shown.Text(e.UserUUID), shown.Line(e.Detail), ErrCorrupt)
}

// Is matches ErrCorrupt.
func (e *CorruptError) Is(target error) bool { return target == ErrCorrupt }

// BatchError says which operation of an all-or-nothing batch was refused, and
// wraps the reason. Nothing was written.
type BatchError struct {
	// Index is the operation's place in the batch, from 0.
	Index int
	Err   error
}

func (e *BatchError) Error() string {
	return fmt.Sprintf("operation %d: %s", e.Index, shown.Line(e.Err.Error()))
}

// Unwrap returns why the operation was refused.
func (e *BatchError) Unwrap() error { return e.Err }
