package chameleon_test

import (
	"context"
	"log/slog"
	"net"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/dialect/handle"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

func TestOpenRefusesURLs(t *testing.T) {
	for databaseURL, problem := range map[string]string{
		"":                                "set DATABASE_URL",
		"  ":                              "set DATABASE_URL",
		"oracle://u:SECRET@h/db":          "scheme oracle,",
		"postgresql+asyncpg://u:SECRET@h": "scheme postgresql+asyncpg,",
		"jdbc:mysql://u:SECRET@h/db":      "scheme jdbc:mysql,",
		"u:SECRET@tcp(h)/db":              "does not start with a scheme",
		"postgres://u:SECRET@h:x/db":      "port",
		"mysql://u:SECRET@h/db?x=SECRET":  "parameter x ",
		"sqlite://":                       "names no file",
	} {
		_, err := chameleon.Open(t.Context(), databaseURL)
		require.ErrorIs(t, err, chameleon.ErrInvalid, databaseURL)
		assert.ErrorContains(t, err, problem)
		assert.NotContains(t, err.Error(), "SECRET")
	}
}

func TestOpenStatesCapabilities(t *testing.T) {
	enginetest.RunEmpty(t, func(t *testing.T, env *enginetest.Env) {
		c := dialect.Of(env.Open(t, chameleon.WithStatementTimeout(time.Minute)))
		assert.Equal(t, env.Engine, c.Engine)
		assert.NotEmpty(t, c.Version)
		assert.False(t, c.Pooled)
		assert.Equal(t, c.IsMySQL(), c.MultiStatements)
		assert.Equal(t, env.Engine == dialect.PostgreSQL, c.Prepared == any(pgx.QueryExecModeCacheStatement))

		pooled := dialect.Of(env.Open(t, chameleon.WithTransactionPooler(true)))
		assert.Equal(t, env.Engine != dialect.SQLite, pooled.Pooled)
		assert.Nil(t, pooled.Prepared)
	})
}

// TestSessions: what every session is set to, asked from the server.
func TestSessions(t *testing.T) {
	enginetest.RunEmpty(t, func(t *testing.T, env *enginetest.Env) {
		db := env.Open(t, chameleon.WithStatementTimeout(90*time.Second), chameleon.WithLockTimeout(7*time.Second))
		ask := func(query string) (value string) {
			require.NoError(t, db.QueryRowContext(t.Context(), query).Scan(&value), query)
			return value
		}
		switch env.Engine {
		case dialect.PostgreSQL:
			assert.Equal(t, "UTC", ask("SHOW timezone"))
			assert.Equal(t, "90s", strings.Replace(ask("SHOW statement_timeout"), "1min30s", "90s", 1))
			assert.Equal(t, "7s", ask("SHOW lock_timeout"))
		case dialect.MySQL, dialect.MariaDB:
			assert.Equal(t, "+00:00", ask("SELECT @@time_zone"))
			assert.Equal(t, "utf8mb4", ask("SELECT @@character_set_connection"))
			assert.Equal(t, "7", ask("SELECT @@innodb_lock_wait_timeout"))
			mode := ask("SELECT @@sql_mode")
			assert.Contains(t, mode, "STRICT_TRANS_TABLES")
			assert.NotContains(t, mode, "NO_BACKSLASH_ESCAPES")
		}
		switch env.Engine {
		case dialect.MySQL:
			assert.Equal(t, "90000", ask("SELECT @@max_execution_time"))
		case dialect.MariaDB:
			assert.Equal(t, "90000", ask("SELECT CAST(@@max_statement_time * 1000 AS SIGNED)"))
		}
	})
}

func TestStatementTimeout(t *testing.T) {
	slow := map[dialect.Engine]string{
		dialect.PostgreSQL: "SELECT pg_sleep(60)",
		dialect.MySQL:      "SELECT count(*) FROM information_schema.columns a, information_schema.columns b, information_schema.columns c",
		dialect.MariaDB:    "SELECT SLEEP(60)",
	}
	enginetest.RunEmpty(t, func(t *testing.T, env *enginetest.Env) {
		if env.Engine == dialect.SQLite {
			return // has none: documented
		}
		db := env.Open(t, chameleon.WithStatementTimeout(time.Second))
		_, err := db.ExecContext(t.Context(), slow[env.Engine])
		assert.ErrorIs(t, dialect.Classify(err), dialect.ErrTimeout)
	})
}

// TestRoundTrips: what bun writes comes back, whatever bytes it holds, and a
// time in UTC, on sessions as Open makes them.
func TestRoundTrips(t *testing.T) {
	enginetest.RunEmpty(t, func(t *testing.T, env *enginetest.Env) {
		text, at := `it's a \ "test" %s ? $1 `+"`é😀\n"+`\'; --`, time.Date(2025, 1, 31, 23, 59, 59, 123456000, time.UTC)
		var gotText string
		var gotAt time.Time
		column := map[dialect.Engine]string{dialect.PostgreSQL: "timestamptz", dialect.SQLite: "timestamp"}[env.Engine]
		if column == "" {
			column = "datetime(6)"
		}
		_, err := env.DB.ExecContext(t.Context(), "CREATE TABLE trip (txt varchar(255), at "+column+")")
		require.NoError(t, err)
		_, err = env.DB.ExecContext(t.Context(), "INSERT INTO trip VALUES (?, ?)", text, at.In(time.FixedZone("x", 9*3600)))
		require.NoError(t, err)
		require.NoError(t, env.DB.QueryRowContext(t.Context(), "SELECT txt, at FROM trip").Scan(&gotText, &gotAt))
		assert.Equal(t, text, gotText)
		assert.True(t, at.Equal(gotAt), gotAt)

		result, err := env.DB.ExecContext(t.Context(), "UPDATE trip SET txt = ?", text)
		require.NoError(t, err)
		n, err := result.RowsAffected()
		require.NoError(t, err)
		assert.EqualValues(t, 1, n, "rows that matched, though nothing changed")
	})
}

// spans is a tracer that remembers.
type spans struct {
	mu      sync.Mutex
	queries []handle.Query
	errs    []error
}

func (s *spans) StartQuery(ctx context.Context, q handle.Query) (context.Context, func(error)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queries = append(s.queries, q)
	return ctx, func(err error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.errs = append(s.errs, err)
	}
}

// TestObservability: slow queries and traces name the query and hold none of
// its values.
func TestObservability(t *testing.T) {
	enginetest.RunEmpty(t, func(t *testing.T, env *enginetest.Env) {
		var log strings.Builder
		tracer := new(spans)
		db := env.Open(t, chameleon.WithLogger(slog.New(slog.NewTextHandler(&log, nil))),
			chameleon.WithSlowQueryThreshold(time.Nanosecond), chameleon.WithTracer(tracer))
		var n int
		require.NoError(t, db.NewRaw("SELECT 1 WHERE ? = 'hunter2'", "hunter2").Scan(t.Context(), &n))
		require.NoError(t, db.NewSelect().ColumnExpr("1").Where("'SECRET' = ?", "SECRET").Scan(t.Context(), &n))
		_, err := db.ExecContext(t.Context(), "SELEKT'SECRET'")
		require.Error(t, err)
		require.NoError(t, db.RunInTx(t.Context(), nil, func(context.Context, bun.Tx) error { return nil }))

		assert.Contains(t, log.String(), "slow query")
		assert.Contains(t, log.String(), "SELECT ? WHERE ? = ?")
		assert.NotContains(t, log.String(), "SECRET")
		assert.NotContains(t, log.String(), "hunter2")
		require.Len(t, tracer.errs, len(tracer.queries))
		assert.Equal(t, handle.Query{Engine: env.Engine, Operation: "SELECT", Text: "SELECT ? WHERE ? = ?"}, tracer.queries[0])
		for _, q := range tracer.queries {
			assert.NotContains(t, q.Text+q.Operation, "SECRET")
		}
		require.NoError(t, tracer.errs[0])
		require.Error(t, tracer.errs[2])

		log.Reset()
		quiet := env.Open(t, chameleon.WithLogger(slog.New(slog.NewTextHandler(&log, nil))), chameleon.WithSlowQueryThreshold(0))
		require.NoError(t, quiet.NewSelect().ColumnExpr("1").Scan(t.Context(), &n))
		assert.Empty(t, log.String())
	})
}

// TestPoolSize: the option, then the URL, then the default.
func TestPoolSize(t *testing.T) {
	for _, engine := range []dialect.Engine{dialect.PostgreSQL, dialect.MySQL, dialect.MariaDB} {
		t.Run(string(engine), func(t *testing.T) {
			env := enginetest.NewEmpty(t, engine)
			for limit, opts := range map[int][]chameleon.Option{5: {}, 3: {chameleon.WithPoolSize(3)}} {
				db, err := chameleon.Open(t.Context(), withQuery(t, env.URL, "connection_limit", "5"), opts...)
				require.NoError(t, err)
				assert.Equal(t, limit, db.DB.Stats().MaxOpenConnections)
				require.NoError(t, db.Close())
			}
		})
	}
}

// TestOpenGivesUp: a server that accepts and says nothing does not hold Open
// beyond the context's deadline or the connect timeout.
func TestOpenGivesUp(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = listener.Close() }()
	for _, scheme := range []string{"postgresql", "mysql"} {
		databaseURL := scheme + "://u:SECRET@" + listener.Addr().String() + "/db"
		t.Run(scheme, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer cancel()
			_, err := chameleon.Open(ctx, databaseURL)
			require.ErrorIs(t, err, dialect.ErrTimeout)
			assert.NotContains(t, err.Error(), "SECRET")

			_, err = chameleon.Open(context.Background(), databaseURL, chameleon.WithConnectTimeout(50*time.Millisecond))
			assert.True(t, isKind(err, dialect.ErrTimeout, dialect.ErrUnavailable), err)

			ctx, cancel = context.WithCancel(t.Context())
			cancel()
			_, err = chameleon.Open(ctx, databaseURL)
			require.ErrorIs(t, err, dialect.ErrCanceled)
		})
	}
}

// withQuery sets a parameter of a URL.
func withQuery(t *testing.T, databaseURL, key, value string) string {
	t.Helper()
	u, err := url.Parse(databaseURL)
	require.NoError(t, err)
	q := u.Query()
	q.Set(key, value)
	u.RawQuery = q.Encode()
	return u.String()
}
