package transfer

import (
	"context"
	"database/sql"
	"encoding/hex"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
)

// mysqlEngine is MySQL and MariaDB, and what speaks like them.
type mysqlEngine struct{}

// session has times mean UTC and a row be number 0 where it says so, and lets a
// statement's rows be read as slowly as the other side takes them.
func (mysqlEngine) session(caps dialect.Capabilities) string {
	limit := "max_execution_time = 0"
	if caps.Engine == dialect.MariaDB || strings.Contains(caps.Version, "MariaDB") {
		limit = "max_statement_time = 0"
	}
	if caps.Foreign && caps.Version == "" { // which of the two is not known
		limit = "wait_timeout = @@session.wait_timeout"
	}
	return "SET SESSION time_zone = '+00:00', NAMES utf8mb4, SESSION " + limit + ", SESSION net_write_timeout = 86400," +
		" SESSION sql_mode = 'STRICT_TRANS_TABLES,NO_AUTO_VALUE_ON_ZERO,ERROR_FOR_DIVISION_BY_ZERO'"
}

func (mysqlEngine) begin() string { return "" }

func (mysqlEngine) quote(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }

func (e mysqlEngine) read(c column) string {
	switch {
	case c.kind == kindTime, !c.model, c.kind == kindJSON:
		return "CAST(" + e.quote(c.name) + " AS CHAR)"
	}
	return e.quote(c.name)
}

func (e mysqlEngine) bytes(name string) string { return "CAST(" + e.quote(name) + " AS BINARY)" }

func (mysqlEngine) byteText(b []byte, s string) []byte { return appendHex(append(b, 'X'), s) }

// text does without what the session's sql_mode could read in two ways.
func (mysqlEngine) text(b []byte, s string, c *liveColumn) []byte {
	switch {
	case c != nil && c.isBinary():
		return appendHex(append(b, 'X'), s)
	case strings.ContainsAny(s, "\\\x00"):
		return appendHex(append(b, "_utf8mb4 X"...), s)
	}
	return appendQuoted(b, s)
}

func (mysqlEngine) time(b []byte, us int64) []byte { return appendQuoted(b, clockOf(us)) }

func (mysqlEngine) overriding(*liveTable) string { return "" }

func (mysqlEngine) count(string, string) string { return "" }

func appendHex(b []byte, s string) []byte {
	return append(hex.AppendEncode(append(b, '\''), []byte(s)), '\'')
}

const mysqlColumns = "SELECT c.TABLE_NAME, c.COLUMN_NAME, c.DATA_TYPE, COALESCE(c.CHARACTER_MAXIMUM_LENGTH, 0)," +
	" COALESCE(c.CHARACTER_OCTET_LENGTH, 0), COALESCE(c.DATETIME_PRECISION, 0)" +
	" FROM information_schema.COLUMNS c WHERE c.TABLE_SCHEMA = DATABASE() AND c.EXTRA NOT LIKE '%GENERATED'" +
	" ORDER BY c.TABLE_NAME, c.ORDINAL_POSITION"

const mysqlKeys = "SELECT TABLE_NAME, COLUMN_NAME, SEQ_IN_INDEX FROM information_schema.STATISTICS" +
	" WHERE TABLE_SCHEMA = DATABASE() AND INDEX_NAME = 'PRIMARY' ORDER BY TABLE_NAME, SEQ_IN_INDEX"

func (mysqlEngine) inspect(ctx context.Context, q bun.IConn) (map[string]*liveTable, error) {
	found := make(catalog)
	err := each(ctx, q, mysqlColumns, func(rows *sql.Rows) error {
		var table string
		var c liveColumn
		var chars, octets uint64 // a longtext's are 2^32
		if err := rows.Scan(&table, &c.name, &c.typ, &chars, &octets, &c.digits); err != nil {
			return err
		}
		c.chars, c.octets = int64(chars), int64(octets)
		if !strings.HasSuffix(strings.ToLower(c.typ), "char") {
			c.chars = 0 // a text's bound is in bytes
		}
		found.add(table, &c, 0)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return found, each(ctx, q, mysqlKeys, func(rows *sql.Rows) error {
		var table, name string
		var at int
		if err := rows.Scan(&table, &name, &at); err != nil {
			return err
		}
		found.addKey(table, name, at)
		return nil
	})
}

func (mysqlEngine) fit(k kind, v value, c *liveColumn) string {
	switch {
	case !v.set:
		return ""
	case k == kindInt:
		return fitInt(v, c.bits())
	case k == kindTime && (yearOf(v.n) < firstYear || yearOf(v.n) > lastYear):
		return fmt.Sprintf("the year %d is not one of MySQL's, %d to %d", yearOf(v.n), firstYear, lastYear)
	case k == kindTime:
		return fitTime(v, c)
	case k != kindText && k != kindJSON:
		return ""
	case c.octets > 0 && int64(len(v.s)) > c.octets:
		return fmt.Sprintf("it has %d bytes, and the column holds %d", len(v.s), c.octets)
	case c.isBinary():
		return ""
	case !utf8.ValidString(v.s):
		return "it is not valid UTF-8"
	}
	return fitChars(v.s, c.chars)
}
