package schema_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/schema"
)

// Ten processes push at once, also where indexes are built beside writes: one does the
// work, and the others wait for it.
func TestTenPushesAtOnce(t *testing.T) {
	enginetest.RunEmpty(t, func(t *testing.T, env *enginetest.Env) {
		partly(t, env.DB)
		const n = 10
		var (
			wg    sync.WaitGroup
			start = make(chan struct{})
			made  [n]*schema.Result
			errs  [n]error
		)
		models := append(testModels(), (*counted)(nil))
		exec(t, env.DB, `CREATE TABLE counted (id bigint NOT NULL PRIMARY KEY, number bigint)`, `INSERT INTO counted (id) VALUES (1)`)
		for i := range n {
			db := env.Open(t)
			wg.Go(func() {
				<-start
				made[i], errs[i] = schema.Options{LargeTable: 1}.Push(t.Context(), db, models...)
			})
		}
		close(start)
		wg.Wait()

		seen, online := make(map[string]bool), false
		for i := range n {
			require.NoError(t, errs[i])
			for _, c := range made[i].Changes {
				require.False(t, seen[c.Statement], "made twice: %s", c.Statement)
				seen[c.Statement], online = true, online || c.Online
			}
		}
		require.NotEmpty(t, seen)
		require.Equal(t, env.Engine != dialect.SQLite, online)
		status, err := schema.Status(t.Context(), env.DB, models...)
		require.NoError(t, err)
		require.True(t, status.UpToDate, status.Text())
		require.Len(t, status.Pushes, 1)
	})
}

// counted lacks an index in its table.
type counted struct {
	bun.BaseModel `bun:"table:counted"`

	ID     int64 `bun:"id,pk,type:bigint"`
	Number int64 `bun:"number,nullzero,type:bigint"`
}

func (*counted) Indexes() []dialect.Index {
	return []dialect.Index{{Name: "counted_number_idx", Columns: []string{"number"}}}
}

// A push that waits for a table behind a long transaction lets those pass who come after
// it, and comes back.
func TestPushLetsOthersPass(t *testing.T) {
	enginetest.RunEmpty(t, func(t *testing.T, env *enginetest.Env) {
		if !dialect.Of(env.DB).LocksRows() {
			return // readers do not wait for a writer
		}
		partly(t, env.DB)
		long, err := env.DB.BeginTx(t.Context(), nil)
		require.NoError(t, err)
		defer func() { _ = long.Rollback() }()
		var rows int
		require.NoError(t, long.NewRaw("SELECT COUNT(*) FROM shares").Scan(t.Context(), &rows))

		pushed := make(chan error, 1)
		pusher := env.Open(t)
		go func() {
			_, err := schema.Options{LockWait: 100 * time.Millisecond}.Push(t.Context(), pusher, testModels()...)
			pushed <- err
		}()
		waiting(t, env.DB, 0)
		require.NoError(t, env.DB.NewRaw("SELECT COUNT(*) FROM shares").Scan(t.Context(), &rows),
			"while the long transaction is still open")
		require.Equal(t, 2, rows)
		require.NoError(t, long.Rollback())
		require.NoError(t, <-pushed)

		long, err = env.DB.BeginTx(t.Context(), nil)
		require.NoError(t, err)
		defer func() { _ = long.Rollback() }()
		require.NoError(t, long.NewRaw("SELECT COUNT(*) FROM shares").Scan(t.Context(), &rows))
		_, err = schema.Undo(t.Context(), pusher, schema.UndoParams{LockWait: time.Millisecond, Patience: time.Millisecond})
		require.ErrorIs(t, err, dialect.ErrTransient, "patience ends")
		status, err := schema.Status(t.Context(), env.DB, testModels()...)
		require.NoError(t, err)
		require.True(t, status.UpToDate, "and nothing was dropped")
	})
}

// ranked is a share whose number is nobody else's.
type ranked struct {
	share `bun:",extend"`
}

func (*ranked) Indexes() []dialect.Index {
	return []dialect.Index{{Name: "shares_number_unique", Columns: []string{"number"}, Unique: true}}
}

func TestPushSurvivesACanceledContext(t *testing.T) {
	enginetest.RunEmpty(t, func(t *testing.T, env *enginetest.Env) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := schema.Push(ctx, env.DB, testModels()...)
		require.ErrorIs(t, err, context.Canceled)
		require.NotEmpty(t, push(t, env.DB))
	})
}

