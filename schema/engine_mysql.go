package schema

import (
	"fmt"

	"github.com/chameleon-go/chameleon/dialect"
)

// The character set of every text, the collation of free text (the one that
// MySQL, MariaDB and TiDB all have), and the one that compares bytes.
const (
	mysqlCharset = "utf8mb4"
	mysqlText    = "utf8mb4_unicode_ci"
	mysqlExact   = "utf8mb4_bin"
)

// mysqlEngine is MySQL and MariaDB, and what speaks like them.
type mysqlEngine struct{}

// tableOptions state what a server's configuration could otherwise choose.
func (mysqlEngine) tableOptions() string {
	return " CHARSET " + mysqlCharset + " COLLATE " + mysqlText + " ENGINE InnoDB"
}

func (mysqlEngine) inlineKey(modelColumn) bool { return false }

func (mysqlEngine) inlineIndexes() bool { return true }

func (mysqlEngine) rollsBack() bool { return false }

// column names a character set and a collation only where they are not those of
// the column's table.
func (eng mysqlEngine) column(c modelColumn, in *liveTable) string {
	charset, collation := mysqlCharset, mysqlText
	if in != nil {
		charset, collation = in.charset, in.collation
	}
	typ, text := mysqlType(c)
	spelled := eng.quote(c.Name) + " " + typ
	if text && charset != mysqlCharset {
		spelled += " CHARSET " + mysqlCharset
	}
	spelled += columnRest(c)
	if text && c.Compare == compareExact && collation != mysqlExact {
		spelled += " COLLATE " + mysqlExact
	}
	if c.AutoIncrement {
		spelled += " AUTO_INCREMENT"
	}
	return spelled
}

// mysqlType is the declared type, and whether it is a text, which has a character
// set. A text without a length is a mediumtext, because MySQL's text ends at
// 64 KiB; a time is a datetime with microseconds, because a timestamp ends in 2038
// and both drop fractions unless told.
func mysqlType(c modelColumn) (typ string, text bool) {
	switch c.Type {
	case "integer":
		return "int", false
	case "boolean":
		return "bool", false
	case "varchar":
		if c.Compare == compareBytes {
			return fmt.Sprintf("varbinary(%d)", c.Size), false
		}
		return fmt.Sprintf("varchar(%d)", c.Size), true
	case "text":
		return "mediumtext", true
	case "timestamptz":
		return "datetime(6)", false
	case "double precision":
		return "double", false
	}
	return c.Type, false // bigint, smallint
}

func (eng mysqlEngine) createIndex(table string, idx dialect.Index) (statement, reverse string) {
	alter := "ALTER TABLE " + eng.quote(table)
	return alter + " ADD " + indexPart(eng, idx), alter + " DROP INDEX " + eng.quote(idx.Name)
}

func (eng mysqlEngine) addColumns(t *liveTable, cols []modelColumn, _ bool) []Change {
	return []Change{addColumns(eng, t, cols)}
}
