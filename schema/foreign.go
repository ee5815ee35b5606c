package schema

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/shown"
)

// ErrForeignTables matches every *ForeignTablesError.
var ErrForeignTables = errors.New("tables that are not Chameleon's have the names of its tables")

// ForeignTablesError says which tables of the database have the name of one of
// our tables but are not ours, such as an application's own users table, a
// view, or a table with other types. Nothing was written.
type ForeignTablesError struct {
	// Tables are all of them, in the models' order.
	Tables []ForeignTable
}

// ForeignTable is a table, or whatever else has the name of one of our tables or
// indexes (a view, a sequence, a type, another table's index), that is not ours.
type ForeignTable struct {
	// Name is its name.
	Name string `json:"name"`
	// Problem says why it is not recognized.
	Problem string `json:"problem"`
}

// Error names every table, why it is not recognized, and what to do.
func (e *ForeignTablesError) Error() string {
	var b strings.Builder
	b.WriteString("push: nothing was changed, because the database has tables that are not Chameleon's under its names: ")
	for i, t := range e.Tables {
		if i > 0 {
			b.WriteString("; ")
		}
		fmt.Fprintf(&b, "%s (%s)", shown.Text(t.Name), shown.Line(t.Problem))
	}
	b.WriteString(". Push only the models whose names are free, such as credits.Models()," +
		" or push into a PostgreSQL schema (search_path), a MySQL database or an SQLite file of its own")
	return b.String()
}

// Is makes errors.Is(err, ErrForeignTables) true.
func (e *ForeignTablesError) Is(target error) bool { return target == ErrForeignTables }

// foreign returns a *ForeignTablesError if an existing table is not recognized as ours.
func foreign(eng engine, found live, want []modelTable) error {
	var e ForeignTablesError
	for _, table := range want {
		t, ok := found[table.Name]
		if !ok {
			continue
		}
		if problem := t.problem(eng, table); problem != "" {
			e.Tables = append(e.Tables, ForeignTable{Name: t.name, Problem: problem})
		}
	}
	if len(e.Tables) == 0 {
		return nil
	}
	return &e
}

// problem returns why the table is not recognized as want, empty if it is.
func (t *liveTable) problem(eng engine, want modelTable) string {
	if t.kind != "" {
		return "it is no table, but of the kind " + t.kind
	}
	var lacks, other []string
	for _, col := range want.Columns {
		if !slices.Contains(want.Marks, col.Name) {
			continue
		}
		switch typ := t.types[strings.ToLower(col.Name)]; {
		case !t.hasColumn(eng, col.Name):
			lacks = append(lacks, col.Name)
		case !eng.fits(col, typ):
			other = append(other, fmt.Sprintf("%s is of the type %s, not %s", col.Name, typ, col.Type))
		}
	}
	var problems []string
	if len(lacks) > 0 {
		problems = append(problems, "it has no column "+strings.Join(lacks, ", "))
	}
	return strings.Join(append(problems, other...), "; ")
}

// mark returns the columns by which the table is recognized: those that its model names,
// or else all that are NOT NULL.
func (t *modelTable) mark(model any) error {
	if marked, ok := model.(dialect.Marked); ok {
		t.Marks = marked.Marks()
		for _, name := range t.Marks {
			if !slices.ContainsFunc(t.Columns, func(c modelColumn) bool { return c.Name == name }) {
				return fmt.Errorf("table %s lacks the column %s, by which it is recognized", t.Name, name)
			}
		}
		return nil
	}
	for _, col := range t.Columns {
		if !col.canFill() {
			t.Marks = append(t.Marks, col.Name)
		}
	}
	return nil
}
