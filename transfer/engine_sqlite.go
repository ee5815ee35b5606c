package transfer

import (
	"context"
	"database/sql"
	"strings"
	"unicode/utf8"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
)

type sqliteEngine struct{}

func (sqliteEngine) session(dialect.Capabilities) string { return "" }

func (sqliteEngine) begin() string { return "" }

func (sqliteEngine) quote(name string) string {
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}

// read keeps the driver from reading a value by its column's declared type.
func (e sqliteEngine) read(c column) string {
	switch c.kind {
	case kindText, kindTime, kindJSON:
		return "CAST(" + e.quote(c.name) + " AS TEXT)"
	case kindInt, kindBool, kindFloat:
	}
	return "+" + e.quote(c.name)
}

// bytes: SQLite's own collation compares bytes.
func (e sqliteEngine) bytes(name string) string { return e.quote(name) }

func (e sqliteEngine) byteText(b []byte, s string) []byte { return e.text(b, s, nil) }

// text spells what a statement's text cannot hold in hexadecimal.
func (sqliteEngine) text(b []byte, s string, _ *liveColumn) []byte {
	if strings.IndexByte(s, 0) < 0 && utf8.ValidString(s) {
		return appendQuoted(b, s)
	}
	return append(appendHex(append(b, "CAST(X"...), s), " AS TEXT)"...)
}

// time has the form that bun gives to times, so that they compare as texts.
func (sqliteEngine) time(b []byte, us int64) []byte {
	return appendQuoted(b, clockOf(us)+"+00:00")
}

func (sqliteEngine) overriding(*liveTable) string { return "" }

func (sqliteEngine) count(string, string) string { return "" }

const sqliteColumns = `
SELECT t.name, c.name, lower(c.type), c.pk
FROM sqlite_schema t JOIN pragma_table_xinfo(t.name) c
WHERE t.type = 'table' AND c.hidden = 0 ORDER BY t.name, c.cid`

func (sqliteEngine) inspect(ctx context.Context, q bun.IConn) (map[string]*liveTable, error) {
	found := make(catalog)
	return found, each(ctx, q, sqliteColumns, func(rows *sql.Rows) error {
		var table string
		var c liveColumn
		var at int
		if err := rows.Scan(&table, &c.name, &c.typ, &at); err != nil {
			return err
		}
		found.add(table, &c, at)
		return nil
	})
}

// fit: SQLite's types are affinities, and bound nothing.
func (sqliteEngine) fit(kind, value, *liveColumn) string { return "" }
