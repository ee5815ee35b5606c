package dialect

import "github.com/chameleon-go/chameleon/internal/shown"

// InvalidError says which field of a caller's input is wrong, and why. Every
// package of this module refuses bad input with it before anything is written.
// It never holds the value of a secret.
type InvalidError struct {
	// Field is the field of the params struct, as Go spells it.
	Field string
	// Problem says what is wrong with its value.
	Problem string
}

// Error names the field and the problem.
func (e *InvalidError) Error() string { return shown.Line("invalid " + e.Field + ": " + e.Problem) }

// Is makes errors.Is(err, ErrInvalid) true for every *InvalidError.
func (e *InvalidError) Is(target error) bool { return target == ErrInvalid }

// ErrInvalid matches every *[InvalidError].
var ErrInvalid error = &InvalidError{Field: "input", Problem: "refused"}
