package schema

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"

	atlas "ariga.io/atlas/sql/schema"
)

// inspect reads the current schema: the first of the search_path that exists,
// which is where CREATE TABLE puts a table.
func (postgresEngine) inspect(ctx context.Context, q atlas.ExecQuerier, want []modelTable) (live, error) {
	found := make(live, len(want))
	marks, args := names(want, func(i int) string { return "$" + strconv.Itoa(i+1) })
	err := each(ctx, q, fmt.Sprintf(postgresColumns, marks), args, func(rows *sql.Rows) error {
		var table, column string
		if err := rows.Scan(&table, &column); err != nil {
			return err
		}
		found.table(table, table).has(column)
		return nil
	})
	if err != nil || len(found) == 0 {
		return found, err
	}
	return found, found.readIndexes(ctx, q, fmt.Sprintf(postgresIndexes, marks), args)
}

const postgresColumns = `
SELECT t.relname, a.attname
FROM pg_catalog.pg_class t
JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace
JOIN pg_catalog.pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE n.nspname = current_schema() AND t.relkind IN ('r', 'p') AND t.relname IN (%s)
ORDER BY t.relname, a.attnum`

// Included columns are none of the index's key. An index that a failed CREATE
// INDEX CONCURRENTLY left behind has its name but does not work.
const postgresIndexes = `
SELECT t.relname, i.relname, x.indisunique, a.attname,
  x.indisvalid AND x.indpred IS NULL AND m.amname = 'btree' AND (x.indoption[k.n - 1] & 1) = 0
FROM pg_catalog.pg_index x
JOIN pg_catalog.pg_class t ON t.oid = x.indrelid
JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace
JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid
JOIN pg_catalog.pg_am m ON m.oid = i.relam
CROSS JOIN LATERAL generate_series(1, x.indnkeyatts) k(n)
LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = t.oid AND a.attnum = x.indkey[k.n - 1]
WHERE n.nspname = current_schema() AND t.relkind IN ('r', 'p') AND t.relname IN (%s)
ORDER BY t.relname, i.relname, k.n`

// sameName compares names as quoted names compare: exactly.
func (postgresEngine) sameName(a, b string) bool { return a == b }

func (postgresEngine) quote(name string) string {
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}
