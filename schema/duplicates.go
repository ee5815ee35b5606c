package schema

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/shown"
)

// ErrDuplicates matches every *DuplicatesError.
var ErrDuplicates = errors.New("rows share a value that must be unique")

// Duplicate is a unique index that duplicate rows prevent.
type Duplicate struct {
	Table   string   `json:"table"`
	Index   string   `json:"index"`
	Columns []string `json:"columns,omitempty"`
	// Values is how many values are shared, and Rows by how many rows.
	Values int64 `json:"values"`
	Rows   int64 `json:"rows"`
	// Query lists them.
	Query string `json:"query"`
}

// DuplicatesError lists all unique indexes that cannot be created. Nothing was
// written. Decide which of the rows is the right one, give the others another value,
// or NULL if the column allows it, and push again.
type DuplicatesError struct {
	// Duplicates are all of them.
	Duplicates []Duplicate

	engine dialect.Engine
}

// Error names the tables and columns, the numbers, and how to find the rows. It shows
// no values.
func (e *DuplicatesError) Error() string {
	var b strings.Builder
	b.WriteString("push: nothing was changed, because rows share a value that must be unique: ")
	for i, d := range e.Duplicates {
		if i > 0 {
			b.WriteString("; ")
		}
		fmt.Fprintf(&b, "table %s: index %s: %d values of %s in %d rows (find them with %s)",
			d.Table, d.Index, d.Values, strings.Join(d.Columns, ", "), d.Rows, d.Query)
	}
	return shown.Line(b.String())
}

// Is makes errors.Is(err, ErrDuplicates) true.
func (e *DuplicatesError) Is(target error) bool { return target == ErrDuplicates }

// duplicates returns a *DuplicatesError if rows prevent a plan.
func (p planner) duplicates(ctx context.Context, made *plan) error {
	found, err := p.findDuplicates(ctx, made)
	if err != nil || len(found) == 0 {
		return err
	}
	return &DuplicatesError{Duplicates: found, engine: p.name}
}

// Unwrap returns a *PushError for each, as an engine would have refused the index.
func (e *DuplicatesError) Unwrap() []error {
	all := make([]error, len(e.Duplicates))
	for i, d := range e.Duplicates {
		all[i] = &PushError{
			Table: d.Table, Index: d.Index, Columns: d.Columns, Problem: "rows share a value: find them with " + d.Query,
			Err: &dialect.Error{Kind: dialect.KindUnique, Engine: e.engine, Index: d.Index},
		}
	}
	return all
}

// findDuplicates searches existing tables for rows that would make a unique index fail.
// NULLs are not duplicates of one another, so neither are rows that get NULL in a new
// column.
func (p planner) findDuplicates(ctx context.Context, made *plan) (all []Duplicate, err error) {
	for _, c := range made.changes {
		table := made.tables[c.Table]
		if c.Kind != AddIndex || made.found[table.Name] == nil {
			continue
		}
		at := slices.IndexFunc(table.Indexes, func(idx dialect.Index) bool { return idx.Name == c.Index })
		if at < 0 || !table.Indexes[at].Unique {
			continue
		}
		columns := table.Indexes[at].Columns
		old, constant := made.found[table.Name].old(p.eng, table, columns)
		if !constant || len(old) == 0 {
			continue
		}
		d, err := p.twins(ctx, c.Table, old)
		if err != nil {
			return nil, err
		}
		if d.Values > 0 {
			d.Index, d.Columns = c.Index, columns
			all = append(all, d)
		}
	}
	return all, nil
}

// old returns those of an index's columns that the table already has. constant means that
// all rows get the same value, not NULL, for the others.
func (t *liveTable) old(eng engine, want modelTable, columns []string) (old []string, constant bool) {
	for _, name := range columns {
		if t.hasColumn(eng, name) {
			old = append(old, name)
			continue
		}
		at := slices.IndexFunc(want.Columns, func(c modelColumn) bool { return c.Name == name })
		if at < 0 || want.Columns[at].Default == "" {
			return nil, false
		}
	}
	return old, true
}

// twins counts the values that several rows share.
func (p planner) twins(ctx context.Context, table string, columns []string) (Duplicate, error) {
	d := Duplicate{Table: table}
	list := quotedList(p.eng, columns)
	where := strings.Join(strings.Split(list, ", "), " IS NOT NULL AND ") + " IS NOT NULL"
	from := " FROM " + p.eng.quote(table) + " WHERE " + where + " GROUP BY " + list + " HAVING COUNT(*) > 1"
	d.Query = "SELECT " + list + ", COUNT(*)" + from
	err := p.q.QueryRowContext(ctx, "SELECT COUNT(*), COALESCE(SUM(n), 0) FROM (SELECT COUNT(*) AS n"+from+") AS twins").
		Scan(&d.Values, &d.Rows)
	return d, err
}
