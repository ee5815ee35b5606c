package schema

import (
	"context"
	"database/sql"
	"strings"

	"github.com/uptrace/bun"
)

// dependents queries the catalog of dependencies, which has everything except the columns
// and indexes that have been checked already.
func (eng postgresEngine) dependents(ctx context.Context, q bun.IConn, gone dropped) (objects []Dependent, err error) {
	for _, t := range gone {
		err := each(ctx, q, postgresDependents, []any{t.name}, func(rows *sql.Rows) error {
			var what string
			var column, index sql.NullString
			if err := rows.Scan(&what, &column, &index); err != nil {
				return err
			}
			hangs := t.whole || column.Valid && has(eng, t.columns, column.String)
			if hangs && (!index.Valid || !has(eng, t.indexes, index.String)) {
				objects = append(objects, described(t.name, what, index.Valid))
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return objects, nil
}

// described splits PostgreSQL's description of an object into its kind and its name.
func described(table, what string, index bool) Dependent {
	what = strings.TrimPrefix(what, "rule _RETURN on ")
	kind, name, ok := strings.Cut(what, " ")
	if rest, materialized := strings.CutPrefix(what, "materialized view "); materialized {
		kind, name = "materialized view", rest
	}
	if !ok || index {
		kind, name = "index", strings.TrimPrefix(what, "index ")
	}
	return Dependent{Table: table, Kind: kind, Name: name}
}

// Excluded is what belongs to the table itself: its type, its TOAST table, the sequence of
// an identity, defaults, the primary key and NOT NULL. Indexes are listed by name.
const postgresDependents = `
SELECT DISTINCT pg_catalog.pg_describe_object(d.classid, d.objid, 0), a.attname, i.relname
FROM pg_catalog.pg_class t
JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace
JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = t.oid
LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = t.oid AND a.attnum = d.refobjsubid AND a.attnum > 0
LEFT JOIN pg_catalog.pg_class r ON d.classid = 'pg_catalog.pg_class'::regclass AND r.oid = d.objid
LEFT JOIN pg_catalog.pg_class i ON r.relkind IN ('i', 'I') AND i.oid = r.oid
LEFT JOIN pg_catalog.pg_constraint o ON d.classid = 'pg_catalog.pg_constraint'::regclass AND o.oid = d.objid
LEFT JOIN pg_catalog.pg_attrdef f ON d.classid = 'pg_catalog.pg_attrdef'::regclass AND f.oid = d.objid
WHERE n.nspname = current_schema() AND t.relname = $1
  AND d.classid <> 'pg_catalog.pg_type'::regclass
  AND (r.oid IS NULL OR r.relkind NOT IN ('t', 'S') AND r.oid <> t.oid)
  AND (o.oid IS NULL OR o.conrelid <> t.oid OR o.contype NOT IN ('p', 'n'))
  AND (f.oid IS NULL OR f.adrelid <> t.oid OR f.adnum <> d.refobjsubid)
  AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_index x WHERE x.indexrelid = i.oid AND x.indisprimary)
ORDER BY 1`

// lockTables lasts until the transaction ends.
func (eng postgresEngine) lockTables(tables []string) (lock, unlock string) {
	return "LOCK TABLE " + quotedList(eng, tables) + " IN ACCESS EXCLUSIVE MODE", ""
}
