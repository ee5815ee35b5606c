package schema_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/schema"
)

// An index that has the name of ours and does something else is not taken for
// it: the error has the statement that makes way, and then the push goes on.
func TestPushTakesNoOtherIndexForOurs(t *testing.T) {
	indexes := map[string]string{
		"not unique":       `CREATE INDEX people_code_unique ON people (code)`,
		"other columns":    `CREATE UNIQUE INDEX people_code_unique ON people (token)`,
		"condition":        `CREATE UNIQUE INDEX people_code_unique ON people (code) WHERE score > 0`,
		"expressions":      `CREATE UNIQUE INDEX people_code_unique ON people ((lower(code)))`,
		"not distinct":     `CREATE UNIQUE INDEX people_code_unique ON people (code) NULLS NOT DISTINCT`,
		"deferrable":       `ALTER TABLE people ADD CONSTRAINT people_code_unique UNIQUE (code) DEFERRABLE`,
		"collation":        `CREATE UNIQUE INDEX people_code_unique ON people (code COLLATE NOCASE)`,
		"parts":            `CREATE UNIQUE INDEX people_code_unique ON people (code(5))`,
		"but it is unique": `CREATE UNIQUE INDEX people_status_seen_idx ON people (status, seen)`,
	}
	of := map[dialect.Engine][]string{
		dialect.PostgreSQL: {"not unique", "other columns", "but it is unique", "condition", "expressions", "not distinct", "deferrable"},
		dialect.SQLite:     {"not unique", "other columns", "but it is unique", "condition", "expressions", "collation"},
		dialect.MySQL:      {"not unique", "other columns", "but it is unique", "expressions", "parts"},
		dialect.MariaDB:    {"not unique", "other columns", "but it is unique", "parts"},
	}
	enginetest.RunEmpty(t, func(t *testing.T, env *enginetest.Env) {
		push(t, env.DB)
		on := ""
		if dialect.Of(env.DB).IsMySQL() {
			on = " ON people"
		}
		for _, problem := range of[env.Engine] {
			name := "people_code_unique"
			if problem == "but it is unique" {
				name = "people_status_seen_idx"
			}
			exec(t, env.DB, "DROP INDEX "+name+on, indexes[problem])
			before := snapshot(t, env.DB)
			_, err := schema.Push(t.Context(), env.DB, testModels()...)
			var pushErr *schema.PushError
			require.ErrorAs(t, err, &pushErr, problem)
			require.Equal(t, name, pushErr.Index)
			require.Contains(t, pushErr.Remedy, name)
			switch problem {
			case "collation", "parts":
				require.Contains(t, err.Error(), "expressions, parts of values, or values by another collation")
			default:
				require.Contains(t, err.Error(), problem)
			}
			require.Equal(t, before, snapshot(t, env.DB))
			exec(t, env.DB, pushErr.Remedy)
			require.Len(t, push(t, env.DB), 1)
		}
	})
}

