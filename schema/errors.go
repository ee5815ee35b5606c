package schema

import (
	"errors"
	"fmt"
	"strings"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/shown"
)

// PushError says which change could not be made. Earlier changes of the push
// stay on MySQL and MariaDB, whose DDL cannot be rolled back; elsewhere nothing
// of the push stays. The next push continues.
type PushError struct {
	// Table is the table concerned.
	Table string
	// Columns are the columns that could not be added, or those of Index.
	Columns []string
	// Index is the index that could not be added.
	Index string
	// Statement is what the engine refused, empty if it was never sent.
	Statement string
	// Problem says why in words, if the reason is known.
	Problem string
	// Remedy is a statement that resolves the problem, if there is one; the
	// next push then makes the change.
	Remedy string
	// Undo means that an undo failed, and not a push.
	Undo bool
	// Err is the engine's error, classified: a *dialect.Error.
	Err error
}

// Error names the object and the reason. It never repeats values of rows, as an
// engine's message about a duplicate does.
func (e *PushError) Error() string {
	var b strings.Builder
	verb := "push"
	if e.Undo {
		verb = "undo"
	}
	b.WriteString(verb + ": table " + e.Table)
	switch {
	case e.Undo:
		b.WriteString(" cannot be brought back to what it was")
	case e.Index != "":
		fmt.Fprintf(&b, ": index %s cannot be added", e.Index)
	case len(e.Columns) > 0:
		fmt.Fprintf(&b, ": column %s cannot be added", strings.Join(e.Columns, ", "))
	default:
		b.WriteString(" cannot be created")
	}
	switch {
	case e.Problem != "":
		b.WriteString(": " + e.Problem)
	case e.Err != nil:
		b.WriteString(": " + e.Err.Error())
	}
	if e.Remedy != "" {
		fmt.Fprintf(&b, " (run %s, and push again)", e.Remedy)
	}
	return shown.Line(b.String())
}

// Unwrap returns the engine's error.
func (e *PushError) Unwrap() error { return e.Err }

// explain classifies err and names the engine, because the driver cannot tell MySQL from
// MariaDB.
func explain(engine dialect.Engine, err error) error {
	err = dialect.Classify(err)
	e, ok := err.(*dialect.Error) //nolint:errorlint // one that is wrapped was explained before
	if !ok || e.Engine == engine {
		return err
	}
	named := *e
	named.Engine = engine
	return &named
}

// failed describes the failure of a change.
func failed(engine dialect.Engine, c Change, table modelTable, err error) error {
	err = explain(engine, err)
	e := &PushError{Table: c.Table, Index: c.Index, Statement: c.Statement, Err: err}
	if c.Kind == AddColumns {
		e.Columns = c.Columns
	}
	for _, idx := range table.Indexes {
		if idx.Name == c.Index {
			e.Columns = idx.Columns
		}
	}
	switch {
	case c.Kind == AddIndex && errors.Is(err, dialect.ErrUnique):
		cols := strings.Join(e.Columns, ", ")
		e.Problem = fmt.Sprintf("it is unique, but rows share a value: find them with"+
			" SELECT %[1]s, COUNT(*) FROM %[2]s GROUP BY %[1]s HAVING COUNT(*) > 1, and push again", cols, c.Table)
	case errors.Is(err, dialect.ErrTransient):
		e.Problem = err.Error() + ": a transaction that stays open, or many that follow one another, use the table:" +
			" push again when they have ended, or with more Patience"
	}
	return e
}
