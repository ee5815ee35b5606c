package schema_test

import (
	"fmt"
	"regexp"
	"sort"
	"strings"
	"testing"
	"time"

	"ariga.io/atlas/sql/migrate"
	"ariga.io/atlas/sql/postgres"
	atlas "ariga.io/atlas/sql/schema"
	"ariga.io/atlas/sql/sqlite"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/schema"
)

// person has a column of every type, nullability and way to compare.
type person struct {
	bun.BaseModel `bun:"table:people"`

	ID       int64     `bun:"id,pk,autoincrement,type:bigint"`
	Code     string    `bun:"code,notnull,type:varchar(20)" chameleon:"exact"`
	Token    string    `bun:"token,notnull,type:varchar(40)" chameleon:"bytes"`
	Nickname string    `bun:"nickname,nullzero,type:varchar(100)"`
	Bio      string    `bun:"bio,nullzero,type:text"`
	Active   bool      `bun:"active,notnull,default:true,type:boolean"`
	Score    int64     `bun:"score,notnull,default:-1,type:integer"`
	Rank     int16     `bun:"rank,notnull,default:0,type:smallint"`
	Ratio    float64   `bun:"ratio,notnull,default:1.5,type:double precision"`
	Status   string    `bun:"status,notnull,default:'it''s new',type:varchar(20)"`
	Seen     time.Time `bun:"seen,nullzero,type:timestamptz"`
	Born     time.Time `bun:"born,notnull,type:timestamptz"`
}

// Marks leaves born out, which not every version had.
func (*person) Marks() []string { return []string{"id", "code", "token"} }

func (*person) Indexes() []dialect.Index {
	return []dialect.Index{
		{Name: "people_code_unique", Columns: []string{"code"}, Unique: true},
		{Name: "people_token_unique", Columns: []string{"token"}, Unique: true},
		{Name: "people_status_seen_idx", Columns: []string{"status", "seen"}},
		{Name: "people_bornless_idx", Columns: []string{"nickname"}, Where: "seen IS NULL"},
	}
}

// order is named, and has columns that are named, by words that SQL reserves.
type order struct {
	bun.BaseModel `bun:"table:order"`

	ID       int64  `bun:"id,pk,autoincrement,type:bigint"`
	Key      string `bun:"key,notnull,type:varchar(50)" chameleon:"exact"`
	Interval string `bun:"interval,nullzero,type:varchar(50)"`
	Group    string `bun:"group,nullzero,type:varchar(50)"`
	Select   int64  `bun:"select,notnull,default:0,type:integer"`
	Drop     string `bun:"drop,nullzero,type:varchar(50)"`
}

func (*order) Indexes() []dialect.Index {
	return []dialect.Index{
		{Name: "order_key_unique", Columns: []string{"key"}, Unique: true},
		{Name: "index", Columns: []string{"interval", "group", "drop"}},
	}
}

// share has a primary key of two columns, neither numbered by the engine.
type share struct {
	bun.BaseModel `bun:"table:shares"`

	Owner  string `bun:"owner,pk,type:varchar(50)" chameleon:"exact"`
	Number int64  `bun:"number,pk,type:bigint"`
	Weight int64  `bun:"weight,notnull,default:0,type:bigint"`
}

func testModels() []any { return []any{(*person)(nil), (*order)(nil), (*share)(nil)} }

// push pushes the test models and returns what it changed.
func push(t testing.TB, db *bun.DB) []schema.Change {
	t.Helper()
	result, err := schema.Push(t.Context(), db, testModels()...)
	require.NoError(t, err)
	return result.Changes
}

// exec runs statements that must succeed, one by one.
func exec(t testing.TB, db *bun.DB, statements ...string) {
	t.Helper()
	for _, stmt := range statements {
		_, err := db.DB.ExecContext(t.Context(), stmt)
		require.NoError(t, err, stmt)
	}
}

// quoted rewrites a statement's double quotes into what the engine quotes names
// with.
func quoted(engine dialect.Engine, stmt string) string {
	if engine == dialect.MySQL || engine == dialect.MariaDB {
		return strings.ReplaceAll(stmt, `"`, "`")
	}
	return stmt
}

// snapshot describes every table of the database's current schema, a line for
// each column and index, sorted.
func snapshot(t testing.TB, db *bun.DB) []string {
	t.Helper()
	var lines []string
	switch dialect.Of(db).Engine {
	case dialect.PostgreSQL:
		lines = inspected(t, db, postgres.Open)
	case dialect.SQLite:
		lines = inspected(t, db, sqlite.Open)
	default:
		lines = shown(t, db)
	}
	sort.Strings(lines)
	return lines
}

// shown reads what MySQL and MariaDB show of each table.
func shown(t testing.TB, db *bun.DB) []string {
	t.Helper()
	var tables, lines []string
	require.NoError(t, db.NewRaw("SELECT TABLE_NAME FROM information_schema.TABLES"+
		" WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE = 'BASE TABLE'").Scan(t.Context(), &tables))
	counter := regexp.MustCompile(` AUTO_INCREMENT=\d+`)
	for _, table := range tables {
		var name, ddl string
		require.NoError(t, db.DB.QueryRowContext(t.Context(), "SHOW CREATE TABLE `"+table+"`").Scan(&name, &ddl))
		for line := range strings.Lines(ddl) {
			line = strings.TrimRight(strings.TrimSpace(line), ",")
			lines = append(lines, table+": "+counter.ReplaceAllString(line, ""))
		}
	}
	return lines
}

// inspected reads what atlas knows of each table.
func inspected(t testing.TB, db *bun.DB, open func(atlas.ExecQuerier) (migrate.Driver, error)) []string {
	t.Helper()
	drv, err := open(db.DB)
	require.NoError(t, err)
	live, err := drv.InspectSchema(t.Context(), "", nil)
	require.NoError(t, err)
	var lines []string
	for _, table := range live.Tables {
		lines = append(lines, describe(table)...)
	}
	return lines
}

func describe(table *atlas.Table) []string {
	lines := []string{"table " + table.Name + attrs(table.Attrs)}
	for _, c := range table.Columns {
		lines = append(lines, fmt.Sprintf("column %s.%s %s null=%v default=%v%s",
			table.Name, c.Name, c.Type.Raw, c.Type.Null, c.Default, attrs(c.Attrs)))
	}
	for _, idx := range append(table.Indexes, table.PrimaryKey) {
		if idx == nil {
			continue
		}
		line := fmt.Sprintf("index %s.%s unique=%v%s", table.Name, idx.Name, idx.Unique, attrs(idx.Attrs))
		for _, part := range idx.Parts {
			if part.C != nil {
				line += " " + part.C.Name
			}
			line += attrs(part.Attrs)
		}
		lines = append(lines, line)
	}
	return lines
}

// attrs describes what of an element's attributes a push could change.
func attrs(list []atlas.Attr) string {
	var b strings.Builder
	for _, a := range list {
		switch a := a.(type) {
		case *atlas.Collation:
			b.WriteString(" collate " + a.V)
		case *atlas.Check:
			b.WriteString(" check " + a.Expr)
		case *postgres.Identity:
			b.WriteString(" identity " + a.Generation)
		case *sqlite.AutoIncrement:
			b.WriteString(" autoincrement")
		case *postgres.IndexPredicate:
			b.WriteString(" where " + a.P)
		case *sqlite.IndexPredicate:
			b.WriteString(" where " + a.P)
		}
	}
	return b.String()
}
