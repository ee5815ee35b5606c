package erase

import (
	"context"
	"strings"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
)

// A column that the engine computes follows those that it is computed from, and
// cannot be written.
const (
	postgresColumns = `SELECT attname, attnotnull, format_type(atttypid, NULL) FROM pg_attribute
WHERE attrelid = to_regclass(?) AND attnum > 0 AND NOT attisdropped AND attgenerated = '' AND attname IN (?) ORDER BY attnum`
	mysqlColumns = `SELECT column_name, is_nullable = 'NO', data_type FROM information_schema.columns
WHERE table_schema = DATABASE() AND table_name = ? AND COALESCE(generation_expression, '') = '' AND column_name IN (?)
ORDER BY ordinal_position`
	sqliteColumns = `SELECT name, "notnull", type FROM pragma_table_info(?) WHERE name IN (?) ORDER BY cid`
)

// live returns the table's columns that have one of the names.
func live(ctx context.Context, tx bun.Tx, table string, names []string) ([]column, error) {
	query := postgresColumns
	switch c := dialect.Of(tx); {
	case c.IsMySQL():
		query = mysqlColumns
	case c.Engine == dialect.SQLite:
		query = sqliteColumns
	}
	rows, err := tx.QueryContext(ctx, query, table, bun.List(names))
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var found []column
	for rows.Next() {
		var c column
		var kind string
		if err := rows.Scan(&c.name, &c.notNull, &kind); err != nil {
			return nil, err
		}
		kind = strings.ToLower(kind)
		// MariaDB's JSON is a longtext with a check.
		c.json = strings.HasPrefix(kind, "json") || dialect.Of(tx).Engine == dialect.MariaDB && kind == "longtext"
		found = append(found, c)
	}
	return found, rows.Err()
}
