// Package sqlite3 has an error of the shape that github.com/mattn/go-sqlite3
// returns, so that the tests need no cgo.
package sqlite3

// ErrNo is a result code.
type ErrNo int

// ErrNoExtended is an extended result code.
type ErrNoExtended int

// Error has the fields of the driver's.
type Error struct {
	Code         ErrNo
	ExtendedCode ErrNoExtended
	Text         string
}

func (e Error) Error() string { return e.Text }
