package transfer

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
)

type postgresEngine struct{}

// session says nothing: behind a pooler it would be another's.
func (postgresEngine) session(dialect.Capabilities) string { return "" }

// begin has times and texts of the transaction read as they are meant, and lets
// statements take as long as they need.
func (postgresEngine) begin() string {
	return "SELECT set_config('timezone', 'UTC', true), set_config('datestyle', 'ISO', true)," +
		" set_config('standard_conforming_strings', 'on', true), set_config('statement_timeout', '0', true)," +
		" set_config('extra_float_digits', '3', true)"
}

func (postgresEngine) quote(name string) string {
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}

func (e postgresEngine) read(c column) string {
	switch c.kind {
	case kindText, kindTime, kindJSON:
		return "CAST(" + e.quote(c.name) + " AS text)"
	case kindInt, kindBool, kindFloat:
	}
	return e.quote(c.name)
}

// bytes: the collation C orders UTF-8 by its bytes.
func (e postgresEngine) bytes(name string) string { return e.quote(name) + ` COLLATE "C"` }

func (postgresEngine) byteText(b []byte, s string) []byte { return appendQuoted(b, s) }

func (postgresEngine) text(b []byte, s string, _ *liveColumn) []byte { return appendQuoted(b, s) }

func (postgresEngine) time(b []byte, us int64) []byte {
	return appendQuoted(b, clockOf(us)+"+00")
}

func (postgresEngine) overriding(t *liveTable) string {
	for _, c := range t.columns {
		if c.numbered {
			return " OVERRIDING SYSTEM VALUE"
		}
	}
	return ""
}

func (e postgresEngine) count(table, column string) string {
	name := string(appendQuoted(nil, e.quote(table)))
	col := string(appendQuoted(nil, column))
	return fmt.Sprintf("SELECT setval(s, GREATEST(m, 1), m IS NOT NULL AND m > 0)"+
		" FROM (SELECT pg_get_serial_sequence(%s, %s) AS s, (SELECT MAX(%s) FROM %s) AS m) q WHERE s IS NOT NULL",
		name, col, e.quote(column), e.quote(table))
}

// postgresColumns lists the first schema of the search_path that exists.
const postgresColumns = `
SELECT t.relname, a.attname, pg_catalog.format_type(COALESCE(NULLIF(y.typbasetype, 0), y.oid), NULL),
  CASE WHEN a.atttypmod > 4 AND y.typname IN ('varchar', 'bpchar') THEN a.atttypmod - 4 ELSE 0 END,
  CASE WHEN a.atttypmod >= 0 AND y.typname IN ('timestamp', 'timestamptz') THEN a.atttypmod ELSE 6 END,
  a.attidentity = 'a',
  COALESCE((SELECT array_position(string_to_array(x.indkey::text, ' '), a.attnum::text) FROM pg_catalog.pg_index x
    WHERE x.indrelid = t.oid AND x.indisprimary), 0)
FROM pg_catalog.pg_class t
JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace
JOIN pg_catalog.pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
JOIN pg_catalog.pg_type y ON y.oid = a.atttypid
WHERE n.nspname = current_schema() AND t.relkind IN ('r', 'p')
ORDER BY t.relname, a.attnum`

func (postgresEngine) inspect(ctx context.Context, q bun.IConn) (map[string]*liveTable, error) {
	found := make(catalog)
	return found, each(ctx, q, postgresColumns, func(rows *sql.Rows) error {
		var table string
		var c liveColumn
		var at int
		if err := rows.Scan(&table, &c.name, &c.typ, &c.chars, &c.digits, &c.numbered, &at); err != nil {
			return err
		}
		found.add(table, &c, at)
		return nil
	})
}

func (postgresEngine) fit(k kind, v value, c *liveColumn) string {
	switch {
	case !v.set:
		return ""
	case k == kindInt:
		return fitInt(v, c.bits())
	case k == kindTime:
		return fitTime(v, c)
	case k != kindText && k != kindJSON:
		return ""
	case strings.IndexByte(v.s, 0) >= 0:
		return "it holds a NUL, which PostgreSQL's texts cannot"
	case !utf8.ValidString(v.s):
		return "it is not valid UTF-8"
	}
	return fitChars(v.s, c.chars)
}

// fitChars says why a text does not fit a number of characters.
func fitChars(s string, limit int64) string {
	if limit == 0 || int64(len(s)) <= limit {
		return ""
	}
	if n := int64(utf8.RuneCountInString(s)); n > limit {
		return fmt.Sprintf("it has %d characters, and the column holds %d", n, limit)
	}
	return ""
}