// The process that pushes dies, or gives up, while it waits for a table that
// another session reads.
func TestPushDiesMidway(t *testing.T) {
	enginetest.RunEmpty(t, func(t *testing.T, env *enginetest.Env) {
		if !dialect.Of(env.DB).LocksRows() {
			return // no sessions: TestPushGoesOnAfterAFailure is what can happen
		}
		for name, end := range map[string]func(t *testing.T, kill func(), cancel func()){
			"killed":   func(_ *testing.T, kill, _ func()) { kill() },
			"canceled": func(_ *testing.T, _, cancel func()) { cancel() },
		} {
			t.Run(name, func(t *testing.T) {
				exec(t, env.DB, `DROP TABLE IF EXISTS people`, `DROP TABLE IF EXISTS shares`,
					quoted(env.Engine, `DROP TABLE IF EXISTS "order"`),
					quoted(env.Engine, `CREATE TABLE "order" (id integer NOT NULL PRIMARY KEY, "key" varchar(50) NOT NULL)`))
				reader := env.Open(t)
				tx, err := reader.BeginTx(t.Context(), nil)
				require.NoError(t, err)
				defer func() { _ = tx.Rollback() }()
				_, err = tx.Tx.ExecContext(t.Context(), quoted(env.Engine, `SELECT COUNT(*) FROM "order"`))
				require.NoError(t, err)

				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				died := make(chan error, 1)
				pusher := env.Open(t)
				go func() {
					_, err := schema.Push(ctx, pusher, testModels()...)
					died <- err
				}()
				session := waiting(t, env.DB, 0)
				end(t, func() { kill(t, env.DB, session) }, cancel)
				require.Error(t, <-died)

				require.NoError(t, tx.Rollback())
				require.NotEmpty(t, push(t, env.DB))
				require.Empty(t, push(t, env.DB))
			})
		}
	})
}

// A push that is killed while it builds an index beside writes leaves an invalid one,
// which status shows, and the next push makes anew; one undo takes back what both made.
func TestPushKilledWhileItBuildsAnIndex(t *testing.T) {
	env := enginetest.NewEmpty(t, dialect.PostgreSQL)
	exec(t, env.DB, `CREATE TABLE counted (id bigint NOT NULL PRIMARY KEY, number bigint)`, `INSERT INTO counted (id) VALUES (1)`)
	writer, err := env.Open(t).BeginTx(t.Context(), nil)
	require.NoError(t, err)
	defer func() { _ = writer.Rollback() }()
	_, err = writer.ExecContext(t.Context(), `UPDATE counted SET number = 1`)
	require.NoError(t, err)

	careful, died, pusher := schema.Options{LargeTable: 1}, make(chan error, 1), env.Open(t)
	go func() {
		_, err := careful.Push(t.Context(), pusher, (*counted)(nil))
		died <- err
	}()
	var session int64
	require.Eventually(t, func() bool { // it waits for the writer, and has made the index by then
		return env.DB.DB.QueryRowContext(t.Context(), `SELECT a.pid FROM pg_stat_activity AS a WHERE a.datname = current_database()`+
			` AND a.wait_event_type = 'Lock' AND a.query LIKE 'CREATE INDEX CONCURRENTLY%'`+
			` AND EXISTS (SELECT 1 FROM pg_class WHERE relname = 'counted_number_idx')`).Scan(&session) == nil
	}, time.Minute, 10*time.Millisecond, "the build never came to wait")
	kill(t, env.DB, session)
	require.Error(t, <-died)
	require.NoError(t, writer.Rollback())

	status, err := schema.Status(t.Context(), env.DB, (*counted)(nil))
	require.NoError(t, err)
	require.Len(t, status.Invalid, 1, status.Text())
	require.Equal(t, "counted_number_idx", status.Invalid[0].Index)
	require.False(t, status.UpToDate)
	made, err := careful.Push(t.Context(), env.DB, (*counted)(nil))
	require.NoError(t, err)
	require.Len(t, made.Changes, 1)
	require.Equal(t, `DROP INDEX CONCURRENTLY "counted_number_idx"`, made.Changes[0].Clears)
	status, err = schema.Status(t.Context(), env.DB, (*counted)(nil))
	require.NoError(t, err)
	require.True(t, status.UpToDate, status.Text())
	require.Empty(t, status.Invalid)
	require.Len(t, status.Pushes, 1)
	_, err = schema.Undo(t.Context(), env.DB, schema.UndoParams{})
	require.NoError(t, err)
	planned, err := careful.Plan(t.Context(), env.DB, (*counted)(nil))
	require.NoError(t, err)
	require.Len(t, planned.Changes, 1)
}

