package dialect

import (
	"errors"
	"fmt"

	"github.com/chameleon-go/chameleon/internal/shown"
)

// ErrNarrowColumn matches every *NarrowColumnError.
var ErrNarrowColumn = errors.New("amount does not fit its column")

// ErrSumTooLarge says that a sum over many rows passes 64 bits. On SQLite it is
// an *Error instead, which says integer overflow.
var ErrSumTooLarge = errors.New("sum passes 64 bits")

// NarrowColumnError says that an amount does not fit the column of an adopted
// table: those of the original are 32-bit integers, where a push makes them
// 64-bit. Nothing was written. Once Statement has been run, the same call
// succeeds.
type NarrowColumnError struct {
	Table, Column string
	// Type is the column's, as the database spells it.
	Type string
	// Value is the amount, and Min and Max are what the column holds.
	Value, Min, Max int64
	// Statement widens the column, and with it the other columns of the table
	// that hold amounts and are as narrow.
	Statement string
}

// Error names the column and has the statement.
func (e *NarrowColumnError) Error() string {
	return fmt.Sprintf("%d does not fit %s.%s, which is %s: run %s",
		e.Value, shown.Text(e.Table), shown.Text(e.Column), shown.Text(e.Type), shown.Line(e.Statement))
}

// Is matches ErrNarrowColumn.
func (e *NarrowColumnError) Is(target error) bool { return target == ErrNarrowColumn }
