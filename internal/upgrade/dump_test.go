package upgrade

import (
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/schema"
)

// separator ends a statement in a fixture. No value holds it.
const separator = ";\n--\n"

// dump writes a database as SQL: the statements that its push ran, then a row
// of each table an INSERT.
func dump(t *testing.T, db *bun.DB, pushed *schema.Result) string {
	t.Helper()
	var statements []string
	for _, c := range pushed.Changes {
		statements = append(statements, c.Statement)
	}
	for _, c := range pushed.Changes {
		if c.Kind == schema.AddTable {
			statements = append(statements, rowsOf(t, db, c.Table)...)
		}
	}
	return strings.Join(statements, separator) + separator
}

func rowsOf(t *testing.T, db *bun.DB, table string) []string {
	t.Helper()
	rows, err := db.DB.QueryContext(t.Context(), "SELECT * FROM "+table+" ORDER BY 1, 2")
	require.NoError(t, err)
	defer func() { require.NoError(t, rows.Close()) }()
	columns, err := rows.Columns()
	require.NoError(t, err)
	quote := `"`
	if dialect.Of(db).IsMySQL() {
		quote = "`"
	}
	names := quote + strings.Join(columns, quote+", "+quote) + quote
	var statements []string
	for rows.Next() {
		values := make([]any, len(columns))
		targets := make([]any, len(columns))
		for i := range values {
			targets[i] = &values[i]
		}
		require.NoError(t, rows.Scan(targets...))
		texts := make([]string, len(values))
		for i, v := range values {
			texts[i] = literal(t, dialect.Of(db).Engine, v)
		}
		statements = append(statements, fmt.Sprintf("INSERT INTO %s (%s) VALUES (%s)",
			table, names, strings.Join(texts, ", ")))
	}
	require.NoError(t, rows.Err())
	if dialect.Of(db).Engine == dialect.PostgreSQL && len(statements) > 0 && columns[0] == "id" {
		statements = append(statements, fmt.Sprintf(
			"SELECT setval(pg_get_serial_sequence('%s', 'id'), (SELECT MAX(id) FROM %s))", table, table))
	}
	return statements
}

// literal writes a value as the engine reads it.
func literal(t *testing.T, engine dialect.Engine, value any) string {
	t.Helper()
	switch v := value.(type) {
	case nil:
		return "NULL"
	case int64, float64:
		return fmt.Sprint(v)
	case bool:
		return fmt.Sprint(v)
	case time.Time:
		text := v.UTC().Format("2006-01-02 15:04:05.999999")
		if engine == dialect.PostgreSQL || engine == dialect.SQLite {
			text += "+00:00"
		}
		return "'" + text + "'"
	case []byte:
		if !utf8.Valid(v) {
			require.NotEqual(t, dialect.PostgreSQL, engine)
			return "X'" + hex.EncodeToString(v) + "'"
		}
		return quoted(engine, string(v))
	case string:
		return quoted(engine, v)
	default:
		t.Fatalf("a column holds a %T", value)
		return ""
	}
}

func quoted(engine dialect.Engine, text string) string {
	if engine == dialect.MySQL || engine == dialect.MariaDB {
		text = strings.ReplaceAll(text, `\`, `\\`)
	}
	return "'" + strings.ReplaceAll(text, "'", "''") + "'"
}

// load runs a dump on an empty database.
func load(t *testing.T, db *bun.DB, text string) {
	t.Helper()
	for statement := range strings.SplitSeq(text, separator) {
		if strings.TrimSpace(statement) == "" {
			continue
		}
		_, err := db.DB.ExecContext(t.Context(), statement)
		require.NoError(t, err, statement)
	}
}
