package schema

import (
	"errors"
	"fmt"
	"strings"

	"github.com/chameleon-go/chameleon/internal/shown"
)

var (
	// ErrLoss matches every *LossError.
	ErrLoss = errors.New("rows would be lost")
	// ErrDependents matches every *DependentsError.
	ErrDependents = errors.New("other objects depend on what would be dropped")
)

// LossError says what an undo would lose. Nothing was dropped.
type LossError struct {
	// Push is the push's number.
	Push int64
	// Lost are the tables and columns.
	Lost []Loss
}

// Rows is the number of rows in the tables that would be dropped.
func (e *LossError) Rows() (n int64) {
	for _, l := range e.Lost {
		if l.Column == "" {
			n += l.Rows
		}
	}
	return n
}

// Values is the number of values in the other columns that would be dropped.
func (e *LossError) Values() (n int64) {
	for _, l := range e.Lost {
		if l.Column != "" {
			n += l.Rows
		}
	}
	return n
}

// Error counts them, in total and one by one.
func (e *LossError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "undo of push %d: nothing was dropped, because %d rows and %d values would be lost: ", e.Push, e.Rows(), e.Values())
	for i, l := range e.Lost {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(l.String())
	}
	b.WriteString(" (Force drops them)")
	return shown.Line(b.String())
}

// String describes the loss.
func (l Loss) String() string {
	if l.Column == "" {
		return fmt.Sprintf("%d rows of %s", l.Rows, l.Table)
	}
	return fmt.Sprintf("%d values of %s.%s", l.Rows, l.Table, l.Column)
}

// Is makes errors.Is(err, ErrLoss) true.
func (e *LossError) Is(target error) bool { return target == ErrLoss }

// Dependent is a foreign object that depends on a table or column which an undo would
// drop.
type Dependent struct {
	// Table is the table that it depends on.
	Table string `json:"table"`
	// Kind says what it is: column, index, foreign key, view, trigger and so on.
	Kind string `json:"kind"`
	// Name is its name, with that of its own table if different.
	Name string `json:"name"`
}

// DependentsError says that other objects depend on what an undo would drop. Nothing
// was dropped. Remove them and undo again.
type DependentsError struct {
	// Push is the push's number.
	Push int64
	// Objects are all of them.
	Objects []Dependent
}

// Error names each.
func (e *DependentsError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "undo of push %d: nothing was dropped, because this is not the push's and hangs on what is: ", e.Push)
	for i, o := range e.Objects {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%s %s (on %s)", o.Kind, o.Name, o.Table)
	}
	return shown.Line(b.String())
}

// Is makes errors.Is(err, ErrDependents) true.
func (e *DependentsError) Is(target error) bool { return target == ErrDependents }
