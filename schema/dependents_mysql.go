package schema

import (
	"context"
	"database/sql"
	"strings"

	"github.com/uptrace/bun"
)

// dependents looks for foreign keys, triggers, views, checks and generated columns. The
// server would silently drop checks and triggers with their table, and leave views broken.
func (eng mysqlEngine) dependents(ctx context.Context, q bun.IConn, gone dropped) (objects []Dependent, err error) {
	for _, t := range gone {
		for kind, query := range mysqlDependents() {
			var args []any
			for range strings.Count(query, "?") {
				args = append(args, t.name)
			}
			err := each(ctx, q, query, args, func(rows *sql.Rows) error {
				var name, text string
				var column sql.NullString
				if err := rows.Scan(&name, &column, &text); err != nil {
					return err
				}
				if t.whole || column.Valid && has(eng, t.columns, column.String) || eng.mentions(text, t.columns) {
					objects = append(objects, Dependent{Table: t.name, Kind: kind, Name: name})
				}
				return nil
			})
			if err != nil {
				return nil, err
			}
		}
	}
	return objects, nil
}

// mentions reports whether a text from the server, which quotes names, contains one of
// them.
func (eng mysqlEngine) mentions(text string, columns []string) bool {
	text = strings.ToLower(text)
	for _, c := range columns {
		if strings.Contains(text, strings.ToLower(eng.quote(c))) || strings.Contains(text, strings.ToLower("."+c)) {
			return true
		}
	}
	return false
}

// mysqlDependents list a name, a column of the table and a text that may mention others.
// Tables of other databases are included as far as the session's rights allow.
func mysqlDependents() map[string]string {
	const own = "TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ?"
	return map[string]string{
		"foreign key": "SELECT CONCAT(CONSTRAINT_NAME, ' of ', TABLE_NAME)," +
			" CASE WHEN REFERENCED_TABLE_NAME = ? THEN REFERENCED_COLUMN_NAME ELSE COLUMN_NAME END, ''" +
			" FROM information_schema.KEY_COLUMN_USAGE WHERE REFERENCED_TABLE_NAME IS NOT NULL" +
			" AND (REFERENCED_TABLE_SCHEMA = DATABASE() AND REFERENCED_TABLE_NAME = ?" +
			" OR TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ?)",
		"trigger": "SELECT TRIGGER_NAME, NULL, ACTION_STATEMENT FROM information_schema.TRIGGERS" +
			" WHERE EVENT_OBJECT_SCHEMA = DATABASE() AND EVENT_OBJECT_TABLE = ?",
		"view": "SELECT TABLE_NAME, NULL, VIEW_DEFINITION FROM information_schema.VIEWS" +
			" WHERE VIEW_DEFINITION LIKE CONCAT('%`', REPLACE(REPLACE(REPLACE(DATABASE(), '\\\\', '\\\\\\\\'), '_', '\\\\_'), '%', '\\\\%')," +
			" '`.`', REPLACE(REPLACE(?, '_', '\\\\_'), '%', '\\\\%'), '`%')",
		"check": "SELECT c.CONSTRAINT_NAME, NULL, c.CHECK_CLAUSE FROM information_schema.CHECK_CONSTRAINTS c" +
			" JOIN information_schema.TABLE_CONSTRAINTS t ON t.CONSTRAINT_SCHEMA = c.CONSTRAINT_SCHEMA" +
			" AND t.CONSTRAINT_NAME = c.CONSTRAINT_NAME AND t.CONSTRAINT_TYPE = 'CHECK'" +
			" WHERE t.TABLE_SCHEMA = DATABASE() AND t.TABLE_NAME = ?",
		"column": "SELECT COLUMN_NAME, NULL, GENERATION_EXPRESSION FROM information_schema.COLUMNS" +
			" WHERE " + own + " AND COALESCE(GENERATION_EXPRESSION, '') <> ''",
	}
}

// lockTables lasts until unlock. Until then, the session can use only the locked tables.
func (eng mysqlEngine) lockTables(tables []string) (lock, unlock string) {
	locks := make([]string, len(tables))
	for i, t := range tables {
		locks[i] = eng.quote(t) + " WRITE"
	}
	return "LOCK TABLES " + strings.Join(locks, ", "), "UNLOCK TABLES"
}
