package schema

import (
	"context"
	"database/sql"
	"slices"
	"strings"

	"github.com/uptrace/bun"
)

// live contains the wanted tables that exist, by their names in the models.
type live map[string]*liveTable

// liveTable is a table that exists.
type liveTable struct {
	// name is the table's name as the database spells it.
	name string
	// charset and collation are those of new columns, on MySQL and MariaDB.
	charset, collation string
	// collations are those of the columns that are texts, by the columns' names in lower
	// case, on MySQL and MariaDB.
	collations map[string]string
	// storage is the table's storage engine, on MySQL and MariaDB, and partitioned on
	// PostgreSQL for a table that is.
	storage string
	// kind is what has the name if it is not a table (view, sequence), and empty for a
	// table.
	kind string
	// columns are the columns' names.
	columns []string
	// types are the columns' types, by the columns' names in lower case, as the
	// engine's catalog spells them.
	types   map[string]string
	indexes []*liveIndex
	// auto are times that take values which nobody gave them, on MySQL and MariaDB.
	auto []autoTime
}

// liveIndex is an index, a unique constraint or a primary key that exists.
type liveIndex struct {
	name    string
	unique  bool
	columns []string
	// plain means that it contains whole values of columns, ascending, for all rows, and no
	// expressions.
	plain bool
	// whole means that it contains whole values of columns for all rows, in any order.
	whole bool
	// partial means that it has a condition.
	partial bool
	// broken says why it is unusable, empty if it is not.
	broken string
	// constraint means that it belongs to a constraint of the same name, and primary that
	// this is the primary key.
	constraint, primary bool
	// statement is the statement that created it, which only SQLite stores.
	statement string
}

// hasColumn reports whether the table has a column of that name.
func (t *liveTable) hasColumn(eng engine, name string) bool {
	return slices.ContainsFunc(t.columns, func(c string) bool { return eng.sameName(c, name) })
}

// table returns the live table with the wanted name, and creates it if it is new.
func (l live) table(wanted, name string) *liveTable {
	t, ok := l[wanted]
	if !ok {
		t = &liveTable{name: name, types: make(map[string]string)}
		l[wanted] = t
	}
	return t
}

// has records an existing column.
func (t *liveTable) has(column, typ string) {
	t.types[strings.ToLower(column)] = strings.ToLower(typ)
	t.columns = append(t.columns, column)
}

// readNames reads rows of the wanted name, the table's own, what it is (empty for a table),
// how it is stored, a column and its type. What is not a table may have no columns.
func (l live) readNames(ctx context.Context, q bun.IConn, query string, args []any) error {
	return each(ctx, q, query, args, func(rows *sql.Rows) error {
		var wanted, name, kind, storage string
		var column, typ sql.NullString
		if err := rows.Scan(&wanted, &name, &kind, &storage, &column, &typ); err != nil {
			return err
		}
		t := l.table(wanted, name)
		t.kind, t.storage = kind, storage
		if column.Valid {
			t.has(column.String, typ.String)
		}
		return nil
	})
}

// each calls fn on every row of a query.
func each(ctx context.Context, q bun.IConn, query string, args []any, fn func(*sql.Rows) error) error {
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

// number reads one number.
func number(ctx context.Context, q bun.IConn, query string, args ...any) (n int64, err error) {
	err = q.QueryRowContext(ctx, query, args...).Scan(&n)
	return n, err
}
