package dialect_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// slow is a statement that runs for longer than any test waits.
func slow(engine dialect.Engine) string {
	switch engine {
	case dialect.PostgreSQL:
		return `SELECT pg_sleep(600)`
	case dialect.MySQL, dialect.MariaDB:
		return `SELECT sleep(600)`
	}
	return `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n`
}

func TestProvokeStatementTimeout(t *testing.T) {
	enginetest.RunEmpty(t, func(t *testing.T, env *enginetest.Env) {
		db := rawDB(t, env)
		var statement, code string
		switch env.Engine {
		case dialect.PostgreSQL:
			db.SetMaxOpenConns(1)
			execAll(t, db, `SET statement_timeout = '20ms'`)
			statement, code = slow(env.Engine), "57014"
		case dialect.MySQL:
			execAll(t, db, `CREATE TABLE digits (d integer)`,
				`INSERT INTO digits VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)`)
			statement, code = `SELECT /*+ MAX_EXECUTION_TIME(20) */ sum(a.d * b.d * c.d * d.d * e.d * f.d * g.d * h.d * i.d * j.d)
				FROM digits a, digits b, digits c, digits d, digits e, digits f, digits g, digits h, digits i, digits j`, "3024"
		case dialect.MariaDB:
			statement, code = `SET STATEMENT max_statement_time = 0.02 FOR `+slow(env.Engine), "1969"
		default:
			return // SQLite has none: a context's deadline is below
		}
		e := explained(t, dialect.KindTimeout, failure(t.Context(), t, db, statement))
		assert.Equal(t, code, e.Code)
		assert.Equal(t, env.Engine, e.Engine)
	})
}

func TestProvokeDeadline(t *testing.T) {
	enginetest.RunEmpty(t, func(t *testing.T, env *enginetest.Env) {
		db := rawDB(t, env)
		require.NoError(t, db.PingContext(t.Context())) // so that the deadline does not fall into connecting
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		err := failure(ctx, t, db, slow(env.Engine))
		requireKind(t, dialect.KindTimeout, err)
		require.ErrorIs(t, dialect.Classify(err), context.DeadlineExceeded)
	})
}

func TestProvokeCancel(t *testing.T) {
	enginetest.RunEmpty(t, func(t *testing.T, env *enginetest.Env) {
		db := rawDB(t, env)
		require.NoError(t, db.PingContext(t.Context()))
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(100*time.Millisecond, cancel)
		err := failure(ctx, t, db, slow(env.Engine))
		requireKind(t, dialect.KindCanceled, err)
		require.ErrorIs(t, dialect.Classify(err), context.Canceled)

		err = failure(ctx, t, db, `SELECT 1`)
		requireKind(t, dialect.KindCanceled, err)
	})
}

func TestProvokeClosed(t *testing.T) {
	enginetest.RunEmpty(t, func(t *testing.T, env *enginetest.Env) {
		db := rawDB(t, env)
		tx, err := db.BeginTx(t.Context(), nil)
		require.NoError(t, err)
		require.NoError(t, tx.Rollback())
		requireKind(t, dialect.KindClosed, failure(t.Context(), t, tx, `SELECT 1`))

		conn, err := db.Conn(t.Context())
		require.NoError(t, err)
		require.NoError(t, conn.Close())
		requireKind(t, dialect.KindClosed, failure(t.Context(), t, conn, `SELECT 1`))

		require.NoError(t, db.Close())
		requireKind(t, dialect.KindClosed, failure(t.Context(), t, db, `SELECT 1`))
		err = dialect.InTx(t.Context(), db, func(context.Context, bun.Tx) error { return nil })
		require.ErrorIs(t, err, dialect.ErrClosed)
	})
}

// session returns the server's id of db's connection.
func session(t *testing.T, env *enginetest.Env, db bun.IDB) int {
	t.Helper()
	if isMySQL(env) {
		return number(t, db, `SELECT connection_id()`)
	}
	return number(t, db, `SELECT pg_backend_pid()`)
}

// kill ends a connection from the server's side and waits until it is gone.
func kill(t *testing.T, env *enginetest.Env, id int) {
	t.Helper()
	admin := rawDB(t, env)
	statement, left := fmt.Sprintf(`SELECT pg_terminate_backend(%d)`, id),
		fmt.Sprintf(`SELECT count(*) FROM pg_stat_activity WHERE pid = %d`, id)
	if isMySQL(env) {
		statement, left = fmt.Sprintf(`KILL %d`, id),
			fmt.Sprintf(`SELECT count(*) FROM information_schema.processlist WHERE id = %d`, id)
	}
	execAll(t, admin, statement)
	require.Eventually(t, func() bool { return says(t, admin, left, 0) }, 30*time.Second, 5*time.Millisecond)
}

func TestProvokeKilled(t *testing.T) {
	onServers(t, func(t *testing.T, env *enginetest.Env) {
		tx, err := rawDB(t, env).BeginTx(t.Context(), nil)
		require.NoError(t, err)
		kill(t, env, session(t, env, tx))
		requireKind(t, dialect.KindUnavailable, failure(t.Context(), t, tx, `SELECT 1`))
	})
}

func TestProvokeKilledWhileRunning(t *testing.T) {
	onServers(t, func(t *testing.T, env *enginetest.Env) {
		conn, err := rawDB(t, env).Conn(t.Context())
		require.NoError(t, err)
		defer func() { _ = conn.Close() }()
		id := session(t, env, conn)
		failed := make(chan error, 1)
		go func() {
			rows, err := conn.QueryContext(t.Context(), slow(env.Engine))
			if err == nil {
				err = drain(rows)
			}
			failed <- err
		}()
		waitForStatement(t, env, id)
		kill(t, env, id)
		requireKind(t, dialect.KindUnavailable, <-failed)
	})
}

// waitForStatement waits until the server runs the slow statement.
func waitForStatement(t *testing.T, env *enginetest.Env, id int) {
	t.Helper()
	admin := rawDB(t, env)
	running := fmt.Sprintf(`SELECT count(*) FROM pg_stat_activity WHERE pid = %d AND wait_event = 'PgSleep'`, id)
	if isMySQL(env) {
		running = fmt.Sprintf(`SELECT count(*) FROM information_schema.processlist WHERE id = %d AND state = 'User sleep'`, id)
	}
	require.Eventually(t, func() bool { return says(t, admin, running, 1) }, 30*time.Second, 5*time.Millisecond)
}

// says reports whether a query answers with a number. MySQL fails to list its
// statements while one of any database holds a character of four bytes.
func says(t *testing.T, db bun.IDB, query string, want int) bool {
	t.Helper()
	var n int
	return db.QueryRowContext(context.WithoutCancel(t.Context()), query).Scan(&n) == nil && n == want
}
