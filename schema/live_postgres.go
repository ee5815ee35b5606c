package schema

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/uptrace/bun"
)

// inspect reads the current schema: the first of the search_path that exists,
// which is where CREATE TABLE puts a table.
func (postgresEngine) inspect(ctx context.Context, q bun.IConn, want []modelTable) (live, error) {
	found := make(live, len(want))
	marks, args := names(want, postgresEngine{}.mark)
	err := found.readNames(ctx, q, fmt.Sprintf(postgresColumns, marks), args)
	if err != nil || len(found) == 0 {
		return found, err
	}
	return found, found.readIndexes(ctx, q, fmt.Sprintf(postgresIndexes, marks), args)
}

// Anything with a wanted name is listed: a table cannot be created beside a view, nor
// beside a type, because a table has a type of its name. The type of a domain is its base
// type.
const postgresColumns = `
SELECT name, name, kind, storage, attname, type FROM (
SELECT t.relname AS name,
  CASE t.relkind WHEN 'r' THEN '' WHEN 'p' THEN '' WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view'
    WHEN 'f' THEN 'foreign table' WHEN 'S' THEN 'sequence' WHEN 'c' THEN 'type' ELSE 'index' END AS kind,
  CASE t.relkind WHEN 'p' THEN '` + partitioned + `' ELSE '' END AS storage,
  a.attname, pg_catalog.format_type(COALESCE(NULLIF(y.typbasetype, 0), y.oid), NULL) AS type, a.attnum
FROM pg_catalog.pg_class t
JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace
LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_catalog.pg_type y ON y.oid = a.atttypid
WHERE n.nspname = current_schema() AND t.relname IN (%[1]s)
UNION ALL
SELECT y.typname, 'type', '', NULL, NULL, NULL
FROM pg_catalog.pg_type y JOIN pg_catalog.pg_namespace n ON n.oid = y.typnamespace
WHERE n.nspname = current_schema() AND y.typrelid = 0 AND y.typname IN (%[1]s)
) AS named ORDER BY name, attnum`

// Relations share one namespace per schema: an index cannot be created beside anything with
// its name.
const postgresTaken = `
SELECT c.relname, COALESCE('it is an index of the table ' || t.relname,
  'it is a ' || CASE c.relkind WHEN 'v' THEN 'view' WHEN 'S' THEN 'sequence' WHEN 'c' THEN 'type' ELSE 'table' END)
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_index x ON x.indexrelid = c.oid
LEFT JOIN pg_catalog.pg_class t ON t.oid = x.indrelid
WHERE n.nspname = current_schema() AND c.relname IN (%s) ORDER BY c.relname`

func (postgresEngine) takenBy() string { return postgresTaken }

// partitioned is the storage of a partitioned table.
const partitioned = "partitioned"

// Included columns are not part of the index's key. A failed CREATE INDEX CONCURRENTLY
// leaves an invalid index, and one that is being built is not ready. NULLS NOT DISTINCT,
// which PostgreSQL 14 does not have, makes NULLs equal; a deferred constraint does not
// prevent duplicates immediately.
const postgresIndexes = `
SELECT t.relname, i.relname, x.indisunique, a.attname,
  m.amname = 'btree' AND (a.attcollation = 0 OR COALESCE(c.collisdeterministic, true)),
  (x.indoption[k.n - 1] & 1) = 0,
  x.indpred IS NOT NULL,
  CASE
    WHEN NOT x.indisvalid OR NOT x.indisready OR NOT x.indislive THEN
      '` + invalidIndex + `'
    WHEN x.indisunique AND to_jsonb(x)->>'indnullsnotdistinct' = 'true' THEN 'NULLs are not distinct in it'
    WHEN NOT x.indimmediate THEN 'it belongs to a deferrable constraint'
    ELSE ''
  END,
  EXISTS (SELECT 1 FROM pg_catalog.pg_constraint o WHERE o.conindid = x.indexrelid AND o.contype IN ('p', 'u', 'x')),
  x.indisprimary
FROM pg_catalog.pg_index x
JOIN pg_catalog.pg_class t ON t.oid = x.indrelid
JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace
JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid
JOIN pg_catalog.pg_am m ON m.oid = i.relam
CROSS JOIN LATERAL generate_series(1, x.indnkeyatts) k(n)
LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = t.oid AND a.attnum = x.indkey[k.n - 1]
LEFT JOIN pg_catalog.pg_collation c ON c.oid = x.indcollation[k.n - 1]
WHERE n.nspname = current_schema() AND t.relkind IN ('r', 'p') AND t.relname IN (%s)
ORDER BY t.relname, i.relname, k.n`

// invalidIndex is why an index that CREATE INDEX CONCURRENTLY left behind is unusable.
const invalidIndex = "PostgreSQL marks it invalid, as a failed or unfinished CREATE INDEX CONCURRENTLY leaves it"

// dropIndex drops an index, without blocking writers if possible.
func (eng postgresEngine) dropIndex(table string, idx *liveIndex) string {
	if idx.constraint {
		return "ALTER TABLE " + eng.quote(table) + " DROP CONSTRAINT " + eng.quote(idx.name)
	}
	return "DROP INDEX CONCURRENTLY " + eng.quote(idx.name)
}

// fits takes any width of an integer and any length of a text.
func (postgresEngine) fits(c modelColumn, live string) bool {
	switch c.Type {
	case "bigint", "integer", "smallint":
		return live == "bigint" || live == "integer" || live == "smallint"
	case "varchar", "text":
		return live == "text" || strings.HasPrefix(live, "character") || strings.HasSuffix(live, "citext")
	case "timestamptz":
		return strings.HasPrefix(live, "timestamp")
	case "double precision":
		return live == "double precision" || live == "real" || live == "numeric"
	}
	return live == c.Type
}

// sameName compares names as quoted names compare: exactly.
func (postgresEngine) sameName(a, b string) bool { return a == b }

func (postgresEngine) quote(name string) string {
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}

func (postgresEngine) mark(i int) string { return "$" + strconv.Itoa(i+1) }

// estimate returns what ANALYZE or VACUUM last counted, or before that a guess by pages.
func (postgresEngine) estimate(ctx context.Context, q bun.IConn, table string) (rows int64, err error) {
	return number(ctx, q, "SELECT greatest(t.reltuples, 0)::bigint FROM pg_catalog.pg_class t"+
		" JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace WHERE n.nspname = current_schema() AND t.relname = $1", table)
}

func (postgresEngine) others(ctx context.Context, q bun.IConn, want []modelTable) ([]LeftAlone, error) {
	marks, args := names(want, postgresEngine{}.mark)
	return leftTables(ctx, q, "SELECT t.relname, CASE t.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view'"+
		" WHEN 'f' THEN 'foreign table' ELSE 'table' END FROM pg_catalog.pg_class t"+
		" JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace WHERE n.nspname = current_schema()"+
		" AND t.relkind IN ('r', 'p', 'v', 'm', 'f') AND t.relname NOT IN ("+marks+") ORDER BY t.relname", args)
}
