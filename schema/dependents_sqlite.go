package schema

import (
	"context"
	"database/sql"
	"regexp"
	"slices"

	"github.com/uptrace/bun"
)

// dependents looks for foreign keys, and for triggers and views whose text names the
// table: SQLite keeps no other record of them, and leaves views broken.
func (eng sqliteEngine) dependents(ctx context.Context, q bun.IConn, gone dropped) (objects []Dependent, err error) {
	for _, t := range gone {
		err := each(ctx, q, sqliteKeys, []any{t.name, t.name, t.name}, func(rows *sql.Rows) error {
			var table string
			var column sql.NullString
			if err := rows.Scan(&table, &column); err != nil {
				return err
			}
			if t.whole || !column.Valid || has(eng, t.columns, column.String) {
				objects = append(objects, Dependent{Table: t.name, Kind: "foreign key", Name: "of " + table})
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		err = each(ctx, q, sqliteTexts, nil, func(rows *sql.Rows) error {
			var kind, name, on, text string
			if err := rows.Scan(&kind, &name, &on, &text); err != nil {
				return err
			}
			hangs := eng.sameName(on, t.name) || mentions(text, t.name)
			if !t.whole {
				hangs = hangs && slices.ContainsFunc(t.columns, func(c string) bool { return mentions(text, c) })
			}
			if hangs {
				objects = append(objects, Dependent{Table: t.name, Kind: kind, Name: name})
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return objects, nil
}

// mentions reports whether a text contains the name as a whole word.
func mentions(text, name string) bool {
	return regexp.MustCompile(`(?i)(^|\W)` + regexp.QuoteMeta(name) + `(\W|$)`).MatchString(text)
}

// A foreign key without a column refers to the primary key.
const sqliteKeys = `
SELECT m.name, iif(lower(f."table") = lower(?), f."to", f."from")
FROM main.sqlite_master m JOIN pragma_foreign_key_list(m.name, 'main') f
WHERE m.type = 'table' AND (lower(f."table") = lower(?) OR lower(m.name) = lower(?))`

const sqliteTexts = `SELECT type, name, tbl_name, sql FROM main.sqlite_master WHERE type IN ('view', 'trigger') ORDER BY name`

// lockTables: the transaction is the only writer.
func (sqliteEngine) lockTables([]string) (lock, unlock string) { return "", "" }
