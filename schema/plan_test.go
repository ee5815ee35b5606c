package schema_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/schema"
)

// A plan is what the next push does, and changes nothing by itself.
func TestPlanIsWhatPushDoes(t *testing.T) {
	enginetest.RunEmpty(t, func(t *testing.T, env *enginetest.Env) {
		exec(t, env.DB, `CREATE TABLE shares (owner varchar(50) NOT NULL, number bigint NOT NULL, PRIMARY KEY (owner, number))`)
		before := snapshot(t, env.DB)
		planned, err := schema.Plan(t.Context(), env.DB, testModels()...)
		require.NoError(t, err)
		require.Equal(t, before, snapshot(t, env.DB))
		require.Len(t, planned.Record, 1)
		require.Equal(t, planned.Changes, push(t, env.DB))

		planned, err = schema.Plan(t.Context(), env.DB, testModels()...)
		require.NoError(t, err)
		require.True(t, planned.UpToDate())
		require.Empty(t, planned.Changes)
		require.Empty(t, planned.SQL())
	})
}

// Whoever runs the plan's script by a tool of their own has what a push makes, and the
// inverse script takes it back.
func TestScriptsEqualPushes(t *testing.T) {
	enginetest.RunEmpty(t, func(t *testing.T, env *enginetest.Env) {
		partly(t, env.DB)
		before := snapshot(t, env.DB)
		careful := schema.Options{LargeTable: 1}
		planned, err := careful.Plan(t.Context(), env.DB, cutModels()...)
		require.NoError(t, err)
		require.Equal(t, env.Engine == dialect.PostgreSQL, strings.Contains(planned.SQL(), "INDEX CONCURRENTLY"))

		execScript(t, env.DB, planned.SQL())
		again, err := schema.Plan(t.Context(), env.DB, cutModels()...)
		require.NoError(t, err)
		require.True(t, again.UpToDate(), again.Text())
		scripted := snapshot(t, env.DB)
		execScript(t, env.DB, planned.InverseSQL())
		require.Equal(t, before, snapshot(t, env.DB))

		_, err = careful.Push(t.Context(), env.DB, cutModels()...)
		require.NoError(t, err)
		exec(t, env.DB, "DROP TABLE "+schema.RecordTable)
		require.Equal(t, scripted, snapshot(t, env.DB))
	})
}

// execScript runs a script line by line on one session, as a client without any notion of
// the module does.
func execScript(t *testing.T, db *bun.DB, script string) {
	t.Helper()
	conn, err := db.DB.Conn(t.Context())
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close()) }()
	for line := range strings.Lines(script) {
		_, err := conn.ExecContext(t.Context(), strings.TrimSuffix(line, ";\n"))
		require.NoError(t, err, line)
	}
}

// A plan lists what it leaves alone, and says it in JSON and in words.
func TestPlanSaysWhatItLeavesAlone(t *testing.T) {
	enginetest.RunEmpty(t, func(t *testing.T, env *enginetest.Env) {
		push(t, env.DB)
		exec(t, env.DB, `DROP TABLE shares`,
			`CREATE TABLE shares (owner varchar(50) NOT NULL, number integer NOT NULL, weight varchar(9), theirs text, PRIMARY KEY (owner, number))`,
			`CREATE INDEX their_index ON shares (weight)`,
			quoted(env.Engine, `CREATE TABLE "odd ""; name" (id integer)`),
			`CREATE VIEW their_view AS SELECT owner FROM shares`)
		planned, err := schema.Plan(t.Context(), env.DB, testModels()...)
		require.NoError(t, err)
		require.True(t, planned.UpToDate())
		require.Equal(t, len(planned.Left), planned.LeftInAll)
		reasons := make(map[string]string)
		for _, l := range planned.Left {
			reasons[strings.Trim(l.Table+"."+l.Column+"."+l.Index, ".")] = l.Reason
		}
		if env.Engine == dialect.SQLite {
			delete(reasons, "shares.weight") // types mean little there
		} else {
			require.Contains(t, reasons["shares.weight"], "a push changes no column")
			delete(reasons, "shares.weight")
		}
		require.Equal(t, map[string]string{
			"shares.theirs":       "no model names the column",
			"shares..their_index": "no model names the index",
			"their_view":          "no model names the view",
			oddName(env.Engine):   "no model names the table",
		}, reasons)
		text, err := json.Marshal(planned)
		require.NoError(t, err)
		require.Contains(t, string(text), `"reason":"no model names the view"`)
		require.Contains(t, planned.Text(), "left alone: shares index their_index: no model names the index")
	})
}

