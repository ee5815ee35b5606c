package transfer

import (
	"errors"
	"fmt"
	"strings"

	"github.com/chameleon-go/chameleon/internal/shown"
)

// Sentinels for errors.Is.
var (
	// ErrNotEmpty matches every *NotEmptyError.
	ErrNotEmpty = errors.New("the target holds rows")
	// ErrSchema matches every *SchemaError.
	ErrSchema = errors.New("the source's schema does not match this version")
	// ErrValue matches every *ValueError and *RowsError.
	ErrValue = errors.New("a value cannot be moved")
	// ErrMismatch matches every *MismatchError.
	ErrMismatch = errors.New("the contents differ")
	// ErrBusy says that another copy writes to the same target.
	ErrBusy = errors.New("another copy is writing to the same target: wait for it to end")
	// ErrArchive matches every *ArchiveError.
	ErrArchive = errors.New("the archive cannot be used")
	// ErrNewerArchive says that an archive's format is of a later version of this module.
	ErrNewerArchive = errors.New("the archive has a later format version")
)

// NotEmptyError says which tables of the target have rows that are not from an
// unfinished copy. Nothing was written.
type NotEmptyError struct {
	// Tables are those with rows.
	Tables []TableRows
}

// TableRows says how many rows a table has.
type TableRows struct {
	Table string `json:"table"`
	Rows  int64  `json:"rows"`
	// Copied is how many a copy under way had put there.
	Copied int64 `json:"copied,omitempty"`
}

// Error names the tables and what to do.
func (e *NotEmptyError) Error() string {
	var b strings.Builder
	b.WriteString("the target holds rows of its own, and nothing was written: ")
	for i, t := range e.Tables {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%s (%d", t.Table, t.Rows)
		if t.Copied > 0 {
			fmt.Fprintf(&b, ", of which a copy put there %d", t.Copied)
		}
		b.WriteString(")")
	}
	b.WriteString(". Name an empty database, or set Replace, which deletes them")
	return shown.Line(b.String())
}

// Is makes errors.Is(err, ErrNotEmpty) true.
func (e *NotEmptyError) Is(target error) bool { return target == ErrNotEmpty }

// SchemaError says what the source lacks. Nothing was written.
type SchemaError struct {
	// Missing are tables, and columns as table.column.
	Missing []string
}

// Error names what is missing and what to do.
func (e *SchemaError) Error() string {
	return shown.Line("the source lacks " + strings.Join(e.Missing, ", ") + ": push its schema first")
}

// Is makes errors.Is(err, ErrSchema) true.
func (e *SchemaError) Is(target error) bool { return target == ErrSchema }

// ValueError names a value that the target cannot hold, or that is none of its
// column's kind. It does not show the value.
type ValueError struct {
	Table string
	// Key names the row by its primary key.
	Key    string
	Column string
	// Problem says why.
	Problem string
}

// Error names the row, the column and the problem.
func (e *ValueError) Error() string {
	return shown.Line(fmt.Sprintf("%s.%s of the row %s cannot be moved: %s", e.Table, e.Column, e.Key, e.Problem))
}

// Is makes errors.Is(err, ErrValue) true.
func (e *ValueError) Is(target error) bool { return target == ErrValue }

// RowsError says between which rows is one that the target's database refuses: a
// unique index of its own, or one that compares otherwise than the source's.
type RowsError struct {
	Table string
	// First and Last name rows by their primary keys.
	First, Last string
	// Err is the engine's error, a *dialect.Error.
	Err error
}

// Error names the rows and the engine's reason.
func (e *RowsError) Error() string {
	return shown.Line(fmt.Sprintf("a row of %s, from %s to %s, is refused by the target: %v", e.Table, e.First, e.Last, e.Err))
}

// Is makes errors.Is(err, ErrValue) true.
func (e *RowsError) Is(target error) bool { return target == ErrValue }

// Unwrap returns the engine's error.
func (e *RowsError) Unwrap() error { return e.Err }

// MismatchError says that a table does not contain what was written to it:
// something else wrote to the target in the meantime, or the database altered the
// data.
type MismatchError struct {
	Table string
	// WantRows and WantChecksum are what it should hold, Rows and Checksum what it does.
	WantRows, Rows         int64
	WantChecksum, Checksum string
}

// Error names the table and the numbers.
func (e *MismatchError) Error() string {
	return shown.Line(fmt.Sprintf("%s holds %d rows with the checksum %s, and not %d with %s",
		e.Table, e.Rows, e.Checksum, e.WantRows, e.WantChecksum))
}

// Is makes errors.Is(err, ErrMismatch) true.
func (e *MismatchError) Is(target error) bool { return target == ErrMismatch }
