package transfer

import (
	"context"
	"fmt"
	"strconv"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
)

// engine is what differs between engines. Statements contain their values: a thousand rows
// of thirty columns have more values than engines accept placeholders, and bun's literals
// refuse a value that some engines can hold (a NUL) and replace another (invalid UTF-8).
type engine interface {
	// session is the statement that prepares a connection, empty for none.
	session(caps dialect.Capabilities) string
	// begin is the statement that prepares a transaction, empty for none.
	begin() string
	// quote returns a quoted name.
	quote(name string) string
	// read returns the expression that reads a column.
	read(c column) string
	// bytes returns the expression by which rows are ordered by a text column's bytes.
	bytes(name string) string
	// byteText appends a text to compare with that expression.
	byteText(b []byte, s string) []byte
	// text appends a text for a column.
	text(b []byte, s string, c *liveColumn) []byte
	// time appends a time.
	time(b []byte, us int64) []byte
	// overriding is what an INSERT with ids needs if the database always generates them.
	overriding(t *liveTable) string
	// count makes the database number the next row after the highest, empty if an INSERT
	// with an id does that.
	count(table, column string) string
	// inspect reads the database's tables, by name.
	inspect(ctx context.Context, q bun.IConn) (map[string]*liveTable, error)
	// fit says why a column cannot hold a value, empty if it can.
	fit(k kind, v value, c *liveColumn) string
}

func engineOf(db bun.IDB) (engine, error) {
	switch e := dialect.Of(db).Engine; e {
	case dialect.PostgreSQL:
		return postgresEngine{}, nil
	case dialect.MySQL, dialect.MariaDB:
		return mysqlEngine{}, nil
	case dialect.SQLite:
		return sqliteEngine{}, nil
	default:
		return nil, fmt.Errorf("transfer: no engine %q", e)
	}
}

// liveTable is a table that exists.
type liveTable struct {
	columns []*liveColumn
	// key are the columns of the primary key, in its order.
	key []string
}

// liveColumn is a column that exists.
type liveColumn struct {
	name string
	// typ is its type as the catalog spells it, in lower case.
	typ string
	// chars is how many characters it holds, octets how many bytes, 0 for no bound.
	chars, octets int64
	// digits are those of a second's fraction that a time keeps.
	digits int
	// numbered means that the database gives it a number, whatever an INSERT says.
	numbered bool
}

func (t *liveTable) column(name string) *liveColumn {
	for _, c := range t.columns {
		if c.name == name {
			return c
		}
	}
	return nil
}

// isJSON means that the engine keeps the value of a JSON text, not its spelling.
func (c *liveColumn) isJSON() bool { return c.typ == "json" || c.typ == "jsonb" }

// isBinary means that it holds bytes, which have no character set.
func (c *liveColumn) isBinary() bool {
	switch c.typ {
	case "binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob":
		return true
	}
	return false
}

// bits is the width of a column of numbers, as engines name them.
func (c *liveColumn) bits() int {
	switch c.typ {
	case "tinyint":
		return 8
	case "smallint":
		return 16
	case "mediumint":
		return 24
	case "integer", "int":
		return 32
	}
	return 64
}

// appendLiteral spells a value for column c.
func appendLiteral(b []byte, e engine, k kind, v value, c *liveColumn) []byte {
	switch {
	case !v.set:
		return append(b, "NULL"...)
	case k == kindInt:
		return strconv.AppendInt(b, v.n, 10)
	case k == kindBool && v.n != 0:
		return append(b, "TRUE"...)
	case k == kindBool:
		return append(b, "FALSE"...)
	case k == kindTime:
		return e.time(b, v.n)
	case k == kindFloat:
		return strconv.AppendFloat(b, floatOf(v), 'e', -1, 64)
	}
	return e.text(b, v.s, c)
}

// appendQuoted appends a text between quotes, which are doubled in it.
func appendQuoted(b []byte, s string) []byte {
	b = append(b, '\'')
	for i := range len(s) {
		if s[i] == '\'' {
			b = append(b, '\'')
		}
		b = append(b, s[i])
	}
	return append(b, '\'')
}

// microDigits are the digits of a second's fraction that are moved.
const microDigits = 6

// fitTime says why a time does not fit: its fraction would be rounded.
func fitTime(v value, c *liveColumn) string {
	unit := int64(1)
	for range microDigits - c.digits {
		unit *= 10
	}
	if v.n%unit != 0 {
		return fmt.Sprintf("it has microseconds, of which the column keeps %d digits", c.digits)
	}
	return ""
}

// fitInt says why a number does not fit.
func fitInt(v value, bits int) string {
	if limit := int64(1) << (bits - 1); bits < 64 && (v.n >= limit || v.n < -limit) {
		return fmt.Sprintf("%d does not fit its %d bits", v.n, bits)
	}
	return ""
}
