package dialect_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// valuesSchema has one rule of every sort.
func valuesSchema(t *testing.T, env *enginetest.Env) {
	t.Helper()
	db := rawDB(t, env)
	execAll(t, db,
		`CREATE TABLE parents (id integer NOT NULL PRIMARY KEY)`,
		`CREATE TABLE items (
			id integer NOT NULL PRIMARY KEY,
			email varchar(20) NOT NULL,
			slug varchar(20), locale varchar(20),
			age integer, parent integer,
			CONSTRAINT items_age CHECK (age >= 0),
			CONSTRAINT items_parent FOREIGN KEY (parent) REFERENCES parents (id))`,
		`CREATE UNIQUE INDEX items_email_unique ON items (email)`,
		`CREATE UNIQUE INDEX items_slug_unique ON items (slug, locale)`,
		`INSERT INTO items (id, email, slug, locale) VALUES (1, 'a@example.com', 'hello', 'en')`)
}

func TestProvokeUnique(t *testing.T) {
	enginetest.RunEmpty(t, func(t *testing.T, env *enginetest.Env) {
		valuesSchema(t, env)
		db := rawDB(t, env)
		primary := map[dialect.Engine]string{
			dialect.PostgreSQL: "items_pkey", dialect.MySQL: "PRIMARY", dialect.MariaDB: "PRIMARY", dialect.SQLite: "items.id",
		}[env.Engine]
		email, slug := "items_email_unique", "items_slug_unique"
		if env.Engine == dialect.SQLite {
			email, slug = "items.email", "items.slug,items.locale"
		}
		for statement, index := range map[string]string{
			`INSERT INTO items (id, email) VALUES (1, 'b@example.com')`:                              primary,
			`INSERT INTO items (id, email) VALUES (2, 'a@example.com')`:                              email,
			`INSERT INTO items (id, email, slug, locale) VALUES (3, 'c@example.com', 'hello', 'en')`: slug,
		} {
			err := failure(t.Context(), t, db, statement)
			e := explained(t, dialect.KindUnique, err)
			assert.Equal(t, index, e.Index)
			assert.NotContains(t, e.Error(), "a@example.com")
			name, ok := dialect.UniqueIndex(err)
			assert.True(t, ok)
			assert.Equal(t, index, name)
		}
	})
}

func TestProvokeConstraints(t *testing.T) {
	enginetest.RunEmpty(t, func(t *testing.T, env *enginetest.Env) {
		valuesSchema(t, env)
		refused := map[string]string{
			"check":       `INSERT INTO items (id, email, age) VALUES (2, 'b', -1)`,
			"not null":    `INSERT INTO items (id, email) VALUES (2, NULL)`,
			"no default":  `INSERT INTO items (id) VALUES (2)`,
			"foreign key": `INSERT INTO items (id, email, parent) VALUES (2, 'b', 99)`,
		}
		if env.Engine != dialect.SQLite { // which has no lengths and ranges
			refused["too long"] = `INSERT INTO items (id, email) VALUES (2, 'more than twenty characters')`
			refused["out of range"] = `INSERT INTO items (id, email) VALUES (99999999999, 'b')`
			refused["not a number"] = `INSERT INTO items (id, email, age) VALUES (2, 'b', 'sk-live')`
		}
		db := rawDB(t, env)
		if env.Engine == dialect.SQLite {
			db = rawSQLite(t, sqlitePath(env), "_pragma=foreign_keys(1)")
		}
		for name, statement := range refused {
			t.Run(name, func(t *testing.T) {
				e := explained(t, dialect.KindConstraint, failure(t.Context(), t, db, statement))
				assert.NotContains(t, e.Error(), "sk-live")
			})
		}
		assert.Equal(t, 1, number(t, db, `SELECT count(*) FROM items`))
	})
}

func TestProvokeEncoding(t *testing.T) {
	onServers(t, func(t *testing.T, env *enginetest.Env) {
		if env.Engine == dialect.PostgreSQL {
			err := failure(t.Context(), t, rawDB(t, env), `SELECT convert_from('\xff', 'UTF8')`)
			assert.Equal(t, "22021", explained(t, dialect.KindConstraint, err).Code)
			return
		}
		db := rawDB(t, env)
		execAll(t, db, `CREATE TABLE words (word varchar(20) CHARACTER SET utf8mb4)`)
		err := failure(t.Context(), t, db, `INSERT INTO words VALUES (x'ff')`)
		assert.Equal(t, "1366", explained(t, dialect.KindConstraint, err).Code)
	})
}

func TestProvokeSchemaMissing(t *testing.T) {
	enginetest.RunEmpty(t, func(t *testing.T, env *enginetest.Env) {
		valuesSchema(t, env)
		db := rawDB(t, env)
		for name, statement := range map[string]string{
			"table":            `SELECT * FROM users`,
			"table, inserting": `INSERT INTO users (id) VALUES (1)`,
			"column":           `SELECT nickname FROM items`,
			"column, writing":  `INSERT INTO items (id, nickname) VALUES (2, 'x')`,
		} {
			t.Run(name, func(t *testing.T) {
				e := explained(t, dialect.KindSchemaMissing, failure(t.Context(), t, db, statement))
				assert.Contains(t, e.Error(), "chameleon.Push")
			})
		}
	})
}

func TestProvokeSyntaxError(t *testing.T) {
	enginetest.RunEmpty(t, func(t *testing.T, env *enginetest.Env) {
		err := failure(t.Context(), t, rawDB(t, env), `SELECT 1 WHERE FROM 'sk-live'`)
		e := explained(t, dialect.KindOther, err)
		assert.NotContains(t, e.Error(), "sk-live")
	})
}
