package schema_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/schema"
)

// Whatever hangs on our tables and stands beside them stays as it is, through a push and
// its undo: views, triggers, generated columns, partitions, foreign keys, odd names, tables
// of our names in other schemas.
func TestPushAmongForeignObjects(t *testing.T) {
	theirs := []string{
		`CREATE TABLE shares (owner varchar(50) NOT NULL, number bigint NOT NULL, twice bigint GENERATED ALWAYS AS (number * 2) STORED,` +
			` PRIMARY KEY (owner, number))`,
		`INSERT INTO shares (owner, number) VALUES ('o', 1), ('o', 2)`,
		`CREATE VIEW people_of_shares AS SELECT owner, twice FROM shares`,
		`CREATE TABLE "Odd ""; DROP TABLE shares; --" (" id" integer, "select" integer)`,
		`CREATE INDEX "an ""odd"" index" ON shares (owner, number)`,
		`CREATE TABLE their_rows (owner varchar(50), number bigint, FOREIGN KEY (owner, number) REFERENCES shares (owner, number))`,
	}
	of := map[dialect.Engine][]string{
		dialect.PostgreSQL: {
			`CREATE SCHEMA elsewhere`, `CREATE TABLE elsewhere.people (theirs integer)`, `CREATE TABLE elsewhere.chameleon_pushes (theirs integer)`,
			`CREATE TABLE counted (id bigint NOT NULL PRIMARY KEY, number bigint) PARTITION BY RANGE (id)`,
			`CREATE TABLE counted_low PARTITION OF counted FOR VALUES FROM (0) TO (100)`,
			`INSERT INTO counted (id) VALUES (1), (2)`,
			`CREATE TRIGGER their_trigger BEFORE UPDATE ON shares FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()`,
			`CREATE MATERIALIZED VIEW their_matview AS SELECT * FROM shares`,
		},
		dialect.SQLite: {`CREATE TRIGGER their_trigger AFTER INSERT ON shares BEGIN SELECT 1; END`},
	}
	mysql := []string{
		"CREATE TRIGGER their_trigger BEFORE INSERT ON shares FOR EACH ROW SET NEW.owner = TRIM(NEW.owner)",
		"CREATE TABLE counted (id bigint NOT NULL PRIMARY KEY, number bigint) PARTITION BY HASH (id) PARTITIONS 3",
		"INSERT INTO counted (id) VALUES (1), (2)",
	}
	of[dialect.MySQL], of[dialect.MariaDB] = mysql, mysql
	enginetest.RunEmpty(t, func(t *testing.T, env *enginetest.Env) {
		for _, statement := range append(theirs, of[env.Engine]...) {
			exec(t, env.DB, quoted(env.Engine, statement))
		}
		before := snapshot(t, env.DB)
		models := append(testModels(), (*counted)(nil))
		made, err := schema.Options{LargeTable: 1}.Push(t.Context(), env.DB, models...)
		require.NoError(t, err)
		require.NotEmpty(t, made.Changes)
		require.Subset(t, snapshot(t, env.DB), before)
		again, err := schema.Plan(t.Context(), env.DB, models...)
		require.NoError(t, err)
		require.True(t, again.UpToDate(), again.Text())
		_, err = schema.Undo(t.Context(), env.DB, schema.UndoParams{})
		require.NoError(t, err)
		require.Equal(t, before, snapshot(t, env.DB))
	})
}
