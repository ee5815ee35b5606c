package schema_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/schema"
)

var update = flag.Bool("update", false, "rewrite testdata/plan")

// What is planned for models with every type, nullability, default and comparison
// is kept as a file for each engine, with what reverses it: on an empty database,
// on one that has a part of each table, and where MySQL's tables have a character
// set or a collation of their own.
func TestPlannedStatements(t *testing.T) {
	part := []string{
		`CREATE TABLE people (id integer NOT NULL PRIMARY KEY, code varchar(20), token varchar(40))%s`,
		`CREATE TABLE "order" (id integer NOT NULL PRIMARY KEY, "select" integer, "key" varchar(50))%s`,
		`CREATE TABLE shares (owner varchar(50) NOT NULL, number bigint NOT NULL, PRIMARY KEY (owner, number))%s`,
	}
	enginetest.RunEmpty(t, func(t *testing.T, env *enginetest.Env) {
		var b strings.Builder
		planned := func(on string) {
			result, err := schema.Plan(t.Context(), env.DB, testModels()...)
			require.NoError(t, err)
			b.WriteString("-- on " + on + "\n")
			for _, c := range result.Changes {
				b.WriteString(c.Statement + ";\n")
				for _, reverse := range c.Reverse {
					b.WriteString("-- reversed by " + reverse + ";\n")
				}
			}
		}
		planned("an empty database")
		options := []string{""}
		if dialect.Of(env.DB).IsMySQL() {
			options = []string{" CHARSET latin1", " CHARSET utf8mb4 COLLATE utf8mb4_bin", " CHARSET utf8mb4 COLLATE utf8mb4_general_ci"}
		}
		for _, o := range options {
			for _, table := range part {
				exec(t, env.DB, quoted(env.Engine, strings.Replace(table, "%s", o, 1)))
			}
			planned("tables with a part" + o)
			exec(t, env.DB, quoted(env.Engine, `DROP TABLE people`), quoted(env.Engine, `DROP TABLE "order"`), `DROP TABLE shares`)
		}
		name := filepath.Join("testdata", "plan", string(family(env.Engine))+".sql")
		if *update {
			require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o750))
			require.NoError(t, os.WriteFile(name, []byte(b.String()), 0o600))
		}
		want, err := os.ReadFile(name)
		require.NoError(t, err)
		require.Equal(t, string(want), b.String(), "go test -run TestPlannedStatements -update ./schema rewrites %s", name)
	})
}

// family is the engine whose SQL an engine speaks.
func family(engine dialect.Engine) dialect.Engine {
	if engine == dialect.MariaDB {
		return dialect.MySQL
	}
	return engine
}
