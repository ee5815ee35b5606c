package width

import (
	"context"
	"database/sql"
	"strings"

	"github.com/uptrace/bun"
)

// readMySQL reads what MODIFY has to repeat, too: it would take away what it
// does not name.
func readMySQL(ctx context.Context, db bun.IDB, table string) ([]column, error) {
	var rows []struct {
		Name, Type, Nullable, Comment, Extra string
		Preset                               sql.NullString
	}
	err := db.NewRaw("SELECT COLUMN_NAME AS name, LOWER(COLUMN_TYPE) AS type, IS_NULLABLE AS nullable, "+
		"COLUMN_COMMENT AS comment, LOWER(EXTRA) AS extra, COLUMN_DEFAULT AS preset FROM information_schema.COLUMNS "+
		"WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ? "+
		"AND DATA_TYPE IN ('int', 'mediumint', 'smallint', 'tinyint') ORDER BY ORDINAL_POSITION", table).Scan(ctx, &rows)
	narrow := make([]column, len(rows))
	for i, row := range rows {
		c := column{Name: row.Name, Type: row.Type, Modify: " NULL"}
		if row.Nullable == "NO" {
			c.Modify = " NOT NULL"
		}
		// MariaDB has NULL for no default of a column that may be NULL.
		if row.Preset.Valid && row.Preset.String != "NULL" {
			c.Modify += " DEFAULT " + strings.Trim(row.Preset.String, "'")
		}
		if strings.Contains(row.Extra, "auto_increment") {
			c.Modify += " AUTO_INCREMENT"
		}
		if row.Comment != "" {
			c.Modify += " COMMENT " + quoted(row.Comment)
		}
		c.min, c.max = rangeMySQL(row.Type)
		narrow[i] = c
	}
	return narrow, err
}

// rangeMySQL is what an integer type holds.
func rangeMySQL(typ string) (least, most int64) {
	bits := 32
	for prefix, n := range map[string]int{"tinyint": 8, "smallint": 16, "mediumint": 24} {
		if strings.HasPrefix(typ, prefix) {
			bits = n
		}
	}
	if strings.Contains(typ, "unsigned") {
		return 0, 1<<bits - 1
	}
	return -1 << (bits - 1), 1<<(bits-1) - 1
}

func quoted(text string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `''`).Replace(text) + "'"
}

func widenMySQL(columns []column) string {
	changes := make([]string, len(columns))
	for i, c := range columns {
		changes[i] = "MODIFY " + c.Name + " bigint" + c.Modify
	}
	return strings.Join(changes, ", ")
}
