package schema

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/uptrace/bun"
)

// inspect reads the main database: not the temporary or an attached one.
func (sqliteEngine) inspect(ctx context.Context, q bun.IConn, want []modelTable) (live, error) {
	found := make(live, len(want))
	marks, args := names(want, sqliteEngine{}.mark)
	err := found.readNames(ctx, q, fmt.Sprintf(sqliteColumns, marks), args)
	if err != nil || len(found) == 0 {
		return found, err
	}
	if err := found.readIndexes(ctx, q, fmt.Sprintf(sqliteIndexes, marks), args); err != nil {
		return found, err
	}
	return found, each(ctx, q, fmt.Sprintf(sqliteStatements, marks), args, func(rows *sql.Rows) error {
		var table, index, statement string
		err := rows.Scan(&table, &index, &statement)
		if t := found[table]; err == nil && t != nil {
			for _, idx := range t.indexes {
				if idx.name == index {
					idx.statement = statement
				}
			}
		}
		return err
	})
}

const sqliteStatements = `
SELECT lower(tbl_name), name, sql FROM main.sqlite_master
WHERE type = 'index' AND sql IS NOT NULL AND lower(tbl_name) IN (%s)`

// Table names ignore case; the models' are in lower case. Anything with a wanted name is
// listed: a table cannot be created beside a view.
const sqliteColumns = `
SELECT lower(t.name), t.name, CASE t.type WHEN 'table' THEN '' ELSE t.type END, '', c.name, c.type
FROM main.sqlite_master t LEFT JOIN pragma_table_xinfo(t.name, 'main') c
WHERE t.type IN ('table', 'view', 'index') AND lower(t.name) IN (%s)
ORDER BY t.name, c.cid`

// The index of a constraint cannot be dropped, and has no statement of its own.
const sqliteIndexes = `
SELECT lower(t.name), i.name, i."unique", c.name, c.coll = 'BINARY', NOT c."desc", i.partial, '', i.origin <> 'c', i.origin = 'pk'
FROM main.sqlite_master t
JOIN pragma_index_list(t.name, 'main') i
JOIN pragma_index_xinfo(i.name, 'main') c ON c.key
WHERE t.type = 'table' AND lower(t.name) IN (%s)
ORDER BY t.name, i.name, c.seqno`

// Tables, views and indexes share one namespace per database.
const sqliteTaken = `
SELECT name, CASE type WHEN 'index' THEN 'it is an index of the table ' || tbl_name ELSE 'it is a ' || type END
FROM main.sqlite_master WHERE type IN ('table', 'view', 'index') AND lower(name) IN (%s) ORDER BY name`

func (sqliteEngine) takenBy() string { return sqliteTaken }

func (eng sqliteEngine) dropIndex(_ string, idx *liveIndex) string {
	return "DROP INDEX " + eng.quote(idx.name)
}

// fits compares the affinities that SQLite derives from declared types. Times and booleans
// have none of their own.
func (sqliteEngine) fits(c modelColumn, live string) bool {
	switch c.Type {
	case "bigint", "integer", "smallint":
		return strings.Contains(live, "int")
	case "varchar", "text":
		return strings.Contains(live, "char") || strings.Contains(live, "clob") || strings.Contains(live, "text")
	}
	return true
}

// sameName compares names, which ignore case.
func (sqliteEngine) sameName(a, b string) bool { return strings.EqualFold(a, b) }

func (sqliteEngine) quote(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }

func (sqliteEngine) mark(int) string { return "?" }

func (eng sqliteEngine) estimate(ctx context.Context, q bun.IConn, table string) (rows int64, err error) {
	return number(ctx, q, "SELECT COUNT(*) FROM "+eng.quote(table))
}

func (sqliteEngine) others(ctx context.Context, q bun.IConn, want []modelTable) ([]LeftAlone, error) {
	marks, args := names(want, sqliteEngine{}.mark)
	return leftTables(ctx, q, "SELECT name, type FROM main.sqlite_master WHERE type IN ('table', 'view')"+
		" AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND lower(name) NOT IN ("+marks+") ORDER BY name", args)
}
