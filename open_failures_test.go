package chameleon_test

import (
	"errors"
	"net"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// password of the accounts made here: awkward, and easy to find in a text.
const password = `SECRET@:/?#%[]&=+ ^|<é`

func isKind(err error, kinds ...error) bool {
	return slices.ContainsFunc(kinds, func(kind error) bool { return errors.Is(err, kind) })
}

// onServers runs fn on the engines that have a server.
func onServers(t *testing.T, fn func(t *testing.T, env *enginetest.Env)) {
	t.Helper()
	for _, engine := range []dialect.Engine{dialect.PostgreSQL, dialect.MySQL, dialect.MariaDB} {
		t.Run(string(engine), func(t *testing.T) {
			t.Parallel()
			fn(t, enginetest.NewEmpty(t, engine))
		})
	}
}

// account makes a user of the test's own and returns the database's URL for
// it. attributes is what follows in CREATE USER.
func account(t *testing.T, env *enginetest.Env, attributes string, granted bool) *url.URL {
	t.Helper()
	u, err := url.Parse(env.URL)
	require.NoError(t, err)
	database := strings.TrimPrefix(u.Path, "/")
	name := "u_" + database[max(0, len(database)-20):]
	u.User = url.UserPassword(name, password)
	run := func(statements ...string) {
		for _, s := range statements {
			_, err := env.DB.DB.ExecContext(t.Context(), s)
			require.NoError(t, err)
		}
	}
	drop := "DROP USER " + name + "@'%'"
	if env.Engine == dialect.PostgreSQL {
		drop = "DROP OWNED BY " + name + "; DROP ROLE " + name
		run("CREATE ROLE "+name+" LOGIN PASSWORD '"+password+"' "+attributes, "REVOKE CONNECT ON DATABASE "+database+" FROM PUBLIC")
		if granted {
			run("GRANT CONNECT ON DATABASE " + database + " TO " + name)
		}
	} else {
		run("CREATE USER " + name + "@'%' IDENTIFIED BY '" + password + "' " + attributes)
		if granted {
			run("GRANT ALL ON " + database + ".* TO " + name + "@'%'")
		}
	}
	t.Cleanup(func() {
		_, err := env.DB.DB.Exec(drop) // before the handle is closed
		assert.NoError(t, err)
	})
	return u
}

// fails opens u, which must fail with kind, a remedy, and no secret.
func fails(t *testing.T, u *url.URL, kind error, remedy string) {
	t.Helper()
	db, err := chameleon.Open(t.Context(), u.String())
	if err == nil {
		_ = db.Close()
	}
	require.ErrorIs(t, err, kind)
	var e *dialect.Error
	require.ErrorAs(t, err, &e)
	assert.NotEmpty(t, e.Engine)
	assert.Contains(t, e.Remedy, remedy)
	assert.ErrorContains(t, err, e.Remedy)
	assert.NotContains(t, err.Error(), "SECRET")
	assert.NotContains(t, err.Error(), "hunter2")
}

// works opens u and reads a query's row into answer.
func works(t *testing.T, u *url.URL, query string, answer ...any) {
	t.Helper()
	db, err := chameleon.Open(t.Context(), u.String())
	require.NoError(t, err)
	defer func() { assert.NoError(t, db.Close()) }()
	require.NoError(t, db.QueryRowContext(t.Context(), query).Scan(answer...))
}

func TestOpenWithAwkwardPassword(t *testing.T) {
	onServers(t, func(t *testing.T, env *enginetest.Env) {
		u := account(t, env, "", true)
		var answer string
		works(t, u, "SELECT 'x'", &answer)
		assert.Equal(t, "x", answer)
		raw := strings.Replace(u.String(), u.User.String(), u.User.Username()+":"+password, 1)
		db, err := chameleon.Open(t.Context(), raw)
		require.NoError(t, err, "as it stands")
		require.NoError(t, db.Close())
	})
}

func TestOpenFailures(t *testing.T) {
	onServers(t, func(t *testing.T, env *enginetest.Env) {
		good, err := url.Parse(env.URL)
		require.NoError(t, err)
		change := func(fn func(u *url.URL)) *url.URL {
			u := *good
			fn(&u)
			return &u
		}
		t.Run("refused", func(t *testing.T) {
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			require.NoError(t, err)
			require.NoError(t, listener.Close()) // a port where nobody listens
			fails(t, change(func(u *url.URL) { u.Host = listener.Addr().String() }), dialect.ErrUnavailable, "running")
		})
		t.Run("unknown host", func(t *testing.T) {
			fails(t, change(func(u *url.URL) { u.Host = "no-such-host.invalid" }), dialect.ErrUnavailable, "host")
		})
		t.Run("wrong password", func(t *testing.T) {
			fails(t, change(func(u *url.URL) { u.User = url.UserPassword(u.User.Username(), "hunter2") }),
				dialect.ErrUnauthenticated, "password")
		})
		t.Run("no password", func(t *testing.T) {
			fails(t, change(func(u *url.URL) { u.User = url.User(u.User.Username()) }), dialect.ErrUnauthenticated, "password")
		})
		t.Run("no such user", func(t *testing.T) {
			fails(t, change(func(u *url.URL) { u.User = url.UserPassword("nobody_here", "hunter2") }),
				dialect.ErrUnauthenticated, "user")
		})
		t.Run("no such database", func(t *testing.T) {
			fails(t, change(func(u *url.URL) { u.Path = "/no_such_database" }), dialect.ErrNoDatabase, "database")
		})
	})
}

func TestOpenNamesNoDatabase(t *testing.T) {
	for _, engine := range []dialect.Engine{dialect.MySQL, dialect.MariaDB} {
		env := enginetest.NewEmpty(t, engine)
		u, err := url.Parse(env.URL)
		require.NoError(t, err)
		u.Path = ""
		fails(t, u, dialect.ErrNoDatabase, "after the host")
	}
}

func TestOpenWithoutPermission(t *testing.T) {
	onServers(t, func(t *testing.T, env *enginetest.Env) {
		fails(t, account(t, env, "", false), dialect.ErrPermission, "grant")
	})
}

func TestOpenTooManyConnections(t *testing.T) {
	onServers(t, func(t *testing.T, env *enginetest.Env) {
		limit := "WITH MAX_USER_CONNECTIONS 1"
		if env.Engine == dialect.PostgreSQL {
			limit = "CONNECTION LIMIT 1"
		}
		u := account(t, env, limit, true)
		first, err := chameleon.Open(t.Context(), u.String())
		require.NoError(t, err)
		fails(t, u, dialect.ErrTooManyConnections, "limit")
		require.NoError(t, first.Close())
	})
}
