package schema_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/schema"
)

// Tables of others under our names are all named, and nothing is written
// anywhere: filled or empty, views, other columns, other types.
func TestPushTouchesNothingOfOthers(t *testing.T) {
	enginetest.RunEmpty(t, func(t *testing.T, env *enginetest.Env) {
		exec(t, env.DB,
			`CREATE TABLE users (id integer NOT NULL PRIMARY KEY, email varchar(99) NOT NULL, name text)`,
			`INSERT INTO users (id, email) VALUES (1, 'ada@example.com')`,
			`CREATE TABLE orders (id integer NOT NULL PRIMARY KEY, total integer)`,
			`CREATE TABLE credits (id integer NOT NULL PRIMARY KEY, user_uuid integer NOT NULL, left_credits integer, total_credits varchar(9))`,
			`CREATE VIEW posts AS SELECT id FROM users`,
			`CREATE TABLE apikeys (id varchar(36) NOT NULL PRIMARY KEY, user_uuid varchar(36), `+quoted(env.Engine, `"key"`)+` varchar(99))`,
		)
		before := snapshot(t, env.DB)
		for range 2 {
			result, err := chameleon.Push(t.Context(), env.DB)
			require.Empty(t, result.Changes)
			var refused *schema.ForeignTablesError
			require.ErrorAs(t, err, &refused)
			require.ErrorIs(t, err, schema.ErrForeignTables)
			problems := make(map[string]string)
			for _, table := range refused.Tables {
				problems[table.Name] = table.Problem
			}
			require.Len(t, problems, 5, "%v", problems)
			require.Contains(t, problems["users"], "no column uuid, invite_code")
			require.Contains(t, problems["orders"], "order_no")
			require.Contains(t, problems["credits"], "user_uuid is of the type")
			require.Contains(t, problems["credits"], "total_credits is of the type")
			require.Contains(t, problems["posts"], "view")
			require.Contains(t, problems["apikeys"], "id is of the type")
			require.Contains(t, err.Error(), "search_path")
			require.Equal(t, before, snapshot(t, env.DB))
		}
		_, err := schema.Plan(t.Context(), env.DB, chameleon.Models()...)
		require.ErrorIs(t, err, schema.ErrForeignTables)
	})
}

// On PostgreSQL whatever bears the name stands in the way, and what another
// schema of the search_path holds does not.
func TestPushKnowsWhatIsNoTable(t *testing.T) {
	env := enginetest.NewEmpty(t, dialect.PostgreSQL)
	exec(t, env.DB,
		`CREATE SCHEMA later`, `CREATE TABLE later.credits (id uuid, theirs text)`,
		`DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET search_path = public, later', current_database()); END $$`,
		`CREATE SEQUENCE credits_lots`,
		`CREATE MATERIALIZED VIEW credits_holds AS SELECT 1 AS hold_seq`,
		`CREATE TABLE credits_trans (id integer, theirs text) PARTITION BY RANGE (id)`,
		`CREATE TYPE credits_budgets AS ENUM ('theirs')`)
	db := env.Open(t)
	_, err := schema.Push(t.Context(), db, credits.Models()...)
	var refused *schema.ForeignTablesError
	require.ErrorAs(t, err, &refused)
	require.Len(t, refused.Tables, 4)
	require.Contains(t, err.Error(), "of the kind type")
	require.Contains(t, err.Error(), "sequence")
	require.Contains(t, err.Error(), "materialized view")
	require.Equal(t, "credits_trans", refused.Tables[0].Name)

	exec(t, db, `DROP SEQUENCE credits_lots`, `DROP MATERIALIZED VIEW credits_holds`, `DROP TABLE credits_trans`, `DROP TYPE credits_budgets`)
	result, err := schema.Push(t.Context(), db, credits.Models()...)
	require.NoError(t, err)
	require.NotEmpty(t, result.Changes)
	var n int
	require.NoError(t, db.NewRaw(`SELECT count(*) FROM information_schema.columns WHERE table_schema = 'later'`).Scan(t.Context(), &n))
	require.Equal(t, 2, n, "theirs is as it was")
}

// The names of indexes are a schema's on PostgreSQL and a database's on SQLite: who has
// one of ours is told of before anything is written. MySQL's are their tables'.
func TestPushKnowsWhoHasANameOfAnIndex(t *testing.T) {
	enginetest.RunEmpty(t, func(t *testing.T, env *enginetest.Env) {
		exec(t, env.DB, `CREATE TABLE theirs (x integer)`,
			`CREATE INDEX credits_user_uuid_unique ON theirs (x)`, `CREATE INDEX credits_holds_due_idx ON theirs (x)`)
		before := snapshot(t, env.DB)
		for range 2 {
			result, err := schema.Push(t.Context(), env.DB, credits.Models()...)
			if dialect.Of(env.DB).IsMySQL() {
				require.NoError(t, err)
				continue
			}
			var refused *schema.ForeignTablesError
			require.ErrorAs(t, err, &refused)
			require.Empty(t, result.Changes)
			require.Equal(t, []schema.ForeignTable{
				{Name: "credits_holds_due_idx", Problem: "it is an index of the table theirs"},
				{Name: "credits_user_uuid_unique", Problem: "it is an index of the table theirs"},
			}, refused.Tables)
			_, err = schema.Plan(t.Context(), env.DB, credits.Models()...)
			require.ErrorIs(t, err, schema.ErrForeignTables)
			require.Equal(t, before, snapshot(t, env.DB))
		}
		exec(t, env.DB, `DROP TABLE theirs`)
		_, err := schema.Push(t.Context(), env.DB, credits.Models()...)
		require.NoError(t, err)
	})
}

// A team whose names collide with ours lives beside us: in a database of its own
// on the same server, which MySQL's statements reach from one connection.
func TestPushBesideATeamOnMySQL(t *testing.T) {
	for _, engine := range []dialect.Engine{dialect.MySQL, dialect.MariaDB} {
		t.Run(string(engine), func(t *testing.T) {
			t.Parallel()
			theirs, ours := enginetest.NewEmpty(t, engine), enginetest.NewEmpty(t, engine)
			exec(t, theirs.DB, `CREATE TABLE users (id integer NOT NULL PRIMARY KEY, name text)`)
			before := snapshot(t, theirs.DB)
			_, err := chameleon.Push(t.Context(), theirs.DB)
			require.ErrorIs(t, err, schema.ErrForeignTables)
			_, err = chameleon.Push(t.Context(), ours.DB)
			require.NoError(t, err)
			require.Equal(t, before, snapshot(t, theirs.DB))
		})
	}
}
