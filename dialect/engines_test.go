package dialect_test

import (
	"context"
	"database/sql"
	"net/url"
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/mysqldialect"
	"github.com/uptrace/bun/dialect/pgdialect"
	"github.com/uptrace/bun/dialect/sqlitedialect"
	_ "modernc.org/sqlite"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// address edits where and as whom rawDB connects.
type address func(*url.URL)

func withUser(user, password string) address {
	return func(u *url.URL) { u.User = url.UserPassword(user, password) }
}

func withHost(host string) address { return func(u *url.URL) { u.Host = host } }

func withDatabase(name string) address { return func(u *url.URL) { u.Path = "/" + name } }

func withParam(key, value string) address {
	return func(u *url.URL) {
		q := u.Query()
		q.Set(key, value)
		u.RawQuery = q.Encode()
	}
}

// rawDB opens env's database with the stock driver and bun dialect, past
// everything that this module adds, so that errors arrive as drivers make them
// and InTx meets a handle that a team opened by itself.
func rawDB(t *testing.T, env *enginetest.Env, edits ...address) *bun.DB {
	t.Helper()
	switch {
	case env.Engine == dialect.SQLite:
		return rawSQLite(t, sqlitePath(env), "_pragma=busy_timeout(5000)", "_txlock=immediate")
	case isMySQL(env):
		return bun.NewDB(rawSQL(t, env, edits...), mysqldialect.New())
	}
	return bun.NewDB(rawSQL(t, env, edits...), pgdialect.New())
}

// rawSQL is rawDB for servers without bun, which speaks to MySQL by itself.
func rawSQL(t *testing.T, env *enginetest.Env, edits ...address) *sql.DB {
	t.Helper()
	u, err := url.Parse(env.URL)
	require.NoError(t, err)
	for _, edit := range edits {
		edit(u)
	}
	if isMySQL(env) {
		return rawMySQL(t, u)
	}
	config, err := pgx.ParseConfig(u.String())
	require.NoError(t, err)
	config.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol
	db := stdlib.OpenDB(*config)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func rawMySQL(t *testing.T, u *url.URL) *sql.DB {
	t.Helper()
	config := mysql.NewConfig()
	config.User, config.Net, config.Addr = u.User.Username(), "tcp", u.Host
	config.Passwd, _ = u.User.Password()
	config.DBName, config.TLSConfig = strings.TrimPrefix(u.Path, "/"), u.Query().Get("tls")
	config.InterpolateParams, config.Logger = true, &mysql.NopLogger{}
	connector, err := mysql.NewConnector(config)
	require.NoError(t, err)
	db := sql.OpenDB(connector)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// rawSQLite opens a file with modernc's driver and these URL parameters.
func rawSQLite(t *testing.T, path string, params ...string) *bun.DB {
	t.Helper()
	sqldb, err := sql.Open("sqlite", "file:"+path+"?"+strings.Join(params, "&"))
	require.NoError(t, err)
	t.Cleanup(func() { _ = sqldb.Close() })
	return bun.NewDB(sqldb, sqlitedialect.New())
}

// sqlitePath returns the file that env's URL names.
func sqlitePath(env *enginetest.Env) string {
	path, _, _ := strings.Cut(env.URL, "?")
	path = strings.TrimPrefix(path, "file:")
	return strings.TrimPrefix(path, "sqlite://")
}

// execAll runs statements that must succeed.
func execAll(t *testing.T, db bun.IDB, statements ...string) {
	t.Helper()
	for _, statement := range statements {
		_, err := db.ExecContext(t.Context(), statement)
		require.NoError(t, err, statement)
	}
}

// failure runs a statement that must fail, through to its last row.
func failure(ctx context.Context, t *testing.T, db bun.IDB, statement string) error {
	t.Helper()
	rows, err := db.QueryContext(ctx, statement)
	if err == nil {
		err = drain(rows)
	}
	require.Error(t, err, statement)
	return err
}

// drain reads all rows: some errors come with the last one.
func drain(rows *sql.Rows) error {
	defer func() { _ = rows.Close() }()
	for rows.Next() {
	}
	return rows.Err()
}

// number reads one number.
func number(t *testing.T, db bun.IDB, query string) (n int) {
	t.Helper()
	require.NoError(t, db.QueryRowContext(context.WithoutCancel(t.Context()), query).Scan(&n), query)
	return n
}

// onServers runs fn on every engine but SQLite, which has no server.
func onServers(t *testing.T, fn func(t *testing.T, env *enginetest.Env)) {
	t.Helper()
	enginetest.RunEmpty(t, func(t *testing.T, env *enginetest.Env) {
		if env.Engine != dialect.SQLite {
			fn(t, env)
		}
	})
}

// isMySQL reports whether env speaks MySQL's SQL.
func isMySQL(env *enginetest.Env) bool {
	return dialect.Capabilities{Engine: env.Engine}.IsMySQL()
}
