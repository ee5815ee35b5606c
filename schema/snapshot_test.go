package schema_test

import (
	"regexp"
	"sort"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
)

// snapshot describes every table of the database's current schema, a line for
// each column, index and constraint, sorted: what a push could change.
func snapshot(t testing.TB, db *bun.DB) []string {
	t.Helper()
	var lines []string
	switch dialect.Of(db).Engine {
	case dialect.PostgreSQL:
		lines = listed(t, db, postgresColumns, postgresIndexes, postgresConstraints)
	case dialect.SQLite:
		lines = listed(t, db, sqliteTables, sqliteColumns, sqliteIndexes)
	default:
		lines = shown(t, db)
	}
	sort.Strings(lines)
	return lines
}

const (
	postgresColumns = `SELECT concat_ws(' ', 'column', c.table_name, c.column_name, c.udt_name,
    c.character_maximum_length, c.datetime_precision, 'null', c.is_nullable, 'default', c.column_default,
    'collate', c.collation_name, 'identity', c.identity_generation)
  FROM information_schema.columns c
  JOIN information_schema.tables t USING (table_schema, table_name)
  WHERE c.table_schema = current_schema() AND t.table_type = 'BASE TABLE'`
	postgresIndexes     = `SELECT indexdef FROM pg_indexes WHERE schemaname = current_schema()`
	postgresConstraints = `SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid)
  FROM pg_constraint WHERE connamespace = current_schema()::regnamespace`
)

// A column that is added stands last, so that the statement which SQLite keeps of
// a table is no description of it; of what no pragma tells, it is searched.
const (
	sqliteTables = `SELECT 'table ' || name || iif(sql LIKE '%autoincrement%', ' autoincrement', '')
    || iif(sql LIKE '%check (%', ' checks', '')
  FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`
	sqliteColumns = `SELECT 'column ' || t.name || ' ' || c.name || ' ' || c.type || ' notnull ' || c."notnull"
    || ' default ' || coalesce(c.dflt_value, 'none') || ' key ' || c.pk
  FROM sqlite_master t JOIN pragma_table_xinfo(t.name) c
  WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%'`
	sqliteIndexes = `SELECT 'index ' || t.name || ' ' || i.name || ' unique ' || i."unique" || ' of ' || i.origin || ' on '
    || (SELECT group_concat(coalesce(name, '()') || ' ' || coll || ' ' || "desc", ', ') FROM pragma_index_xinfo(i.name) WHERE key)
    || coalesce((SELECT ' ' || substr(s.sql, instr(s.sql, ' WHERE ')) FROM sqlite_master s WHERE s.name = i.name AND i.partial), '')
  FROM sqlite_master t JOIN pragma_index_list(t.name) i
  WHERE t.type = 'table'`
)

// listed reads queries of one text.
func listed(t testing.TB, db *bun.DB, queries ...string) (lines []string) {
	t.Helper()
	for _, query := range queries {
		var some []string
		require.NoError(t, db.NewRaw(query).Scan(t.Context(), &some))
		lines = append(lines, some...)
	}
	return lines
}

// shown reads what MySQL and MariaDB show of each table.
func shown(t testing.TB, db *bun.DB) []string {
	t.Helper()
	var tables, lines []string
	require.NoError(t, db.NewRaw("SELECT TABLE_NAME FROM information_schema.TABLES"+
		" WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE = 'BASE TABLE'").Scan(t.Context(), &tables))
	counter := regexp.MustCompile(` AUTO_INCREMENT=\d+`)
	for _, table := range tables {
		var name, ddl string
		require.NoError(t, db.DB.QueryRowContext(t.Context(), "SHOW CREATE TABLE `"+strings.ReplaceAll(table, "`", "``")+"`").Scan(&name, &ddl))
		for line := range strings.Lines(ddl) {
			line = strings.TrimRight(strings.TrimSpace(line), ",")
			lines = append(lines, table+": "+counter.ReplaceAllString(line, ""))
		}
	}
	return lines
}
