package schema

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	atlas "ariga.io/atlas/sql/schema"
)

// inspect reads the main database: not the temporary or an attached one.
func (sqliteEngine) inspect(ctx context.Context, q atlas.ExecQuerier, want []modelTable) (live, error) {
	found := make(live, len(want))
	marks, args := names(want, func(int) string { return "?" })
	err := each(ctx, q, fmt.Sprintf(sqliteColumns, marks), args, func(rows *sql.Rows) error {
		var wanted, table, column string
		if err := rows.Scan(&wanted, &table, &column); err != nil {
			return err
		}
		found.table(wanted, table).has(column)
		return nil
	})
	if err != nil || len(found) == 0 {
		return found, err
	}
	return found, found.readIndexes(ctx, q, fmt.Sprintf(sqliteIndexes, marks), args)
}

// Tables have no case in their names; the models' are lower-case.
const sqliteColumns = `
SELECT lower(t.name), t.name, c.name
FROM main.sqlite_master t JOIN pragma_table_xinfo(t.name, 'main') c
WHERE t.type = 'table' AND lower(t.name) IN (%s)
ORDER BY t.name, c.cid`

const sqliteIndexes = `
SELECT lower(t.name), i.name, i."unique", c.name, NOT i.partial AND NOT c."desc" AND c.coll = 'BINARY'
FROM main.sqlite_master t
JOIN pragma_index_list(t.name, 'main') i
JOIN pragma_index_xinfo(i.name, 'main') c ON c.key
WHERE t.type = 'table' AND lower(t.name) IN (%s)
ORDER BY t.name, i.name, c.seqno`

// sameName compares names, which have no case.
func (sqliteEngine) sameName(a, b string) bool { return strings.EqualFold(a, b) }

func (sqliteEngine) quote(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }
