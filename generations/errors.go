package generations

import (
	"errors"
	"fmt"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/shown"
)

// InvalidError names a field of the caller's input and says what is wrong with
// it. Nothing was written.
type InvalidError = dialect.InvalidError

// NotFoundError says what was not found and by which field. Nothing was
// written.
type NotFoundError = dialect.NotFoundError

// KeyReusedError says that the user already ordered another generation under
// the key, or that the GenID is taken. Nothing was written.
type KeyReusedError = credits.KeyReusedError

// Sentinels for errors.Is. Errors that carry data have types of their own.
var (
	// ErrInvalid matches every *InvalidError, *ParamsError and
	// *UnsupportedError.
	ErrInvalid = dialect.ErrInvalid
	// ErrKeyReused matches every *KeyReusedError.
	ErrKeyReused = credits.ErrKeyReused
	// ErrInsufficient matches every *credits.InsufficientError.
	ErrInsufficient = credits.ErrInsufficient
	// ErrUnsupported matches every *UnsupportedError.
	ErrUnsupported = errors.New("unsupported")
	// ErrNotFound matches every *NotFoundError of this package: there is no such
	// generation, or it is another user's.
	ErrNotFound = errors.New("generation not found")
	// ErrState matches every *StateError.
	ErrState = errors.New("generation is in a state that does not allow this")
	// ErrHeld matches the *HeldError of a generation that holds credits.
	ErrHeld = errors.New("generation holds credits")
	// ErrNotHeld matches the *HeldError of one that holds none.
	ErrNotHeld = errors.New("generation holds no credits")
	// ErrPrices matches every *PriceError.
	ErrPrices = errors.New("prices cannot be read")
)

// ParamsError says that required fields of a ChargeParams are empty. Nothing
// was written.
type ParamsError struct {
	// Missing are the fields, as Go spells them.
	Missing []string
}

func (e *ParamsError) Error() string {
	return "invalid params: ai_type, provider, model, prompt required"
}

// Is matches ErrInvalid.
func (e *ParamsError) Is(target error) bool { return target == ErrInvalid }

// UnsupportedError says that the price list has no such provider, or no such
// model of that provider, for the type. Nothing was written.
type UnsupportedError struct {
	// Field is Provider or Model.
	Field    string
	AIType   AIType
	Provider string
	Model    string
}

func (e *UnsupportedError) Error() string {
	if e.Field == "Model" {
		return fmt.Sprintf("Unsupported %s model: %s", shown.Text(e.AIType), shown.Text(e.Model))
	}
	return fmt.Sprintf("Unsupported %s provider: %s", shown.Text(e.AIType), shown.Text(e.Provider))
}

// Is matches ErrUnsupported and ErrInvalid.
func (e *UnsupportedError) Is(target error) bool {
	return target == ErrUnsupported || target == ErrInvalid
}

// StateError says that a generation cannot change from one status to another.
// Nothing was written.
type StateError struct {
	GenID    string
	From, To Status
}

func (e *StateError) Error() string {
	return fmt.Sprintf("generation %s is %s and cannot become %s", shown.Text(e.GenID), shown.Text(e.From), shown.Text(e.To))
}

// Is matches ErrState.
func (e *StateError) Is(target error) bool { return target == ErrState }

// HeldError says that a verb does not match how a generation is paid for: one
// that holds credits has to be settled with its cost; one that was charged when
// it was ordered has to be completed. Nothing was written.
type HeldError struct {
	GenID string
	// Held is true when it holds credits.
	Held bool
}

func (e *HeldError) Error() string {
	if e.Held {
		return fmt.Sprintf("generation %s holds credits: settle it with what it cost", shown.Text(e.GenID))
	}
	return fmt.Sprintf("generation %s holds no credits: it was charged when it was ordered", shown.Text(e.GenID))
}

// Is matches ErrHeld or ErrNotHeld.
func (e *HeldError) Is(target error) bool {
	return target == map[bool]error{true: ErrHeld, false: ErrNotHeld}[e.Held]
}

// PriceError says which price in a provider's model_config cannot be read.
type PriceError struct {
	Provider string
	// Path is its location, such as "prices.video.kling-v1"; empty if the
	// configuration as a whole is not a JSON object.
	Path string
	// Problem says what is wrong there.
	Problem string
}

func (e *PriceError) Error() string {
	if e.Path == "" {
		return fmt.Sprintf("model_config of AI provider %s: %s", shown.Text(e.Provider), shown.Line(e.Problem))
	}
	return fmt.Sprintf("model_config of AI provider %s: %s: %s", shown.Text(e.Provider), shown.Text(e.Path), shown.Line(e.Problem))
}

// Is matches ErrPrices.
func (e *PriceError) Is(target error) bool { return target == ErrPrices }

// notFound says that no generation, or none of the user's where one is given, has
// this value in the field that names it.
func notFound(field, value, userUUID string) error {
	return &NotFoundError{What: "generation", Field: field, Value: value, UserUUID: userUUID, Err: ErrNotFound}
}
