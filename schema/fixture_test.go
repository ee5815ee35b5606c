package schema_test

import (
	"strings"
	"testing"
	"time"

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
