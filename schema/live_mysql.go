package schema

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/uptrace/bun"
)

// inspect reads the connection's database.
func (mysqlEngine) inspect(ctx context.Context, q bun.IConn, want []modelTable) (live, error) {
	found := make(live, len(want))
	marks, args := names(want, mysqlEngine{}.mark)
	err := each(ctx, q, fmt.Sprintf(mysqlTables, marks), args, func(rows *sql.Rows) error {
		var table, kind, collation, storage string
		if err := rows.Scan(&table, &kind, &collation, &storage); err != nil {
			return err
		}
		t := found.table(table, table)
		t.kind, t.collation, t.storage = kind, collation, storage
		t.charset, _, _ = strings.Cut(collation, "_")
		return nil
	})
	if err != nil || len(found) == 0 {
		return found, err
	}
	if err := found.readMySQLColumns(ctx, q, fmt.Sprintf(mysqlColumns, marks), args); err != nil {
		return nil, err
	}
	return found, found.readIndexes(ctx, q, fmt.Sprintf(mysqlIndexes, marks), args)
}

// readMySQLColumns reads rows of table, column, type and collation, and of what times do
// by themselves.
func (l live) readMySQLColumns(ctx context.Context, q bun.IConn, query string, args []any) error {
	return each(ctx, q, query, args, func(rows *sql.Rows) error {
		var table, column, typ, collation string
		var auto autoTime
		if err := rows.Scan(&table, &column, &typ, &collation, &auto.typ, &auto.extra, &auto.preset, &auto.comment); err != nil {
			return err
		}
		if t, ok := l[table]; ok {
			t.has(column, typ)
			if auto.column = column; auto.acts() {
				t.auto = append(t.auto, auto)
			}
			if t.collations == nil {
				t.collations = map[string]string{}
			}
			t.collations[strings.ToLower(column)] = collation
		}
		return nil
	})
}

// Anything with a wanted name is listed: a table cannot be created beside a view.
const mysqlTables = "SELECT TABLE_NAME," +
	" CASE WHEN TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED') THEN '' ELSE LOWER(TABLE_TYPE) END," +
	" COALESCE(TABLE_COLLATION, ''), COALESCE(ENGINE, '') FROM information_schema.TABLES" +
	" WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME IN (%s)"

// No join: MariaDB would open every table of the server for it.
const mysqlColumns = "SELECT TABLE_NAME, COLUMN_NAME, DATA_TYPE, COALESCE(COLLATION_NAME, '')," +
	" COLUMN_TYPE, LOWER(EXTRA), COALESCE(COLUMN_DEFAULT, ''), COLUMN_COMMENT FROM information_schema.COLUMNS" +
	" WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME IN (%s) ORDER BY TABLE_NAME, ORDINAL_POSITION"

// An expression's column is NULL; a prefix has a SUB_PART; COLLATION is A for
// ascending, D for descending, and NULL for indexes that order nothing.
const mysqlIndexes = "SELECT TABLE_NAME, INDEX_NAME, NON_UNIQUE = 0, COLUMN_NAME," +
	" SUB_PART IS NULL AND COLLATION IS NOT NULL, COALESCE(COLLATION, '') = 'A', FALSE, '', FALSE, INDEX_NAME = 'PRIMARY'" +
	" FROM information_schema.STATISTICS" +
	" WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME IN (%s) ORDER BY TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX"

func (eng mysqlEngine) dropIndex(table string, idx *liveIndex) string {
	return "DROP INDEX " + eng.quote(idx.name) + " ON " + eng.quote(table)
}

// fits takes any width of an integer and any length of a text.
func (mysqlEngine) fits(c modelColumn, live string) bool {
	switch c.Type {
	case "bigint", "integer", "smallint":
		return strings.HasSuffix(live, "int")
	case "varchar", "text":
		return strings.HasSuffix(live, "char") || strings.HasSuffix(live, "text") || strings.HasSuffix(live, "binary")
	case "boolean":
		return live == "tinyint" || live == "bit"
	case "timestamptz":
		return live == "datetime" || live == "timestamp"
	}
	return live == "double" || live == "float" || live == "decimal"
}

// sameName compares names of columns and indexes, which have no case.
func (mysqlEngine) sameName(a, b string) bool { return strings.EqualFold(a, b) }

func (mysqlEngine) quote(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }

func (mysqlEngine) mark(int) string { return "?" }

func (mysqlEngine) estimate(ctx context.Context, q bun.IConn, table string) (rows int64, err error) {
	return number(ctx, q, "SELECT COALESCE(TABLE_ROWS, 0) FROM information_schema.TABLES"+
		" WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ?", table)
}

func (mysqlEngine) others(ctx context.Context, q bun.IConn, want []modelTable) ([]LeftAlone, error) {
	marks, args := names(want, mysqlEngine{}.mark)
	return leftTables(ctx, q, "SELECT TABLE_NAME, LOWER(TABLE_TYPE) FROM information_schema.TABLES"+
		" WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME NOT IN ("+marks+") ORDER BY TABLE_NAME", args)
}

// takenBy is empty: the name of an index is its table's.
func (mysqlEngine) takenBy() string { return "" }
