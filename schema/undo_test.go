package schema_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/schema"
)

// Undo takes back one push at a time, the last one first, and leaves no trace.
func TestUndoReversesTheLastPush(t *testing.T) {
	enginetest.RunEmpty(t, func(t *testing.T, env *enginetest.Env) {
		nothing := snapshot(t, env.DB)
		_, err := schema.Undo(t.Context(), env.DB, schema.UndoParams{})
		require.ErrorIs(t, err, schema.ErrNothingPushed)

		_, err = schema.Push(t.Context(), env.DB, (*share)(nil))
		require.NoError(t, err)
		first := snapshot(t, env.DB)
		push(t, env.DB)
		status, err := schema.Status(t.Context(), env.DB, testModels()...)
		require.NoError(t, err)
		require.Len(t, status.Pushes, 2)
		require.EqualValues(t, 2, status.Pushes[0].ID)
		require.NotEmpty(t, status.Pushes[0].Version)
		require.WithinDuration(t, time.Now(), status.Pushes[0].EndedAt, time.Hour)

		dry, err := schema.Undo(t.Context(), env.DB, schema.UndoParams{DryRun: true})
		require.NoError(t, err)
		undone, err := schema.Undo(t.Context(), env.DB, schema.UndoParams{})
		require.NoError(t, err)
		require.Equal(t, dry.Statements, undone.Statements)
		require.EqualValues(t, 2, undone.Push.ID)
		require.Equal(t, first, snapshot(t, env.DB))

		undone, err = schema.Undo(t.Context(), env.DB, schema.UndoParams{})
		require.NoError(t, err)
		require.EqualValues(t, 1, undone.Push.ID)
		require.Equal(t, nothing, snapshot(t, env.DB))
		_, err = schema.Undo(t.Context(), env.DB, schema.UndoParams{})
		require.ErrorIs(t, err, schema.ErrNothingPushed)
	})
}

// Rows of tables and values of columns are counted, and dropped only when asked.
func TestUndoLosesNothingUnasked(t *testing.T) {
	enginetest.RunEmpty(t, func(t *testing.T, env *enginetest.Env) {
		partly(t, env.DB)
		before := snapshot(t, env.DB)
		push(t, env.DB)
		after := snapshot(t, env.DB)
		exec(t, env.DB, `UPDATE shares SET weight = 3 WHERE number = 2`,
			`INSERT INTO people (code, token, born) VALUES ('a', 'b', '2026-01-02 03:04:05'), ('c', 'd', '2026-01-02 03:04:05')`)
		_, err := schema.Undo(t.Context(), env.DB, schema.UndoParams{})
		require.ErrorIs(t, err, schema.ErrLoss)
		var loss *schema.LossError
		require.ErrorAs(t, err, &loss)
		require.ElementsMatch(t, []schema.Loss{{Table: "people", Rows: 2}, {Table: "shares", Column: "weight", Rows: 1}}, loss.Lost)
		require.EqualValues(t, 2, loss.Rows())
		require.EqualValues(t, 1, loss.Values())
		require.Contains(t, err.Error(), "2 rows and 1 values")
		require.Equal(t, after, snapshot(t, env.DB))

		undone, err := schema.Undo(t.Context(), env.DB, schema.UndoParams{Force: true})
		require.NoError(t, err)
		require.ElementsMatch(t, loss.Lost, undone.Lost)
		require.Equal(t, before, snapshot(t, env.DB))
		var rows int
		require.NoError(t, env.DB.NewRaw("SELECT COUNT(*) FROM shares").Scan(t.Context(), &rows))
		require.Equal(t, 2, rows)
	})
}

