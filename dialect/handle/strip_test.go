package handle_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/dialect/handle"
)

func TestStripLiterals(t *testing.T) {
	for _, c := range []struct {
		engine      dialect.Engine
		query, want string
	}{
		{dialect.PostgreSQL, `SELECT "u"."id" FROM "users" AS "u" WHERE (email = 'a''b@c') LIMIT 10`, `SELECT "u"."id" FROM "users" AS "u" WHERE (email = ?) LIMIT ?`},
		{dialect.PostgreSQL, `SELECT E'it\'s', 'back\', x, $1, t1.c2`, `SELECT ?, ?, x, $?, t1.c2`},
		{dialect.PostgreSQL, `SELECT $$body 'x'$$, $tag$secret$tag$, 1.5e10, .5, X'ff', b'01'`, `SELECT ?, ?, ?, ?, ?, ?`},
		{dialect.PostgreSQL, "SELECT 1 -- password=x\n+ 2 /* secret */ + 3", "SELECT ?  + ?   + ?"},
		{dialect.MySQL, "INSERT INTO `k` (`v`) VALUES ('it\\'s', \"dq\", 0xFF, _utf8mb4'x') # secret", "INSERT INTO `k` (`v`) VALUES (?, ?, ?, ?)  "},
		{dialect.MariaDB, `UPDATE t SET a = 'x\\', b = 'y'`, `UPDATE t SET a = ?, b = ?`},
		{dialect.SQLite, `SELECT 'a\', "b", x'00'`, `SELECT ?, "b", ?`},
		{dialect.SQLite, `SELECT 'never closed`, `SELECT ?`},
		{dialect.SQLite, ``, ``},
		{dialect.PostgreSQL, `SELECT -5, a-1, "naïve", été FROM "t$1"`, `SELECT -?, a-?, "naïve", été FROM "t$1"`},
	} {
		assert.Equal(t, c.want, handle.StripLiterals(c.engine, c.query, 1000), c.query)
	}
	assert.Len(t, handle.StripLiterals(dialect.SQLite, strings.Repeat("a,", 500), 100), 100)
}

// FuzzStripLiterals: whatever stands around a string literal, its text does
// not come out, nor half a character.
func FuzzStripLiterals(f *testing.F) {
	f.Add("SELECT ", "hunter2hunter2", " FROM t")
	f.Add("INSERT INTO t VALUES (1, ", "it's \\ 'hunter2hunter2", ")")
	f.Fuzz(func(t *testing.T, before, value, after string) {
		const secret = "hunter2hunter2"
		if strings.ContainsAny(before, `'"`+"`$/-#[") || strings.HasSuffix(strings.ToLower(before), "e") {
			return // a quote or comment that is open already
		}
		value += secret
		quoted := "'" + strings.ReplaceAll(value, "'", "''") + "'"
		backslashed := "'" + strings.ReplaceAll(strings.ReplaceAll(value, `\`, `\\`), "'", "''") + "'"
		for engine, literal := range map[dialect.Engine]string{
			dialect.PostgreSQL: quoted, dialect.SQLite: quoted, dialect.MySQL: backslashed, dialect.MariaDB: backslashed,
		} {
			out := handle.StripLiterals(engine, before+literal+after, 1<<20)
			if strings.Contains(out, secret) && !strings.Contains(before+after, secret) {
				t.Fatalf("%s: %q", engine, out)
			}
			if !utf8.ValidString(out) {
				t.Fatalf("%s: not UTF-8: %q", engine, out)
			}
		}
	})
}
