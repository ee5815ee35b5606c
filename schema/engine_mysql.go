package schema

import (
	"errors"
	"fmt"
	"strings"

	"github.com/chameleon-go/chameleon/dialect"
)

// The character set of every text, the collation of free text (the one that
// MySQL, MariaDB and TiDB all have), and the one that compares bytes.
const (
	mysqlCharset = "utf8mb4"
	mysqlText    = "utf8mb4_unicode_ci"
	mysqlExact   = "utf8mb4_bin"
)

// mysqlEngine is MySQL, MariaDB and compatible servers.
type mysqlEngine struct{}

// tableOptions state what the server's configuration would otherwise decide.
func (mysqlEngine) tableOptions(t modelTable) string {
	if like := t.twin; like != nil {
		return " CHARSET " + like.charset + " COLLATE " + like.collation + " ENGINE InnoDB"
	}
	return " CHARSET " + mysqlCharset + " COLLATE " + mysqlText + " ENGINE InnoDB"
}

func (mysqlEngine) inlineKey(modelColumn) bool { return false }

func (mysqlEngine) inlineIndexes() bool { return true }

func (mysqlEngine) rollsBack() bool { return false }

// column names a character set and a collation only if they differ from the table's. A
// column that the other table has is the same as there.
func (eng mysqlEngine) column(c modelColumn, in *liveTable) string {
	charset, collation := mysqlCharset, mysqlText
	typ, text := mysqlType(c)
	if in != nil {
		charset, collation = in.charset, in.collation
		if own := in.collations[strings.ToLower(c.Name)]; text && own != "" {
			ownCharset, _, _ := strings.Cut(own, "_")
			return eng.quote(c.Name) + " " + typ + " CHARSET " + ownCharset + columnRest(c) + " COLLATE " + own
		}
	}
	spelled := eng.quote(c.Name) + " " + typ
	if text && charset != mysqlCharset {
		spelled += " CHARSET " + mysqlCharset
	}
	spelled += columnRest(c)
	if text && (c.Compare == compareExact || c.Compare == compareOrdered) && collation != mysqlExact {
		spelled += " COLLATE " + mysqlExact
	}
	if c.AutoIncrement {
		spelled += " AUTO_INCREMENT"
	}
	return spelled
}

// mysqlType returns the type, and whether it is a text, which has a character set. A text
// without a length is a mediumtext, because MySQL's text is limited to 64 KiB. A time is a
// datetime with microseconds, because timestamps end in 2038 and both drop fractions by
// default.
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

// What a statement requires of the server: to refuse instead of blocking writes.
const (
	instant = ", ALGORITHM=INSTANT"
	inPlace = ", ALGORITHM=INPLACE, LOCK=NONE"
)

// addIndex builds the index while writes continue, if the table's storage engine supports
// that.
func (eng mysqlEngine) addIndex(t *liveTable, idx missingIndex, _, _ bool) Change {
	change := plainIndex(eng, t.name, idx.Index)
	if !t.innoDB() {
		change.Blocks = BlocksWrites
		return change
	}
	change.Statement += inPlace
	change.Online = true
	return change
}

func (eng mysqlEngine) addColumns(t *liveTable, cols []modelColumn, _ bool) []Change {
	change := addColumns(eng, t, cols)
	if t.innoDB() {
		change.Statement += instant
	} else {
		change.Blocks = BlocksWrites
	}
	return []Change{change}
}

// innoDB reports whether the table's storage engine can alter tables during writes.
func (t *liveTable) innoDB() bool { return strings.EqualFold(t.storage, "InnoDB") }

// otherwise requires less if a table cannot be altered as the statement requests: for
// example a compressed one, or one that has been altered instantly too often.
func (mysqlEngine) otherwise(statement string, err error) string {
	var e *dialect.Error
	if !errors.As(dialect.Classify(err), &e) {
		return ""
	}
	switch e.Code {
	case "1235", "1800", "1845", "1846", "4080", "4092", "8200":
	default:
		return ""
	}
	if bare, ok := strings.CutSuffix(statement, instant); ok {
		return bare + inPlace
	}
	if bare, ok := strings.CutSuffix(statement, inPlace); ok {
		return bare
	}
	return ""
}

// frame: each statement of MySQL's commits by itself.
func (mysqlEngine) frame() (begin, commit, session string) {
	return "", "", "SET SESSION lock_wait_timeout = " + scriptLockWait
}
