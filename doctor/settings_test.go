package doctor_test

import (
	"database/sql"
	"maps"
	"net/url"
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/mysqldialect"
	"github.com/uptrace/bun/dialect/pgdialect"
	"github.com/uptrace/bun/dialect/sqlitedialect"
	"github.com/uptrace/bun/schema"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/doctor"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// TestSettings: a handle that somebody else opened, with settings that change texts
// and times, and tables that a push would make otherwise.
func TestSettings(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		var want []string
		var db *bun.DB
		switch env.Engine {
		case dialect.PostgreSQL:
			exec(t, env.DB, "ALTER TABLE payments ALTER COLUMN gross TYPE integer, ALTER COLUMN id TYPE integer",
				"INSERT INTO payments (id, provider, ref, status) VALUES (2000000000, 'stripe', 'r', 'paid')",
				"UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'orders_counted_paid_at_idx'::regclass")
			db = open(t, "pgx", withParams(t, env.URL, url.Values{
				"timezone": {"Asia/Tokyo"}, "standard_conforming_strings": {"off"}, "client_encoding": {"LATIN1"},
				"datestyle":                     {"German"},
				"default_transaction_isolation": {"serializable"}, "default_query_exec_mode": {"exec"},
			}), pgdialect.New())
			want = []string{
				"backslash_quotes", "client_encoding", "date_style", "ids_near_end", "index_invalid", "isolation", "narrow_columns",
				"time_zone",
			}
		case dialect.MySQL, dialect.MariaDB:
			exec(t, env.DB, "ALTER TABLE payments MODIFY gross int, MODIFY id int AUTO_INCREMENT",
				"INSERT INTO payments (id, provider, ref, status) VALUES (2000000000, 'stripe', 'r', 'paid')",
				"ALTER TABLE posts MODIFY title varchar(255) CHARACTER SET latin1",
				"ALTER TABLE feedbacks MODIFY user_uuid varchar(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci")
			db = open(t, "mysql", dsn(t, env.URL), mysqldialect.New())
			want = []string{
				"autocommit", "backslash_quotes", "client_encoding", "collation", "ids_near_end", "isolation", "narrow_columns",
				"not_strict", "row_limit", "server_encoding", "sql_mode", "time_zone",
			}
		default:
			path, _, _ := strings.Cut(strings.TrimPrefix(env.URL, "sqlite://"), "?")
			db = open(t, "sqlite", "file:"+path+"?mode=ro", sqlitedialect.New())
			want = []string{"read_only"}
		}
		report := examine(t, db, doctor.Params{})
		found := codes(report)
		for _, code := range want {
			assert.Contains(t, found, code, report.Text())
		}
		assert.Subset(t, append(want, "pool_too_large", "no_wal"), found, report.Text())
	})
}

func open(t *testing.T, driver, source string, d schema.Dialect) *bun.DB {
	t.Helper()
	sqldb, err := sql.Open(driver, source)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, sqldb.Close()) })
	return bun.NewDB(sqldb, d)
}

func withParams(t *testing.T, text string, more url.Values) string {
	t.Helper()
	u, err := url.Parse(text)
	require.NoError(t, err)
	q := u.Query()
	maps.Copy(q, more)
	u.RawQuery = q.Encode()
	return u.String()
}

// dsn is a database's URL in the driver's own form, with settings.
func dsn(t *testing.T, text string) string {
	t.Helper()
	u, err := url.Parse(text)
	require.NoError(t, err)
	c := mysql.NewConfig()
	c.User, c.Net, c.Addr, c.DBName = u.User.Username(), "tcp", u.Host, strings.TrimPrefix(u.Path, "/")
	c.Passwd, _ = u.User.Password()
	c.Params = map[string]string{
		"sql_mode": "'NO_BACKSLASH_ESCAPES,NO_AUTO_VALUE_ON_ZERO'", "time_zone": "'+09:00'", "transaction_isolation": "'SERIALIZABLE'",
		"charset": "latin1", "autocommit": "0", "sql_select_limit": "100000",
	}
	c.InterpolateParams = false
	return c.FormatDSN()
}
