package credits_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
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
	"github.com/chameleon-go/chameleon/internal/wire"
)

// The tests here are about a server that cannot deliver an answer and goes on
// with the rest of the packet. They reach the server without a forwarder in
// between, which would take the answers.

// onServers runs fn on each engine that is reached over a network.
func onServers(t *testing.T, fn func(t *testing.T, env *enginetest.Env)) {
	t.Helper()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		for _, engine := range engines.OfServers() {
			if engine == env.Engine {
				fn(t, env)
			}
		}
	})
}

// straight opens a handle through a proxy that reaches the server itself.
func straight(t *testing.T, env *enginetest.Env, opts ...chameleon.Option) (*wire.Proxy, *bun.DB) {
	t.Helper()
	proxy, through := wire.Before(t, env.Direct(t))
	db, err := chameleon.Open(t.Context(), through, opts...)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, db.Close()) })
	return proxy, db
}

// TestResetWhileChargeWaits breaks the connection while the charge waits for
// the account's row. The server performs the charge afterwards, and can tell
// nobody. It must be stored whole or not at all, and the call goes on to find
// it or to do it: once.
func TestResetWhileChargeWaits(t *testing.T) {
	t.Parallel()
	onServers(t, func(t *testing.T, env *enginetest.Env) {
		proxy, db := straight(t, env)
		tell := newTeller(t, env)
		tell.Grant("g", 100)
		for i := range 20 {
			key := fmt.Sprint("c", i)
			release := tell.block()
			done := make(chan error, 1)
			var op *credits.Operation
			go func() {
				var err error
				op, err = credits.Charge(t.Context(), db, tell.ChargeOp(key, 1, start))
				done <- err
			}()
			tell.awaitWaiter(1)
			proxy.Reset()
			release()
			require.NoError(t, <-done)
			assert.False(t, op.Replayed, "no earlier call did it")
			tell.awaitWaiter(0)
			again := tell.Charge(key, 1, start)
			assert.True(t, again.Replayed)
			assert.EqualValues(t, 99-i, tell.Check().Row.Balance, "after charge %d", i)
		}
	})
}

// TestResetInCallersTransaction breaks it in a caller's transaction, which must
// not be committed, neither whole nor in part.
func TestResetInCallersTransaction(t *testing.T) {
	t.Parallel()
	onServers(t, func(t *testing.T, env *enginetest.Env) {
		proxy, db := straight(t, env)
		tell := newTeller(t, env)
		tell.Grant("g", 100)
		for i := range 5 {
			release := tell.block()
			tx, err := db.BeginTx(t.Context(), nil)
			require.NoError(t, err)
			done := make(chan error, 1)
			go func() {
				_, err := credits.Charge(t.Context(), tx, tell.ChargeOp(fmt.Sprint("c", i), 1, start))
				done <- err
			}()
			tell.awaitWaiter(1)
			proxy.Reset()
			release()
			require.ErrorIs(t, <-done, dialect.ErrUnavailable)
			require.Error(t, tx.Commit())
			tell.awaitWaiter(0)
			assert.EqualValues(t, 100, tell.Check().Row.Balance)
		}
	})
}

// TestDeadlinesEndChargesAnywhere works one account under deadlines that end
// calls at any point of the way. What was not learned is repeated; in the end
// every charge is there once.
func TestDeadlinesEndChargesAnywhere(t *testing.T) {
	t.Parallel()
	const workers, calls = 4, 40
	onServers(t, func(t *testing.T, env *enginetest.Env) {
		tell := newTeller(t, env)
		tell.Grant("g", 100_000)
		var mu sync.Mutex
		interrupted := 0
		together(workers, func(worker int) {
			db, err := chameleon.Open(t.Context(), env.Direct(t), chameleon.WithPoolSize(1))
			if !assert.NoError(t, err) {
				return
			}
			defer func() { assert.NoError(t, db.Close()) }()
			for i := range calls {
				op := tell.ChargeOp(fmt.Sprint(worker, ".", i), 1, start)
				limit := time.Duration(1+(i*7+worker)%12) * 500 * time.Microsecond
				for {
					// Connected, so that the deadline falls into the charge.
					if !assert.NoError(t, db.PingContext(t.Context())) {
						return
					}
					ctx, cancel := context.WithTimeout(t.Context(), limit)
					_, err := credits.Charge(ctx, db, op)
					cancel()
					if err == nil {
						break
					}
					if !errors.Is(err, context.DeadlineExceeded) {
						assert.NoError(t, err)
						return
					}
					mu.Lock()
					interrupted++
					mu.Unlock()
					limit *= 2
				}
			}
		})
		assert.Positive(t, interrupted)
		t.Logf("%s: %d calls met their deadline", env.Engine, interrupted)
		tell.awaitWaiter(0)
		stored := tell.Check()
		assert.EqualValues(t, 100_000-workers*calls, stored.Row.Balance)
		assert.Equal(t, 1+workers*calls, len(stored.Entries)) //nolint:testifylint // Len would print them all
	})
}

// block locks the account's row in a session of its own until it is released.
func (t *teller) block() (release func()) {
	t.Helper()
	tx, err := t.DB.BeginTx(t.Context(), &sql.TxOptions{Isolation: sql.LevelReadCommitted})
	require.NoError(t, err)
	var seq int64
	require.NoError(t, tx.NewRaw("SELECT seq FROM credits WHERE user_uuid = ? FOR UPDATE", t.User).Scan(t.Context(), &seq))
	return func() {
		t.Helper()
		require.NoError(t, tx.Rollback())
	}
}

// awaitWaiter returns when n statements of this test's database wait or run. MySQL
// fails to list them while one of any database holds a character of four bytes.
func (t *teller) awaitWaiter(n int) {
	t.Helper()
	query := "SELECT COUNT(*) FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID() AND command <> 'Sleep'"
	if t.env.Engine == dialect.PostgreSQL {
		query = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() " +
			"AND state = 'active' AND query LIKE '%credits%'"
	}
	require.Eventually(t, func() bool {
		var running int
		err := t.DB.NewRaw(query).Scan(t.Context(), &running)
		return err == nil && running == n
	}, 30*time.Second, 2*time.Millisecond)
}

// TestPartOfAChargeIsAnError takes the INSERT out of the packet: what is left
// must fail before COMMIT, and the caller's transaction must not hold it.
func TestPartOfAChargeIsAnError(t *testing.T) {
	t.Parallel()
	for _, engine := range []dialect.Engine{dialect.MySQL, dialect.MariaDB} {
		t.Run(string(engine), func(t *testing.T) {
			t.Parallel()
			tell := newTeller(t, enginetest.New(t, engine))
			tell.Grant("g", 100)
			op := tell.ChargeOp("c", 1, start)
			require.ErrorContains(t, credits.ChargePart(t.Context(), tell.DB, op), "1690")
			assert.EqualValues(t, 100, tell.Check().Row.Balance)

			if !dialect.Of(tell.DB).SelectsIntoVariables() {
				return // no packet in a caller's transaction
			}
			tx, err := tell.DB.BeginTx(t.Context(), nil)
			require.NoError(t, err)
			require.ErrorContains(t, credits.ChargePartIn(t.Context(), tx, op), "1690")
			require.NoError(t, tx.Rollback())
			assert.EqualValues(t, 100, tell.Check().Row.Balance)
		})
	}
}
