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

func TestTenPushesAtOnce(t *testing.T) {
	enginetest.RunEmpty(t, func(t *testing.T, env *enginetest.Env) {
		const n = 10
		var (
			wg    sync.WaitGroup
			start = make(chan struct{})
			made  [n]*schema.Result
			errs  [n]error
		)
		for i := range n {
			db := env.Open(t)
			wg.Go(func() {
				<-start
				made[i], errs[i] = schema.Push(t.Context(), db, testModels()...)
			})
		}
		close(start)
		wg.Wait()

		seen := make(map[string]bool)
		for i := range n {
			require.NoError(t, errs[i])
			for _, c := range made[i].Changes {
				require.False(t, seen[c.Statement], "made twice: %s", c.Statement)
				seen[c.Statement] = true
			}
		}
		require.NotEmpty(t, seen)
		require.Empty(t, push(t, env.DB))
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