// A timeout that suits queries does not end a push that waits, for another one
// or for a table, longer than that.
func TestPushOutlastsTheStatementTimeout(t *testing.T) {
	enginetest.RunEmpty(t, func(t *testing.T, env *enginetest.Env) {
		if !dialect.Of(env.DB).LocksRows() {
			return // no statement timeout
		}
		exec(t, env.DB, quoted(env.Engine, `CREATE TABLE "order" (id integer NOT NULL PRIMARY KEY, "key" varchar(50) NOT NULL)`))
		tx, err := env.DB.BeginTx(t.Context(), nil)
		require.NoError(t, err)
		defer func() { _ = tx.Rollback() }()
		_, err = tx.Tx.ExecContext(t.Context(), quoted(env.Engine, `SELECT COUNT(*) FROM "order"`))
		require.NoError(t, err)

		errs := make(chan error, 2)
		for range 2 {
			db := env.Open(t, chameleon.WithStatementTimeout(time.Second))
			go func() {
				_, err := schema.Options{LockWait: time.Minute}.Push(t.Context(), db, testModels()...)
				errs <- err
			}()
		}
		waiting(t, env.DB, 2)
		require.NoError(t, tx.Rollback())
		require.NoError(t, <-errs)
		require.NoError(t, <-errs)
		require.Empty(t, push(t, env.DB))
	})
}

// Behind a transaction pooler each transaction may be another session.
func TestPushesThroughAPooler(t *testing.T) {
	pooled := enginetest.PgBouncer(t)
	const n = 10
	errs := make(chan error, n)
	for range n {
		db, err := chameleon.Open(t.Context(), pooled.URL)
		require.NoError(t, err)
		t.Cleanup(func() { _ = db.Close() })
		require.True(t, dialect.Of(db).Pooled)
		go func() {
			_, err := schema.Push(t.Context(), db, testModels()...)
			errs <- err
		}()
	}
	for range n {
		require.NoError(t, <-errs)
	}
	require.Empty(t, push(t, pooled.Direct.DB))
	var locks int
	require.NoError(t, pooled.Direct.DB.NewRaw("SELECT COUNT(*) FROM pg_locks WHERE locktype = 'advisory'"+
		" AND database = (SELECT oid FROM pg_database WHERE datname = current_database())").Scan(t.Context(), &locks))
	require.Zero(t, locks, "no lock is left with the pooler's sessions")
}

// waiting returns the session whose ALTER TABLE has waited for a table's lock
// for a number of seconds, once there is one.
func waiting(t *testing.T, db *bun.DB, seconds int) (id int64) {
	t.Helper()
	query := `SELECT pid FROM pg_stat_activity WHERE datname = current_database()` +
		` AND wait_event_type = 'Lock' AND query LIKE 'ALTER TABLE%'` +
		fmt.Sprintf(` AND clock_timestamp() - query_start >= interval '%d s'`, seconds)
	if dialect.Of(db).IsMySQL() {
		query = `SELECT ID FROM information_schema.PROCESSLIST WHERE DB = DATABASE()` +
			` AND STATE LIKE 'Waiting for table%' AND INFO LIKE 'ALTER TABLE%'` +
			fmt.Sprintf(` AND TIME >= %d`, seconds)
	}
	require.Eventually(t, func() bool {
		return db.DB.QueryRowContext(t.Context(), query).Scan(&id) == nil
	}, time.Minute, 10*time.Millisecond, "the push never came to wait")
	return id
}

// kill ends a session as a crash of its client, or an operator, would.
func kill(t *testing.T, db *bun.DB, session int64) {
	t.Helper()
	if dialect.Of(db).IsMySQL() {
		exec(t, db, fmt.Sprintf("KILL %d", session))
		return
	}
	exec(t, db, fmt.Sprintf("SELECT pg_terminate_backend(%d)", session))
}
