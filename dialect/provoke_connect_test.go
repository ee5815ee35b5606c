package dialect_test

import (
	"database/sql"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// password is what no error may show.
const password = "hunter2-Xy"

// newUser creates a user who may connect and nothing else, and returns the
// name. option is added to the statement.
func newUser(t *testing.T, env *enginetest.Env, option string) string {
	t.Helper()
	admin, name := rawDB(t, env), "u"+strings.ReplaceAll(uuid.NewString(), "-", "")[:20]
	drop := "DROP OWNED BY " + name + "; DROP ROLE " + name
	create := fmt.Sprintf("CREATE ROLE %s LOGIN PASSWORD '%s' %s", name, password, option)
	if isMySQL(env) {
		drop = "DROP USER '" + name + "'@'%'"
		create = fmt.Sprintf("CREATE USER '%s'@'%%' IDENTIFIED BY '%s' %s", name, password, option)
	}
	execAll(t, admin, create)
	t.Cleanup(func() {
		_, err := rawDB(t, env).Exec(drop)
		require.NoError(t, err)
	})
	return name
}

// requireConnectError checks why db cannot be reached.
func requireConnectError(t *testing.T, want dialect.Kind, db *sql.DB) {
	t.Helper()
	_ = unreachable(t, want, db)
}

// unreachable returns why db cannot be reached.
func unreachable(t *testing.T, want dialect.Kind, db *sql.DB) *dialect.Error {
	t.Helper()
	e := explained(t, want, db.PingContext(t.Context()))
	assert.NotContains(t, e.Error(), password)
	assert.NotContains(t, e.Error(), "\n")
	return e
}

func TestProvokeAuthentication(t *testing.T) {
	onServers(t, func(t *testing.T, env *enginetest.Env) {
		name := newUser(t, env, "")
		requireConnectError(t, dialect.KindUnauthenticated, rawSQL(t, env, withUser(name, password+"!")))
		requireConnectError(t, dialect.KindUnauthenticated, rawSQL(t, env, withUser("nobody_"+name[:8], password)))
	})
}

func TestProvokeNoDatabase(t *testing.T) {
	onServers(t, func(t *testing.T, env *enginetest.Env) {
		e := unreachable(t, dialect.KindNoDatabase, rawSQL(t, env, withDatabase("no_such_database")))
		assert.Contains(t, []string{"3D000", "1049"}, e.Code)
	})
}

func TestProvokePermission(t *testing.T) {
	onServers(t, func(t *testing.T, env *enginetest.Env) {
		admin := rawDB(t, env)
		counters(t, admin)
		name := newUser(t, env, "")
		if isMySQL(env) {
			e := unreachable(t, dialect.KindPermission, rawSQL(t, env, withUser(name, password)))
			assert.Equal(t, "1044", e.Code, "the database")
			execAll(t, admin, fmt.Sprintf("GRANT CREATE ROUTINE ON %s.* TO '%s'@'%%'", databaseName(t, admin, env), name))
		}
		e := explained(t, dialect.KindPermission,
			failure(t.Context(), t, rawDB(t, env, withUser(name, password)), `SELECT n FROM counters`))
		assert.Contains(t, []string{"42501", "1142"}, e.Code)
	})
}

func databaseName(t *testing.T, db *bun.DB, env *enginetest.Env) (name string) {
	t.Helper()
	query := `SELECT current_database()`
	if isMySQL(env) {
		query = `SELECT database()`
	}
	require.NoError(t, db.QueryRowContext(t.Context(), query).Scan(&name))
	return name
}

func TestProvokeReadOnly(t *testing.T) {
	onServers(t, func(t *testing.T, env *enginetest.Env) {
		db := rawDB(t, env)
		counters(t, db)
		tx, err := db.BeginTx(t.Context(), &sql.TxOptions{ReadOnly: true})
		require.NoError(t, err)
		err = failure(t.Context(), t, tx, `UPDATE counters SET n = 1`)
		e := explained(t, dialect.KindPermission, err)
		assert.Contains(t, e.Remedy, "read-only")
		require.NoError(t, tx.Rollback())
	})
}

func TestProvokeTooManyConnections(t *testing.T) {
	onServers(t, func(t *testing.T, env *enginetest.Env) {
		option := "CONNECTION LIMIT 1"
		if isMySQL(env) {
			option = "WITH MAX_USER_CONNECTIONS 1"
		}
		name := newUser(t, env, option)
		if isMySQL(env) {
			admin := rawDB(t, env)
			execAll(t, admin, fmt.Sprintf("GRANT SELECT ON %s.* TO '%s'@'%%'", databaseName(t, admin, env), name))
		}
		db := rawSQL(t, env, withUser(name, password))
		conn, err := db.Conn(t.Context())
		require.NoError(t, err)
		e := unreachable(t, dialect.KindTooManyConnections, db)
		assert.Contains(t, []string{"53300", "1226"}, e.Code)
		require.NoError(t, conn.Close())
		require.NoError(t, db.Close()) // before the user is dropped
	})
}

func TestProvokeUnreachable(t *testing.T) {
	onServers(t, func(t *testing.T, env *enginetest.Env) {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		free := listener.Addr().String()
		require.NoError(t, listener.Close())
		requireConnectError(t, dialect.KindUnavailable, rawSQL(t, env, withHost(free)))

		e := unreachable(t, dialect.KindUnavailable, rawSQL(t, env, withHost("database.invalid:1234")))
		assert.Contains(t, e.Remedy, "host name")
	})
}

// TestProvokeTLS asks for a verified certificate: a test server has none, or
// one that nobody signed.
func TestProvokeTLS(t *testing.T) {
	onServers(t, func(t *testing.T, env *enginetest.Env) {
		verified := withParam("sslmode", "verify-full")
		if isMySQL(env) {
			verified = withParam("tls", "true")
		}
		requireConnectError(t, dialect.KindTLS, rawSQL(t, env, verified))
	})
}

func TestProvokeSQLiteFiles(t *testing.T) {
	dir := t.TempDir()
	missing := rawSQLite(t, filepath.Join(dir, "no", "such", "directory.db"))
	assert.Equal(t, "14", unreachable(t, dialect.KindNoDatabase, missing.DB).Code)

	text := filepath.Join(dir, "text.db")
	require.NoError(t, os.WriteFile(text, []byte(strings.Repeat("not a database\n", 100)), 0o600))
	err := failure(t.Context(), t, rawSQLite(t, text), `SELECT * FROM counters`)
	assert.Equal(t, "26", explained(t, dialect.KindNoDatabase, err).Code)

	path := filepath.Join(dir, "counters.db")
	counters(t, rawSQLite(t, path))
	err = failure(t.Context(), t, rawSQLite(t, path, "mode=ro"), `UPDATE counters SET n = 1`)
	assert.Equal(t, "8", explained(t, dialect.KindPermission, err).Code)
}
