package credits

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/chameleon-go/chameleon/internal/rows"
	"github.com/chameleon-go/chameleon/internal/shown"
)

// ErrLocked means that another transaction kept an account's row locked. A
// later attempt may succeed.
var ErrLocked = errors.New("locked by another transaction")

// AccountError says why a sweep or a list set an account aside. errors.Is and
// errors.As reach the reason: ErrLocked, a *CorruptError, a *LimitError, or the
// database's refusal as a *dialect.Error.
type AccountError struct {
	UserUUID string
	Err      error
}

func (e AccountError) Error() string {
	if errors.Is(e.Err, ErrCorrupt) {
		return e.Err.Error() // names the account
	}
	return "account " + shown.Text(e.UserUUID) + ": " + shown.Line(e.Err.Error())
}

// Unwrap returns the reason.
func (e AccountError) Unwrap() error { return e.Err }

// MarshalJSON writes the account and the error's text.
func (e AccountError) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		UserUUID string `json:"user_uuid"`
		Error    string `json:"error"`
	}{e.UserUUID, e.Error()})
}

// SweepError lists the accounts that a sweep or a list set aside. All others were
// processed.
type SweepError struct {
	// SetAside has at least one account.
	SetAside []AccountError
}

func (e *SweepError) Error() string {
	return fmt.Sprintf("%d accounts were set aside, the first: %v", len(e.SetAside), e.SetAside[0])
}

// Unwrap returns an AccountError for each account.
func (e *SweepError) Unwrap() []error {
	out := make([]error, len(e.SetAside))
	for i, aside := range e.SetAside {
		out[i] = aside
	}
	return out
}

// setAside notes an account that failed by itself.
func (s *sweeper) setAside(user string, err error) {
	if rows.LockTimeout(err) {
		err = fmt.Errorf("%w: %w", ErrLocked, err)
	}
	s.out.SetAside = append(s.out.SetAside, AccountError{UserUUID: user, Err: err})
}
