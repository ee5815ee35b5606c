package chameleon_test

import (
	"flag"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/schema"
	"github.com/chameleon-go/chameleon/users"
)

var update = flag.Bool("update", false, "rewrite testdata/push")

func push(t testing.TB, db *bun.DB) []schema.Change {
	t.Helper()
	result, err := chameleon.Push(t.Context(), db)
	require.NoError(t, err)
	return result.Changes
}

// The statements that make the schema are kept as files, so that a change of a
// model shows what it means on each engine.
func TestPushStatements(t *testing.T) {
	enginetest.RunEmpty(t, func(t *testing.T, env *enginetest.Env) {
		var b strings.Builder
		for _, c := range push(t, env.DB) {
			b.WriteString(pretty(c) + ";\n")
		}
		name := filepath.Join("testdata", "push", family(env.Engine)+".sql")
		if *update {
			require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o750))
			require.NoError(t, os.WriteFile(name, []byte(b.String()), 0o600))
		}
		want, err := os.ReadFile(name)
		require.NoError(t, err)
		require.Equal(t, string(want), b.String(), "go test -run TestPushStatements -update . rewrites %s", name)
		require.Empty(t, push(t, env.DB))
	})
}

// pretty breaks a CREATE TABLE into a line for each column and index.
func pretty(c schema.Change) string {
	if c.Kind != schema.AddTable {
		return c.Statement
	}
	head, body, _ := strings.Cut(c.Statement, " (")
	var b strings.Builder
	b.WriteString(head + " (\n  ")
	depth := 0
	for _, r := range body {
		switch r {
		case '(':
			depth++
		case ')':
			if depth--; depth == -1 {
				b.WriteString("\n")
			}
		}
		b.WriteRune(r)
		if r == ',' && depth == 0 {
			b.WriteString("\n ")
		}
	}
	return b.String()
}

// A database that the TypeScript application made is only added to, its own
// indexes are found under whichever constraint made them, and the application
// can go on inserting.
func TestPushOntoDrizzle(t *testing.T) {
	for _, engine := range []dialect.Engine{dialect.PostgreSQL, dialect.MySQL, dialect.MariaDB} {
		t.Run(string(engine), func(t *testing.T) {
			t.Parallel()
			env := enginetest.NewEmpty(t, engine)
			ddl, err := os.ReadFile(filepath.Join("testdata", "drizzle", family(env.Engine)+".sql"))
			require.NoError(t, err)
			run(t, env.DB, strings.Split(string(ddl), "--> statement-breakpoint")...)
			run(t, env.DB, drizzleRows("1", env.Engine)...)
			before := catalog(t, env.DB)

			changes := push(t, env.DB)
			require.NotEmpty(t, changes)
			for _, c := range changes {
				require.NotEqual(t, "users_uuid_unique", c.Index)
				require.NotEqual(t, "email_unique_idx", c.Index)
				require.NotEqual(t, "orders_user_uuid_idx", c.Index)
				require.NotContains(t, c.Columns, "key")
			}
			require.Subset(t, catalog(t, env.DB), before, "nothing of theirs was altered")
			require.Empty(t, push(t, env.DB))

			run(t, env.DB, drizzleRows("2", env.Engine)...)
			n, err := env.DB.NewSelect().Model((*users.User)(nil)).Count(t.Context())
			require.NoError(t, err)
			require.EqualValues(t, 2, n)
		})
	}
}

