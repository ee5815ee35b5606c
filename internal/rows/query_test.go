package rows_test

import (
	"context"
	"runtime/metrics"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/engines"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/internal/rows"
	"github.com/chameleon-go/chameleon/internal/unwatched"
)

// slow is a query that takes far longer than the test waits for it.
func slow(engine dialect.Engine) string {
	switch engine {
	case dialect.PostgreSQL:
		return "SELECT pg_sleep(30)::text WHERE 1 = ?::int"
	case dialect.SQLite:
		return "WITH RECURSIVE n(i) AS (SELECT ? UNION ALL SELECT i + 1 FROM n WHERE i < 200000000) SELECT MAX(i) FROM n"
	}
	return "SELECT SLEEP(30) WHERE 1 = ?"
}

// database/sql does not see the end of the context; the driver does.
func TestContextEndsQuery(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		db := env.Open(t, chameleon.WithPoolSize(1))
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		var answer []string
		err := rows.Prepared(db, slow(env.Engine), 1).Scan(ctx, &answer)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.NoError(t, rows.Prepared(db, "SELECT uuid FROM users WHERE uuid = ?", "u").Scan(t.Context(), &answer))
	})
}

// A row that is read after the context has ended is an error, as in database/sql.
func TestContextEndsBetweenRows(t *testing.T) {
	t.Parallel()
	db := enginetest.New(t, dialect.SQLite).DB
	conn, err := db.DB.Conn(t.Context())
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close()) }()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	found, err := conn.QueryContext(unwatched.Context(ctx), "SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT ?", 3)
	require.NoError(t, err)
	defer func() { require.NoError(t, found.Close()) }()
	require.True(t, found.Next())
	cancel()
	require.False(t, found.Next())
	require.ErrorIs(t, found.Err(), context.Canceled)
}

// A query waits for a connection no longer than its context, and gives its own back
// whatever happens.
func TestQueriesReturnTheirConnections(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		db := env.Open(t)
		db.SetMaxOpenConns(1) // SQLite's handles have another limit
		ask := func(ctx context.Context, text string, dest any) error {
			return rows.Prepared(db, text, "u").Scan(ctx, dest)
		}
		var texts []string
		var numbers []int64
		require.NoError(t, ask(t.Context(), "SELECT uuid FROM users WHERE uuid = ?", &texts))
		require.Error(t, ask(t.Context(), "SELECT nothing FROM nowhere WHERE uuid = ?", &texts))
		require.Error(t, ask(t.Context(), "SELECT 'x' FROM (SELECT 1 AS one) AS t WHERE 'u' = ?", &numbers), "not a number")
		require.PanicsWithValue(t, "hook", func() {
			_ = rows.Prepared(db.WithQueryHook(panics{}), "SELECT uuid FROM users WHERE uuid = ?", "u").Scan(t.Context(), &texts)
		})
		require.Zero(t, db.Stats().InUse)

		conn, err := db.DB.Conn(t.Context())
		require.NoError(t, err)
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		require.ErrorIs(t, ask(ctx, "SELECT uuid FROM users WHERE uuid = ?", &texts), context.DeadlineExceeded)
		require.NoError(t, conn.Close())
		require.NoError(t, ask(t.Context(), "SELECT uuid FROM users WHERE uuid = ?", &texts))
		require.Zero(t, db.Stats().InUse)
	})
}

// panics is a hook that fails once the rows have been read.
type panics struct{}

func (panics) BeforeQuery(ctx context.Context, _ *bun.QueryEvent) context.Context { return ctx }
func (panics) AfterQuery(context.Context, *bun.QueryEvent)                        { panic("hook") }

// A context that may end costs a query no goroutine. SQLite's driver watches by one, in BEGIN
// and in reads: another program may have the database locked.
//
//nolint:paralleltest // counts what the whole process starts
func TestGoroutinesOfQueries(t *testing.T) {
	for _, engine := range append(engines.OfServers(), dialect.SQLite) {
		db := enginetest.New(t, engine).DB
		account := "account-" + string(engine)
		_, err := credits.Grant(t.Context(), db, credits.GrantParams{UserUUID: account, Type: credits.TypeOrderPay, Amount: 100, Key: "g"})
		require.NoError(t, err)
		charge := func() {
			_, err := credits.Charge(t.Context(), db, credits.ChargeParams{UserUUID: account, Amount: 1})
			require.NoError(t, err)
		}
		read := func() {
			_, err := credits.Balance(t.Context(), db, credits.BalanceParams{UserUUID: account})
			require.NoError(t, err)
		}
		limits := map[string]int{"charge": 0, "read": 0}
		if engine == dialect.SQLite {
			limits = map[string]int{"charge": 1, "read": 1}
		}
		assert.LessOrEqual(t, goroutinesOf(charge), limits["charge"], "a charge on %s", engine)
		assert.LessOrEqual(t, goroutinesOf(read), limits["read"], "a read on %s", engine)
	}
}

// goroutinesOf returns how many goroutines fn usually starts.
func goroutinesOf(fn func()) int {
	sample := []metrics.Sample{{Name: "/sched/goroutines-created:goroutines"}}
	started := make([]int, 15)
	for i := range started {
		metrics.Read(sample)
		before := sample[0].Value.Uint64()
		fn()
		metrics.Read(sample)
		started[i] = int(sample[0].Value.Uint64() - before)
	}
	slices.Sort(started)
	return started[len(started)/2]
}