// oddName is what `"odd ""; name"` names once its quotes are an engine's.
func oddName(engine dialect.Engine) string {
	if engine == dialect.MySQL || engine == dialect.MariaDB {
		return "odd `; name"
	}
	return `odd "; name`
}

// Nothing is written by a plan or a status: they work where nothing can be.
func TestPlanInAReadOnlyTransaction(t *testing.T) {
	enginetest.RunEmpty(t, func(t *testing.T, env *enginetest.Env) {
		partly(t, env.DB)
		begin := map[dialect.Engine][]string{
			dialect.SQLite:     {"PRAGMA query_only = on"},
			dialect.PostgreSQL: {"SET TRANSACTION READ ONLY"},
			dialect.MySQL:      {"SET SESSION TRANSACTION READ ONLY", "START TRANSACTION"},
			dialect.MariaDB:    {"SET SESSION TRANSACTION READ ONLY", "START TRANSACTION"},
		}
		conn, err := env.Open(t).Conn(t.Context())
		require.NoError(t, err)
		defer func() { require.NoError(t, conn.Close()) }()
		if env.Engine == dialect.PostgreSQL {
			exec2(t, conn, "BEGIN")
		}
		exec2(t, conn, begin[env.Engine]...)
		planned, err := schema.Plan(t.Context(), conn, cutModels()...)
		require.NoError(t, err)
		require.NotEmpty(t, planned.Changes)
		status, err := schema.Status(t.Context(), conn, cutModels()...)
		require.NoError(t, err)
		require.Equal(t, planned.Changes, status.Pending)
		_, err = conn.Conn.ExecContext(t.Context(), "CREATE TABLE no_such (id integer)")
		require.Error(t, err, "the session was read-only")
	})
}

func exec2(t *testing.T, conn bun.Conn, statements ...string) {
	t.Helper()
	for _, statement := range statements {
		_, err := conn.Conn.ExecContext(t.Context(), statement)
		require.NoError(t, err, statement)
	}
}

// A model that several packages bring is pushed once.
func TestAModelNamedTwiceCountsOnce(t *testing.T) {
	enginetest.RunEmpty(t, func(t *testing.T, env *enginetest.Env) {
		result, err := schema.Push(t.Context(), env.DB, (*share)(nil), (*order)(nil), &share{})
		require.NoError(t, err)
		require.Equal(t, "shares", result.Changes[0].Table)
		tables := 0
		for _, c := range result.Changes {
			if c.Kind == schema.AddTable {
				tables++
			}
		}
		require.Equal(t, 2, tables)
	})
}

// A team's own table of the name of ours of pushes is left alone, and named.
func TestPushLeavesATeamsRecordTableAlone(t *testing.T) {
	enginetest.RunEmpty(t, func(t *testing.T, env *enginetest.Env) {
		exec(t, env.DB, "CREATE TABLE "+schema.RecordTable+" (id integer, theirs text)")
		before := snapshot(t, env.DB)
		_, err := schema.Push(t.Context(), env.DB, testModels()...)
		require.ErrorIs(t, err, schema.ErrForeignTables)
		require.Contains(t, err.Error(), schema.RecordTable)
		_, err = schema.Undo(t.Context(), env.DB, schema.UndoParams{Force: true})
		require.ErrorIs(t, err, schema.ErrForeignTables)
		require.Equal(t, before, snapshot(t, env.DB))
		status, err := schema.Status(t.Context(), env.DB, testModels()...)
		require.NoError(t, err)
		require.Contains(t, status.Problem, schema.RecordTable)
	})
}