// What others attached is named, and nothing is dropped, also by force.
func TestUndoRefusesWhatOthersAttached(t *testing.T) {
	all := []dialect.Engine{dialect.PostgreSQL, dialect.MySQL, dialect.MariaDB, dialect.SQLite}
	servers := all[:3]
	cases := []struct {
		name, make, drop string
		on               []dialect.Engine
	}{
		{"their_note", `ALTER TABLE people ADD COLUMN their_note integer`, `ALTER TABLE people DROP COLUMN their_note`, all},
		{"their_index", `CREATE INDEX their_index ON people (score)`, `DROP INDEX their_index`, all},
		{"their_index", `CREATE INDEX their_index ON shares (weight)`, `DROP INDEX their_index`, all},
		{"their_view", `CREATE VIEW their_view AS SELECT code FROM people`, `DROP VIEW their_view`, all},
		{"their_view", `CREATE VIEW their_view AS SELECT weight FROM shares`, `DROP VIEW their_view`, all},
		{
			"their_table", `CREATE TABLE their_table (person bigint, CONSTRAINT their_key FOREIGN KEY (person) REFERENCES people (id))`,
			`DROP TABLE their_table`, all,
		},
		{
			"their_check", `ALTER TABLE people ADD CONSTRAINT their_check CHECK (score < 10)`,
			`ALTER TABLE people DROP CONSTRAINT their_check`, servers,
		},
		{
			"their_double", `ALTER TABLE shares ADD COLUMN their_double bigint GENERATED ALWAYS AS (weight * 2) STORED`,
			`ALTER TABLE shares DROP COLUMN their_double`, servers,
		},
		{
			"their_trigger", `CREATE TRIGGER their_trigger BEFORE INSERT ON people BEGIN SELECT 1; END`, `DROP TRIGGER their_trigger`,
			[]dialect.Engine{dialect.SQLite},
		},
		{
			"their_trigger", `CREATE TRIGGER their_trigger BEFORE INSERT ON people FOR EACH ROW SET NEW.score = 1`, `DROP TRIGGER their_trigger`,
			[]dialect.Engine{dialect.MySQL, dialect.MariaDB},
		},
		{
			"their_trigger", `CREATE TRIGGER their_trigger BEFORE UPDATE ON people FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()`,
			`DROP TRIGGER their_trigger ON people`,
			[]dialect.Engine{dialect.PostgreSQL},
		},
		{
			"their_matview", `CREATE MATERIALIZED VIEW their_matview AS SELECT code FROM people`, `DROP MATERIALIZED VIEW their_matview`,
			[]dialect.Engine{dialect.PostgreSQL},
		},
		{"their_child", `CREATE TABLE their_child () INHERITS (people)`, `DROP TABLE their_child`, []dialect.Engine{dialect.PostgreSQL}},
		{"their_policy", `CREATE POLICY their_policy ON people`, `DROP POLICY their_policy ON people`, []dialect.Engine{dialect.PostgreSQL}},
	}
	enginetest.RunEmpty(t, func(t *testing.T, env *enginetest.Env) {
		partly(t, env.DB)
		before := snapshot(t, env.DB)
		push(t, env.DB)
		for _, c := range cases {
			if !slices.Contains(c.on, env.Engine) {
				continue
			}
			drop := c.drop
			if dialect.Of(env.DB).IsMySQL() && strings.HasPrefix(drop, "DROP INDEX") {
				table := strings.Fields(c.make)[4]
				drop += " ON " + table
			}
			exec(t, env.DB, c.make)
			with := snapshot(t, env.DB)
			for _, force := range []bool{false, true} {
				result, err := schema.Undo(t.Context(), env.DB, schema.UndoParams{Force: force})
				require.ErrorIs(t, err, schema.ErrDependents, c.make)
				require.Contains(t, err.Error(), c.name)
				require.Empty(t, result.Statements)
			}
			require.Equal(t, with, snapshot(t, env.DB), c.make)
			exec(t, env.DB, drop)
		}
		_, err := schema.Undo(t.Context(), env.DB, schema.UndoParams{})
		require.NoError(t, err)
		require.Equal(t, before, snapshot(t, env.DB))
	})
}

// An undo that dies is gone on with by the next one, on engines that cannot roll back.
func TestUndoGoesOnFromAnyCut(t *testing.T) {
	enginetest.RunEmpty(t, func(t *testing.T, env *enginetest.Env) {
		partly(t, env.DB)
		before := snapshot(t, env.DB)
		planned, err := schema.Plan(t.Context(), env.DB, cutModels()...)
		require.NoError(t, err)
		for cut := range 2 * len(planned.Changes) {
			_, err := schema.Push(t.Context(), env.DB, cutModels()...)
			require.NoError(t, err)
			dies := schema.UndoParams{}.WithCuts(func(change int, after bool) error {
				if change == cut/2 && after == (cut%2 == 1) {
					panic("the process dies")
				}
				return nil
			})
			require.Panics(t, func() { _, _ = schema.Undo(t.Context(), env.DB, dies) })
			if cut == 2 { // changed their mind
				_, err = schema.Push(t.Context(), env.DB, cutModels()...)
				require.NoError(t, err)
				planned, err := schema.Plan(t.Context(), env.DB, cutModels()...)
				require.NoError(t, err)
				require.True(t, planned.UpToDate())
			}
			_, err = schema.Undo(t.Context(), env.DB, schema.UndoParams{})
			require.NoError(t, err, "cut %d", cut)
			require.Equal(t, before, snapshot(t, env.DB), "cut %d", cut)
		}
	})
}

// A push and its undo are part of a caller's transaction where DDL is.
func TestPushAndUndoInACallersTransaction(t *testing.T) {
	enginetest.RunEmpty(t, func(t *testing.T, env *enginetest.Env) {
		partly(t, env.DB)
		before := snapshot(t, env.DB)
		tx, err := env.DB.BeginTx(t.Context(), nil)
		require.NoError(t, err)
		defer func() { _ = tx.Rollback() }()
		made, err := schema.Push(t.Context(), tx, cutModels()...)
		if dialect.Of(env.DB).IsMySQL() {
			require.ErrorIs(t, err, dialect.ErrInvalid)
			require.Equal(t, before, snapshot(t, env.DB))
			return
		}
		require.NoError(t, err)
		require.NotEmpty(t, made.Changes)
		_, err = schema.Undo(t.Context(), tx, schema.UndoParams{})
		require.NoError(t, err)
		_, err = schema.Undo(t.Context(), tx, schema.UndoParams{})
		require.ErrorIs(t, err, schema.ErrNothingPushed)
		_, err = schema.Push(t.Context(), tx, cutModels()...)
		require.NoError(t, err, "a refusal leaves the transaction usable")
		require.NoError(t, tx.Rollback())
		require.Equal(t, before, snapshot(t, env.DB))

		tx, err = env.DB.BeginTx(t.Context(), nil)
		require.NoError(t, err)
		defer func() { _ = tx.Rollback() }()
		_, err = tx.Tx.ExecContext(t.Context(), `INSERT INTO shares (owner, number) VALUES ('p', 1)`)
		require.NoError(t, err)
		_, err = schema.Push(t.Context(), tx, cutModels()...)
		require.ErrorIs(t, err, schema.ErrDuplicates)
		require.NoError(t, tx.Commit(), "and writes nothing of the push")
		var rows int
		require.NoError(t, env.DB.NewRaw("SELECT COUNT(*) FROM shares").Scan(t.Context(), &rows))
		require.Equal(t, 3, rows)
	})
}
