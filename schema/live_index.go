package schema

import (
	"context"
	"database/sql"
	"slices"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
)

// missingIndex is an index that a table lacks.
type missingIndex struct {
	dialect.Index
	// invalid means that an unfinished CREATE INDEX CONCURRENTLY left an index under its
	// name.
	invalid bool
}

// lacksIndex returns the index that want declares if the table does not have it, under
// whatever name, and otherwise nil. It returns a *PushError if another or an unusable index
// has its name: that one is not accepted, and nothing can be created in its place. An
// unfinished one is rebuilt.
func (t *liveTable) lacksIndex(eng engine, want dialect.Index) (*missingIndex, error) {
	var named *liveIndex
	for _, idx := range t.indexes {
		if eng.sameName(idx.name, want.Name) {
			named = idx
		}
		if idx.does(eng, want) || idx.isMadeBy(eng, t.name, want) {
			return nil, nil
		}
	}
	if named == nil {
		return &missingIndex{Index: want}, nil
	}
	problem := named.differs(eng, want)
	switch finished := *named; {
	case problem == "":
		return nil, nil
	case named.broken == invalidIndex && !named.constraint:
		finished.broken = ""
		if problem = finished.differs(eng, want); problem == "" {
			return &missingIndex{Index: want, invalid: true}, nil
		}
	}
	return nil, &PushError{
		Table: t.name, Index: want.Name, Columns: want.Columns,
		Problem: "the table has an index of this name, but " + problem,
		Remedy:  eng.dropIndex(t.name, named),
	}
}

// does reports whether idx is the index that want declares, whatever its name.
func (idx *liveIndex) does(eng engine, want dialect.Index) bool {
	return idx.plain && idx.broken == "" && want.Where == "" && len(want.Times) == 0 && idx.unique == want.Unique &&
		slices.EqualFunc(idx.columns, want.Columns, eng.sameName)
}

// isMadeBy reports whether idx contains times as want declares: only the statement that
// created an index tells which expressions it contains.
func (idx *liveIndex) isMadeBy(eng engine, table string, want dialect.Index) bool {
	if len(want.Times) == 0 {
		return false
	}
	statement, _ := eng.createIndex(table, want)
	return idx.statement == statement
}

// differs says how an index differs from the one that want declares, empty if in nothing
// that matters. A unique index must have exactly the columns; others may have more after
// them, for their owner's queries.
func (idx *liveIndex) differs(eng engine, want dialect.Index) string {
	switch n := len(want.Columns); {
	case idx.broken != "":
		return idx.broken
	case want.Unique && !idx.unique:
		return "it is not unique"
	case idx.unique && !want.Unique:
		return "it is unique"
	case idx.partial && want.Where == "":
		return "it leaves rows out by a condition"
	case !idx.whole:
		return "it holds expressions, parts of values, or values by another collation"
	case len(idx.columns) < n || !slices.EqualFunc(idx.columns[:n], want.Columns, eng.sameName),
		want.Unique && len(idx.columns) > n:
		return "it holds other columns"
	}
	return ""
}

// indexColumn is one column of one index, as an engine's catalog lists it.
type indexColumn struct {
	table, index string
	unique       bool
	column       sql.NullString // NULL: an expression
	whole        bool           // the column's whole value, as it compares
	ascending    bool
	partial      bool
	broken       string
	constraint   bool
	primary      bool
}

// add adds a column to the last index of t, or begins the next one. Rows are ordered by
// index and position.
func (t *liveTable) add(c indexColumn) {
	if n := len(t.indexes); n == 0 || t.indexes[n-1].name != c.index {
		t.indexes = append(t.indexes, &liveIndex{
			name: c.index, unique: c.unique, plain: true, whole: true,
			partial: c.partial, broken: c.broken, constraint: c.constraint, primary: c.primary,
		})
	}
	idx := t.indexes[len(t.indexes)-1]
	idx.whole = idx.whole && c.whole && c.column.Valid
	idx.plain = idx.plain && idx.whole && c.ascending && !idx.partial
	idx.columns = append(idx.columns, c.column.String)
}

// readIndexes reads rows with the fields of an indexColumn.
func (l live) readIndexes(ctx context.Context, q bun.IConn, query string, args []any) error {
	return each(ctx, q, query, args, func(rows *sql.Rows) error {
		var c indexColumn
		err := rows.Scan(&c.table, &c.index, &c.unique, &c.column, &c.whole, &c.ascending,
			&c.partial, &c.broken, &c.constraint, &c.primary)
		if err != nil {
			return err
		}
		if t, ok := l[c.table]; ok {
			t.add(c)
		}
		return nil
	})
}