// drizzleRows are rows as the application writes them, one a table.
func drizzleRows(n string, engine dialect.Engine) []string {
	key := quote(engine, "key")
	return []string{
		"INSERT INTO users (uuid, email, nickname, invite_code, invited_by, is_affiliate) VALUES ('u" + n + "', 'User" + n + "@Example.COM', NULL, 'c" + n + "', '', true)",
		"INSERT INTO orders (order_no, user_uuid, amount, currency, status) VALUES ('o" + n + "', 'u" + n + "', 999, 'usd', 'paid')",
		"INSERT INTO credits (user_uuid, left_credits, total_credits) VALUES ('u" + n + "', -3, 100)",
		"INSERT INTO credits_trans (user_uuid, trans_type, credits, expired_at) VALUES ('u" + n + "', 'new_user', 100, ''), ('u" + n + "', 'ping', 1, NULL)",
		"INSERT INTO generations (gen_id, user_uuid, ai_type, provider, status) VALUES ('g" + n + "', 'u" + n + "', 'image', 'openai', 'pending')",
		"INSERT INTO ai_provider_keys (provider_name, api_key) VALUES ('p" + n + "', 'sk-plain')",
		"INSERT INTO posts (uuid, slug, locale) VALUES ('p" + n + "', 'hello', 'en')",
		"INSERT INTO feedbacks (content, rating) VALUES (NULL, 9)",
		"INSERT INTO affiliates (user_uuid, order_uuid) VALUES ('u" + n + "', NULL)",
		"INSERT INTO apikeys (" + key + ", user_uuid) VALUES ('k" + n + "', 'u" + n + "')",
	}
}

// Without the right to create, the error says whose and what to do.
func TestPushWithoutPermission(t *testing.T) {
	enginetest.RunEmpty(t, func(t *testing.T, env *enginetest.Env) {
		reader := asReader(t, env)
		_, err := chameleon.Push(t.Context(), reader)
		require.ErrorIs(t, err, dialect.ErrPermission)
		var e *dialect.Error
		require.ErrorAs(t, err, &e)
		require.NotEmpty(t, e.Remedy)
		require.Equal(t, env.Engine, e.Engine)
		if env.Engine != dialect.SQLite {
			var rights *schema.RightsError
			require.ErrorAs(t, err, &rights)
			require.Equal(t, "CREATE", rights.Missing[0].Right)
			require.Contains(t, rights.Missing[0].Grant, "GRANT CREATE ON ")
			require.Contains(t, rights.Missing[0].Grant, "reader_")
		}
		planned, err := chameleon.Plan(t.Context(), reader)
		require.NoError(t, err, "a plan needs no right to create")
		require.False(t, planned.UpToDate())

		push(t, env.DB)
		require.Empty(t, push(t, reader), "a push that finds nothing missing needs no right")
		status, err := chameleon.Status(t.Context(), reader)
		require.NoError(t, err)
		require.True(t, status.UpToDate, status.Text())
		require.Len(t, status.Pushes, 1)
		_, err = chameleon.Undo(t.Context(), reader, schema.UndoParams{})
		require.ErrorIs(t, err, dialect.ErrPermission)
	})
}

