package dialect

import (
	"errors"
	"fmt"

	"github.com/chameleon-go/chameleon/internal/shown"
)

// ErrNarrowColumn matches every *NarrowColumnError.
var ErrNarrowColumn = errors.New("amount does not fit its column")

// ErrSumTooLarge says that a sum over many rows exceeds 64 bits. On SQLite it
// is an *Error that says integer overflow.
var ErrSumTooLarge = errors.New("sum exceeds 64 bits")

// NarrowColumnError says that an amount does not fit a column of an adopted
// table: the original's columns are 32-bit integers, while a push makes them
// 64-bit. Nothing was written. After running Statement, the same call succeeds.
type NarrowColumnError struct {
	Table, Column string
	// Type is the column's, as the database spells it.
	Type string
	// Value is the amount, and Min and Max are the column's range.
	Value, Min, Max int64
	// Statement widens the column, together with the table's other columns of
	// amounts that are as narrow.
	Statement string
}

// Error names the column and includes the statement.
func (e *NarrowColumnError) Error() string {
	return fmt.Sprintf("%d does not fit %s.%s, which is %s: run %s",
		e.Value, shown.Text(e.Table), shown.Text(e.Column), shown.Text(e.Type), shown.Line(e.Statement))
}

// Is matches ErrNarrowColumn.
func (e *NarrowColumnError) Is(target error) bool { return target == ErrNarrowColumn }
