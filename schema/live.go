package schema

import (
	"context"
	"database/sql"
	"slices"
	"strings"

	atlas "ariga.io/atlas/sql/schema"

	"github.com/chameleon-go/chameleon/dialect"
)

// live is what the database holds of the wanted tables, by their names in the
// models. atlas can inspect too, but reads far more than a push needs (and
// does not see tables of a collation that it does not know, which on MariaDB
// 11 is every table of the default one).
type live map[string]*liveTable

// liveTable is a table that exists.
type liveTable struct {
	// Table holds the name as the database spells it, the columns' names, and
	// what a new column's spelling depends on.
	*atlas.Table
	indexes []*liveIndex
}

// liveIndex is an index, a unique constraint or a primary key that exists.
type liveIndex struct {
	name    string
	unique  bool
	columns []string
	// plain means that it orders the whole values of the columns, ascending,
	// for all rows, and nothing but columns.
	plain bool
}

// hasIndex reports whether the table has the index that want declares: one of
// that name, or one that does the same under another name.
func (t *liveTable) hasIndex(eng engine, want dialect.Index) bool {
	return slices.ContainsFunc(t.indexes, func(idx *liveIndex) bool {
		return eng.sameName(idx.name, want.Name) ||
			idx.plain && want.Where == "" && idx.unique == want.Unique &&
				slices.EqualFunc(idx.columns, want.Columns, eng.sameName)
	})
}

// hasColumn reports whether the table has a column of that name.
func (t *liveTable) hasColumn(eng engine, name string) bool {
	return slices.ContainsFunc(t.Columns, func(c *atlas.Column) bool { return eng.sameName(c.Name, name) })
}

// table returns the live table of the wanted name, made when it is new.
func (l live) table(wanted, name string) *liveTable {
	t, ok := l[wanted]
	if !ok {
		t = &liveTable{Table: atlas.NewTable(name)}
		l[wanted] = t
	}
	return t
}

// has notes a column that exists. Its type does not matter, but atlas wants one.
func (t *liveTable) has(column string) {
	t.AddColumns(atlas.NewColumn(column).SetType(&atlas.UnsupportedType{}))
}

// indexColumn is one column of one index, as an engine's catalog lists it.
type indexColumn struct {
	table, index string
	unique       bool
	column       sql.NullString // NULL: an expression
	plain        bool
}

// add adds a column to the last index of t, or begins the next one. Rows come
// ordered by index and position.
func (t *liveTable) add(c indexColumn) {
	if n := len(t.indexes); n == 0 || t.indexes[n-1].name != c.index {
		t.indexes = append(t.indexes, &liveIndex{name: c.index, unique: c.unique, plain: true})
	}
	idx := t.indexes[len(t.indexes)-1]
	idx.plain = idx.plain && c.plain && c.column.Valid
	idx.columns = append(idx.columns, c.column.String)
}

// readIndexes reads rows of table, index, unique, column and plain.
func (l live) readIndexes(ctx context.Context, q atlas.ExecQuerier, query string, args []any) error {
	return each(ctx, q, query, args, func(rows *sql.Rows) error {
		var c indexColumn
		if err := rows.Scan(&c.table, &c.index, &c.unique, &c.column, &c.plain); err != nil {
			return err
		}
		if t, ok := l[c.table]; ok {
			t.add(c)
		}
		return nil
	})
}

// each calls fn on every row of a query.
func each(ctx context.Context, q atlas.ExecQuerier, query string, args []any, fn func(*sql.Rows) error) error {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := fn(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// names returns the names of tables as arguments, and as many placeholders as
// mark makes for them.
func names(tables []modelTable, mark func(i int) string) (placeholders string, args []any) {
	marks := make([]string, len(tables))
	for i, t := range tables {
		marks[i] = mark(i)
		args = append(args, t.Name)
	}
	return strings.Join(marks, ", "), args
}
