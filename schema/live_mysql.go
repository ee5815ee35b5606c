package schema

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	atlas "ariga.io/atlas/sql/schema"
)

// inspect reads the connection's database.
func (mysqlEngine) inspect(ctx context.Context, q atlas.ExecQuerier, want []modelTable) (live, error) {
	found := make(live, len(want))
	marks, args := names(want, func(int) string { return "?" })
	err := each(ctx, q, fmt.Sprintf(mysqlTables, marks), args, func(rows *sql.Rows) error {
		var table, collation string
		if err := rows.Scan(&table, &collation); err != nil {
			return err
		}
		charset, _, _ := strings.Cut(collation, "_")
		found.table(table, table).SetCharset(charset).SetCollation(collation)
		return nil
	})
	if err != nil || len(found) == 0 {
		return found, err
	}
	err = each(ctx, q, fmt.Sprintf(mysqlColumns, marks), args, func(rows *sql.Rows) error {
		var table, column string
		if err := rows.Scan(&table, &column); err != nil {
			return err
		}
		if t, ok := found[table]; ok {
			t.has(column)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return found, found.readIndexes(ctx, q, fmt.Sprintf(mysqlIndexes, marks), args)
}

const mysqlTables = "SELECT TABLE_NAME, TABLE_COLLATION FROM information_schema.TABLES" +
	" WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME IN (%s) AND TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED')"

const mysqlColumns = "SELECT TABLE_NAME, COLUMN_NAME FROM information_schema.COLUMNS" +
	" WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME IN (%s) ORDER BY TABLE_NAME, ORDINAL_POSITION"

// An expression's column is NULL; a prefix has a SUB_PART; COLLATION is A for
// ascending, and NULL for indexes that order nothing.
const mysqlIndexes = "SELECT TABLE_NAME, INDEX_NAME, NON_UNIQUE = 0, COLUMN_NAME," +
	" SUB_PART IS NULL AND COALESCE(COLLATION, '') = 'A' FROM information_schema.STATISTICS" +
	" WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME IN (%s) ORDER BY TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX"

// sameName compares names of columns and indexes, which have no case.
func (mysqlEngine) sameName(a, b string) bool { return strings.EqualFold(a, b) }

func (mysqlEngine) quote(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }
