package schema_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/schema"
)

func TestPushCreatesEverythingOnce(t *testing.T) {
	enginetest.RunEmpty(t, func(t *testing.T, env *enginetest.Env) {
		changes := push(t, env.DB)
		require.NotEmpty(t, changes)
		require.Empty(t, push(t, env.DB))
		for _, c := range changes {
			require.NotEmpty(t, c.Reverse, c.Statement)
		}

		born := time.Date(2026, 2, 3, 4, 5, 6, 789012000, time.UTC)
		_, err := env.DB.NewInsert().Model(&person{Code: "a", Token: "b", Ratio: 2.25, Active: true, Born: born}).Exec(t.Context())
		require.NoError(t, err)
		var got person
		require.NoError(t, env.DB.NewSelect().Model(&got).Scan(t.Context()))
		require.Equal(t, born, got.Born.UTC(), "microseconds")
		require.EqualValues(t, 1, got.ID)
		require.InDelta(t, 2.25, got.Ratio, 0)
		require.True(t, got.Active)
		require.True(t, got.Seen.IsZero())
	})
}

func TestPushUsesDefaults(t *testing.T) {
	enginetest.RunEmpty(t, func(t *testing.T, env *enginetest.Env) {
		push(t, env.DB)
		exec(t, env.DB, `INSERT INTO people (code, token, born) VALUES ('a', 'b', '2026-01-02 03:04:05')`)
		var got person
		require.NoError(t, env.DB.NewSelect().Model(&got).Scan(t.Context()))
		require.True(t, got.Active)
		require.EqualValues(t, -1, got.Score)
		require.EqualValues(t, 0, got.Rank)
		require.InDelta(t, 1.5, got.Ratio, 0)
		require.Equal(t, "it's new", got.Status)
	})
}

func TestPushComparesBytes(t *testing.T) {
	enginetest.RunEmpty(t, func(t *testing.T, env *enginetest.Env) {
		push(t, env.DB)
		insert := func(code, token string) error {
			_, err := env.DB.NewInsert().Model(&person{Code: code, Token: token, Born: time.Now()}).Exec(t.Context())
			return err
		}
		for _, code := range []string{"abc", "ABC", "ábc", "Abc", "a\u0301bc"} {
			require.NoError(t, insert(code, "t-"+code), code)
		}
		require.NoError(t, insert("x", "abc"))
		require.NoError(t, insert("y", "abc "), "bytes: a trailing blank counts")
		for _, again := range []error{insert("abc", "other"), insert("z", "abc")} {
			_, duplicate := dialect.UniqueIndex(again)
			require.True(t, duplicate, "%v", again)
		}
		n, err := env.DB.NewSelect().Model((*person)(nil)).Where("code = ?", "ABC").Count(t.Context())
		require.NoError(t, err)
		require.EqualValues(t, 1, n)
	})
}

func TestPushQuotesReservedWords(t *testing.T) {
	enginetest.RunEmpty(t, func(t *testing.T, env *enginetest.Env) {
		exec(t, env.DB, quoted(env.Engine, `CREATE TABLE "order" (id integer NOT NULL PRIMARY KEY, "key" varchar(50) NOT NULL)`))
		push(t, env.DB)
		row := order{ID: 7, Key: "k", Interval: "month", Group: "g", Drop: "d", Select: 3}
		_, err := env.DB.NewInsert().Model(&row).Exec(t.Context())
		require.NoError(t, err)
		var got order
		require.NoError(t, env.DB.NewSelect().Model(&got).Scan(t.Context()))
		require.Equal(t, row, got)
	})
}

func TestPushLeavesOthersAlone(t *testing.T) {
	enginetest.RunEmpty(t, func(t *testing.T, env *enginetest.Env) {
		exec(t, env.DB,
			`CREATE TABLE theirs (id integer NOT NULL PRIMARY KEY, code varchar(9) NOT NULL, n integer CHECK (n > 0))`,
			`CREATE UNIQUE INDEX theirs_code ON theirs (code)`,
			`CREATE VIEW their_view AS SELECT code FROM theirs`,
			// A table of ours, with types, columns and indexes of theirs.
			`CREATE TABLE shares (owner varchar(9) NOT NULL, number integer NOT NULL, weight varchar(7), color varchar(5) DEFAULT 'red', PRIMARY KEY (owner, number))`,
			`CREATE INDEX shares_color ON shares (color)`,
			`INSERT INTO shares (owner, number, weight) VALUES ('o', 1, 'heavy')`,
		)
		before := snapshot(t, env.DB)
		for _, c := range push(t, env.DB) {
			require.NotEqual(t, "shares", c.Table, "nothing of it is missing by name")
		}
		require.Subset(t, snapshot(t, env.DB), before)
		require.Empty(t, push(t, env.DB))
		var weight string
		require.NoError(t, env.DB.DB.QueryRowContext(t.Context(), "SELECT weight FROM shares").Scan(&weight))
		require.Equal(t, "heavy", weight)
	})
}

func TestPushKnowsNamesAsTheEngineDoes(t *testing.T) {
	enginetest.RunEmpty(t, func(t *testing.T, env *enginetest.Env) {
		exec(t, env.DB, quoted(env.Engine, `CREATE TABLE shares ("Owner" varchar(50) NOT NULL, "Number" bigint NOT NULL,`+
			` "Weight" bigint NOT NULL, "owner2" text, PRIMARY KEY ("Owner", "Number"))`))
		_, err := schema.Push(t.Context(), env.DB, testModels()...)
		if env.Engine != dialect.PostgreSQL {
			require.NoError(t, err)
			return
		}
		require.ErrorIs(t, err, schema.ErrForeignTables, "names in quotes have case: these are other columns")
		require.ErrorContains(t, err, "no column owner, number")
	})
}

func TestPushTakesAnEqualIndexForItsOwn(t *testing.T) {
	enginetest.RunEmpty(t, func(t *testing.T, env *enginetest.Env) {
		push(t, env.DB)
		drop := "DROP INDEX people_code_unique"
		if dialect.Of(env.DB).IsMySQL() {
			drop += " ON people"
		}
		exec(t, env.DB, drop, "CREATE UNIQUE INDEX by_code ON people (code)")
		require.Empty(t, push(t, env.DB))

		exec(t, env.DB, "CREATE INDEX by_token ON people (token)", "CREATE UNIQUE INDEX by_two ON people (status, seen)")
		drop = "DROP INDEX people_status_seen_idx"
		if dialect.Of(env.DB).IsMySQL() {
			drop += " ON people"
		}
		exec(t, env.DB, drop)
		changes := push(t, env.DB)
		require.Len(t, changes, 1, "a unique index is not the plain one that is missing")
		require.Equal(t, "people_status_seen_idx", changes[0].Index)
	})
}

func TestPushNamesTheIndexThatRowsViolate(t *testing.T) {
	enginetest.RunEmpty(t, func(t *testing.T, env *enginetest.Env) {
		push(t, env.DB)
		drop := "DROP INDEX people_code_unique"
		if dialect.Of(env.DB).IsMySQL() {
			drop += " ON people"
		}
		exec(t, env.DB, drop,
			`INSERT INTO people (code, token, born) VALUES ('s3cret', 'b', '2026-01-02'), ('s3cret', 'c', '2026-01-02')`)
		before := snapshot(t, env.DB)

		_, err := schema.Push(t.Context(), env.DB, testModels()...)
		var pushErr *schema.PushError
		require.ErrorAs(t, err, &pushErr)
		require.Equal(t, "people", pushErr.Table)
		require.Equal(t, "people_code_unique", pushErr.Index)
		require.Equal(t, []string{"code"}, pushErr.Columns)
		require.ErrorIs(t, err, dialect.ErrUnique)
		require.ErrorIs(t, err, schema.ErrDuplicates)
		var twins *schema.DuplicatesError
		require.ErrorAs(t, err, &twins)
		require.Len(t, twins.Duplicates, 1)
		require.EqualValues(t, 1, twins.Duplicates[0].Values)
		require.EqualValues(t, 2, twins.Duplicates[0].Rows)
		exec(t, env.DB, twins.Duplicates[0].Query)
		require.Contains(t, err.Error(), "people_code_unique")
		require.NotContains(t, err.Error(), "s3cret")
		require.Equal(t, before, snapshot(t, env.DB))

		exec(t, env.DB, `DELETE FROM people WHERE token = 'c'`)
		require.Len(t, push(t, env.DB), 1)
	})
}

func TestPushDoesNotMakeUpValues(t *testing.T) {
	enginetest.RunEmpty(t, func(t *testing.T, env *enginetest.Env) {
		exec(t, env.DB,
			`CREATE TABLE people (id integer NOT NULL PRIMARY KEY, code varchar(20), token varchar(40))`,
			`INSERT INTO people (id, code, token) VALUES (1, 'a', 'b')`,
		)
		before := snapshot(t, env.DB)
		result, err := schema.Push(t.Context(), env.DB, testModels()...)
		var pushErr *schema.PushError
		require.ErrorAs(t, err, &pushErr)
		require.Equal(t, []string{"born"}, pushErr.Columns)
		require.Contains(t, err.Error(), "column born cannot be added")
		require.Empty(t, result.Changes)
		require.Equal(t, before, snapshot(t, env.DB), "nothing was begun")

		exec(t, env.DB, `DELETE FROM people`)
		require.NotEmpty(t, push(t, env.DB), "an empty table takes the column")
		require.Empty(t, push(t, env.DB))
		_, err = env.DB.DB.ExecContext(t.Context(), `INSERT INTO people (id, code, token) VALUES (2, 'a', 'b')`)
		require.Error(t, err, "and the column does not take NULL, or a value of the engine's choice")
	})
}

func TestPushSaysWhatItCannotRead(t *testing.T) {
	enginetest.RunEmpty(t, func(t *testing.T, env *enginetest.Env) {
		db := env.Open(t)
		require.NoError(t, db.Close())
		_, err := schema.Push(t.Context(), db, testModels()...)
		require.ErrorIs(t, err, dialect.ErrClosed)
	})
}

// Every model that Push could not treat the same on each engine is refused.
func TestReadRefusesModels(t *testing.T) {
	type untyped struct {
		ID int64 `bun:"id,pk,autoincrement,type:bigint"`
		N  int64
	}
	type unknownType struct {
		Name string `bun:"name,type:jsonb"`
	}
	type unsized struct {
		Name string `bun:"name,type:varchar"`
	}
	type moving struct {
		At time.Time `bun:"at,type:timestamptz,default:current_timestamp"`
	}
	type textDefault struct {
		Name string `bun:"name,type:text,default:'x'"`
	}
	type badTag struct {
		Name string `bun:"name,type:varchar(9)" chameleon:"exakt"`
	}
	type exactNumber struct {
		N int64 `bun:"n,type:bigint" chameleon:"exact"`
	}
	cases := map[string]any{
		"no type":           (*untyped)(nil),
		"jsonb":             (*unknownType)(nil),
		"needs a length":    (*unsized)(nil),
		"not a constant":    (*moving)(nil),
		"default on a text": (*textDefault)(nil),
		"exakt":             (*badTag)(nil),
		"on a bigint":       (*exactNumber)(nil),
		"has no column":     (*wrongIndex)(nil),
		"with a condition":  (*partialUnique)(nil),
		"<nil>":             nil,
		"schema_test.share": share{},
	}
	enginetest.RunEmpty(t, func(t *testing.T, env *enginetest.Env) {
		_, err := schema.Push(t.Context(), env.DB, (*share)(nil), (*otherShare)(nil))
		require.ErrorContains(t, err, "two models")
		for problem, model := range cases {
			_, err := schema.Push(t.Context(), env.DB, model)
			require.ErrorContains(t, err, problem)
			require.ErrorIs(t, err, dialect.ErrInvalid)
		}
		require.Empty(t, snapshot(t, env.DB))
	})
}

// otherShare is another model of share's table.
type otherShare struct {
	bun.BaseModel `bun:"table:shares"`

	Owner string `bun:"owner,pk,type:varchar(50)"`
}

type wrongIndex struct {
	bun.BaseModel `bun:"table:wrong"`

	N int64 `bun:"n,type:bigint"`
}

func (*wrongIndex) Indexes() []dialect.Index {
	return []dialect.Index{{Name: "wrong_m", Columns: []string{"m"}}}
}

type partialUnique struct {
	bun.BaseModel `bun:"table:partly"`

	N int64 `bun:"n,type:bigint"`
}

func (*partialUnique) Indexes() []dialect.Index {
	return []dialect.Index{{Name: "partly_n", Columns: []string{"n"}, Unique: true, Where: "n > 0"}}
}
