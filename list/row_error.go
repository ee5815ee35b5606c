package list

import (
	"errors"
	"fmt"

	"github.com/chameleon-go/chameleon/internal/shown"
)

// ErrRow matches every *RowError.
var ErrRow = errors.New("a row cannot be listed")

// RowError says which row a list cannot show or go on from: one that another program
// wrote, with a value that Go has no type for, such as PostgreSQL's infinity or, on SQLite,
// a number in a column of times. The row has to be corrected; until then lists that come
// to it end there, and all others go on.
type RowError struct {
	Table string `json:"table"`
	// ID is the value of the row's column id.
	ID int64 `json:"id"`
	// Err says which column it is, and what is wrong with it.
	Err error `json:"-"`
}

func (e *RowError) Error() string {
	return shown.Line(fmt.Sprintf("%v: id %d of %s: %v", ErrRow, e.ID, e.Table, e.Err))
}

// Is reports whether target is ErrRow.
func (*RowError) Is(target error) bool { return target == ErrRow }

// Unwrap returns what is wrong.
func (e *RowError) Unwrap() error { return e.Err }