// A failed CREATE UNIQUE INDEX CONCURRENTLY leaves an index of its name that is
// invalid. A push makes it anew, unless the reason is still there.
func TestPushMendsAnInvalidIndex(t *testing.T) {
	env := enginetest.NewEmpty(t, dialect.PostgreSQL)
	push(t, env.DB)
	unfinished := func() {
		exec(t, env.DB, `DROP INDEX people_code_unique`,
			`INSERT INTO people (code, token, born) VALUES ('a', 'b', '2026-01-02'), ('a', 'c', '2026-01-02')`)
		_, err := env.DB.DB.ExecContext(t.Context(), `CREATE UNIQUE INDEX CONCURRENTLY people_code_unique ON people (code)`)
		require.Error(t, err)
	}
	unfinished()
	_, err := schema.Push(t.Context(), env.DB, testModels()...)
	require.ErrorIs(t, err, schema.ErrDuplicates)
	status, err := schema.Status(t.Context(), env.DB, testModels()...)
	require.NoError(t, err)
	require.Len(t, status.Invalid, 1)
	require.Equal(t, `DROP INDEX CONCURRENTLY "people_code_unique"`, status.Invalid[0].Remedy)
	require.Len(t, status.Duplicates, 1)

	exec(t, env.DB, `DELETE FROM people WHERE token = 'c'`)
	made := push(t, env.DB)
	require.Len(t, made, 1)
	require.Equal(t, `DROP INDEX "people_code_unique"`, made[0].Clears)
	require.Empty(t, push(t, env.DB))

	exec(t, env.DB, `DELETE FROM people`)
	unfinished()
	exec(t, env.DB, `DELETE FROM people WHERE token = 'c'`)
	online, err := schema.Options{LargeTable: 1}.Push(t.Context(), env.DB, testModels()...)
	require.NoError(t, err)
	require.Equal(t, `DROP INDEX CONCURRENTLY "people_code_unique"`, online.Changes[0].Clears)
	require.Empty(t, push(t, env.DB))

	// Under a name of its own it is no reason to do without ours, and none to touch it.
	exec(t, env.DB, `DROP INDEX people_code_unique`, `CREATE UNIQUE INDEX by_code ON people (code)`,
		`UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'by_code'::regclass`)
	made = push(t, env.DB)
	require.Len(t, made, 1)
	require.Empty(t, made[0].Clears)

	// Of other columns it is somebody else's.
	exec(t, env.DB, `DROP INDEX people_code_unique`, `CREATE UNIQUE INDEX people_code_unique ON people (nickname)`,
		`UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'people_code_unique'::regclass`)
	var pushErr *schema.PushError
	_, err = schema.Push(t.Context(), env.DB, testModels()...)
	require.ErrorAs(t, err, &pushErr)
	require.Equal(t, `DROP INDEX CONCURRENTLY "people_code_unique"`, pushErr.Remedy)
}

// TestStatusTellsOfFormerIndexes: what an earlier version's push made and no model declares
// any longer, and nothing that somebody else made.
func TestStatusTellsOfFormerIndexes(t *testing.T) {
	t.Parallel()
	enginetest.RunEmpty(t, func(t *testing.T, env *enginetest.Env) {
		_, err := schema.Push(t.Context(), env.DB, (*counted)(nil), (*reindexedBefore)(nil))
		require.NoError(t, err)
		exec(t, env.DB, "CREATE INDEX others_idx ON reindexed (b, a)")
		_, err = schema.Push(t.Context(), env.DB, (*counted)(nil), (*reindexed)(nil))
		require.NoError(t, err)
		status, err := schema.Status(t.Context(), env.DB, (*counted)(nil), (*reindexed)(nil))
		require.NoError(t, err)
		require.True(t, status.UpToDate)
		require.Len(t, status.Former, 1, status.Text())
		require.Equal(t, "reindexed", status.Former[0].Table)
		require.Equal(t, "reindexed_a_idx", status.Former[0].Index)
		require.Contains(t, status.Text(), "former index reindexed_a_idx on reindexed")
		of, err := schema.Status(t.Context(), env.DB, (*counted)(nil))
		require.NoError(t, err)
		require.Empty(t, of.Former, "nothing is said of tables that were not asked for")

		exec(t, env.DB, status.Former[0].Remedy)
		status, err = schema.Status(t.Context(), env.DB, (*counted)(nil), (*reindexed)(nil))
		require.NoError(t, err)
		require.Empty(t, status.Former)
		require.True(t, status.UpToDate)
	})
}

type reindexed struct {
	bun.BaseModel `bun:"table:reindexed"`

	ID int64 `bun:"id,pk,autoincrement,type:bigint"`
	A  int64 `bun:"a,notnull,default:0,type:bigint"`
	B  int64 `bun:"b,notnull,default:0,type:bigint"`
}

func (*reindexed) Marks() []string { return []string{"id", "a", "b"} }

func (*reindexed) Indexes() []dialect.Index {
	return []dialect.Index{{Name: "reindexed_b_idx", Columns: []string{"b"}}}
}

// reindexedBefore is reindexed as an earlier version had it.
type reindexedBefore struct {
	bun.BaseModel `bun:"table:reindexed"`
	reindexed
}

func (*reindexedBefore) Indexes() []dialect.Index {
	return []dialect.Index{{Name: "reindexed_b_idx", Columns: []string{"b"}}, {Name: "reindexed_a_idx", Columns: []string{"a"}}}
}
