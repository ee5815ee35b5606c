package schema

import (
	"slices"
	"strings"

	"github.com/chameleon-go/chameleon/dialect"
)

// createTable returns a CREATE TABLE statement. It names no schema, so it works in the
// connection's current one.
func createTable(eng engine, t modelTable) string {
	var parts, key []string
	for _, col := range t.Columns {
		parts = append(parts, eng.column(col, t.twin))
		if col.PK && !eng.inlineKey(col) {
			key = append(key, col.Name)
		}
	}
	if len(key) > 0 {
		parts = append(parts, "PRIMARY KEY ("+quotedList(eng, key)+")")
	}
	if eng.inlineIndexes() {
		for _, idx := range t.Indexes {
			parts = append(parts, indexPart(eng, idx))
		}
	}
	return "CREATE TABLE " + eng.quote(t.Name) + " (" + strings.Join(parts, ", ") + ")" + eng.tableOptions(t)
}

// alterColumns returns an ALTER TABLE that adds columns, and one that drops them in reverse
// order.
func alterColumns(eng engine, t *liveTable, cols []modelColumn) (statement, reverse string) {
	var add, drop []string
	for _, col := range cols {
		add = append(add, "ADD COLUMN "+eng.column(col, t))
		drop = append(drop, "DROP COLUMN "+eng.quote(col.Name))
	}
	slices.Reverse(drop)
	alter := "ALTER TABLE " + eng.quote(t.name) + " "
	return alter + strings.Join(add, ", "), alter + strings.Join(drop, ", ")
}

// createIndex returns a CREATE INDEX for PostgreSQL and SQLite, and the statement that drops
// the index.
func createIndex(eng engine, table string, idx dialect.Index) (statement, reverse string) {
	return createIndexOf(eng, table, idx, quotedList(eng, idx.Columns))
}

// createIndexOf is createIndex with the SQL of what the index contains.
func createIndexOf(eng engine, table string, idx dialect.Index, parts string) (statement, reverse string) {
	statement = "CREATE " + unique(idx) + "INDEX " + eng.quote(idx.Name) + " ON " + eng.quote(table) + " (" + parts + ")"
	if idx.Where != "" {
		statement += " WHERE " + idx.Where
	}
	return statement, "DROP INDEX " + eng.quote(idx.Name)
}

// indexPart returns an index within CREATE TABLE or ALTER TABLE for MySQL, which has no
// partial indexes: every row is indexed.
func indexPart(eng engine, idx dialect.Index) string {
	return unique(idx) + "INDEX " + eng.quote(idx.Name) + " (" + quotedList(eng, idx.Columns) + ")"
}

func unique(idx dialect.Index) string {
	if idx.Unique {
		return "UNIQUE "
	}
	return ""
}

// columnRest returns what follows a column's type.
func columnRest(c modelColumn) string {
	rest := " NULL"
	if c.NotNull {
		rest = " NOT NULL"
	}
	if c.Default != "" {
		rest += " DEFAULT " + c.Default
	}
	return rest
}

func quotedList(eng engine, names []string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = eng.quote(name)
	}
	return strings.Join(quoted, ", ")
}