// asReader opens env's database as someone who may only read.
func asReader(t *testing.T, env *enginetest.Env) *bun.DB {
	t.Helper()
	target := env.URL
	switch env.Engine {
	case dialect.SQLite:
		target += map[bool]string{true: "&", false: "?"}[strings.Contains(target, "?")] + "mode=ro"
	default:
		name := fmt.Sprintf("reader_%d", os.Getpid())
		both := "'" + name + "'@'%', '" + name + "'@'localhost'" // an anonymous localhost would come first
		create := []string{
			"CREATE USER '" + name + "'@'%' IDENTIFIED BY 'pw', '" + name + "'@'localhost' IDENTIFIED BY 'pw'",
			"GRANT SELECT ON *.* TO " + both,
		}
		drop := "DROP USER " + both
		if env.Engine == dialect.PostgreSQL {
			create = []string{
				"CREATE ROLE " + name + " LOGIN PASSWORD 'pw'", "REVOKE CREATE ON SCHEMA public FROM public",
				"ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO " + name,
			}
			drop = "DROP OWNED BY " + name + "; DROP ROLE " + name
		}
		run(t, env.DB, create...)
		t.Cleanup(func() { _, _ = env.DB.DB.Exec(drop) })
		u, err := url.Parse(env.URL)
		require.NoError(t, err)
		u.User = url.UserPassword(name, "pw")
		target = u.String()
	}
	db, err := chameleon.Open(t.Context(), target)
	require.NoError(t, err)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// A push works in the schema that the connection works in, and what another
// schema holds under the same names is another's.
func TestPushIntoASchemaOfItsOwn(t *testing.T) {
	env := enginetest.NewEmpty(t, dialect.PostgreSQL)
	run(t, env.DB, `CREATE TABLE public.users (id integer, theirs text)`, `CREATE SCHEMA "My App"`)
	run(t, env.DB, `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET search_path = missing, "My App", public', current_database()); END $$`)
	db := env.Open(t)
	require.NotEmpty(t, push(t, db))
	require.Empty(t, push(t, db))
	var ours, theirs []string
	list := `SELECT table_name || '.' || column_name FROM information_schema.columns WHERE table_schema = ?`
	require.NoError(t, db.NewRaw(list, "My App").Scan(t.Context(), &ours))
	require.NoError(t, db.NewRaw(list, "public").Scan(t.Context(), &theirs))
	require.Contains(t, ours, "users.invite_code")
	require.Contains(t, ours, "credits.left_credits")
	require.ElementsMatch(t, []string{"users.id", "users.theirs"}, theirs)

	run(t, env.DB, `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET search_path = missing', current_database()); END $$`)
	_, err := chameleon.Push(t.Context(), env.Open(t))
	require.ErrorContains(t, err, "search_path")
}

// Every model's columns are there to be read under the names it uses.
func TestPushFitsTheModels(t *testing.T) {
	enginetest.RunEmpty(t, func(t *testing.T, env *enginetest.Env) {
		push(t, env.DB)
		for _, model := range chameleon.Models() {
			_, err := env.DB.NewSelect().Model(model).Limit(1).Exec(t.Context())
			require.NoError(t, err, "%T", model)
		}
	})
}

func run(t testing.TB, db *bun.DB, statements ...string) {
	t.Helper()
	for _, stmt := range statements {
		_, err := db.DB.ExecContext(t.Context(), stmt)
		require.NoError(t, err, stmt)
	}
}

func quote(engine dialect.Engine, name string) string {
	if engine == dialect.MySQL || engine == dialect.MariaDB {
		return "`" + name + "`"
	}
	return `"` + name + `"`
}

// family names the SQL that an engine speaks, as testdata's files are named.
func family(engine dialect.Engine) string {
	switch engine {
	case dialect.PostgreSQL:
		return "postgres"
	case dialect.MariaDB:
		return "mysql"
	}
	return string(engine)
}

// catalog lists the columns and indexes of the current schema, a line each.
func catalog(t testing.TB, db *bun.DB) []string {
	t.Helper()
	queries := []string{
		`SELECT concat_ws(' ', table_name, column_name, ordinal_position, data_type, character_maximum_length, is_nullable, column_default, is_identity) FROM information_schema.columns WHERE table_schema = current_schema()`,
		`SELECT indexdef FROM pg_indexes WHERE schemaname = current_schema()`,
		`SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = current_schema()::regnamespace`,
	}
	if dialect.Of(db).IsMySQL() {
		queries = []string{
			"SELECT CONCAT_WS(' ', TABLE_NAME, COLUMN_NAME, ORDINAL_POSITION, COLUMN_TYPE, IS_NULLABLE, COLUMN_DEFAULT, COLLATION_NAME, EXTRA) FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE()",
			"SELECT CONCAT_WS(' ', TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX, COLUMN_NAME, NON_UNIQUE, SUB_PART) FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = DATABASE()",
			"SELECT CONCAT_WS(' ', TABLE_NAME, ENGINE, TABLE_COLLATION) FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()",
		}
	}
	var lines []string
	for _, query := range queries {
		var some []string
		require.NoError(t, db.NewRaw(query).Scan(t.Context(), &some))
		lines = append(lines, some...)
	}
	sort.Strings(lines)
	return lines
}
