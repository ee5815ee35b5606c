package credits_test

import (
	"context"
	"fmt"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/internal/wire"
)

// TestLateAttemptAfterRefusal keeps a charge on its way until the call has
// looked again, found too few credits and returned. Then it arrives and is
// performed: the call must not have said that it was refused.
func TestLateAttemptAfterRefusal(t *testing.T) {
	t.Parallel()
	onServers(t, func(t *testing.T, env *enginetest.Env) {
		tell, proxy, db := behindProxy(t, env)
		op := tell.ChargeOp("late", 90, start)
		held := proxy.HoldNext()
		done := make(chan error, 1)
		go func() {
			_, err := credits.Charge(t.Context(), db, op)
			done <- err
		}()
		request := <-held
		tell.Charge("meanwhile", 50, start)
		request.Lose()
		err := <-done
		require.ErrorIs(t, err, dialect.ErrOutcomeUnknown)
		require.ErrorIs(t, err, dialect.ErrUnavailable)
		require.NotErrorIs(t, err, credits.ErrInsufficient)
		require.ErrorContains(t, err, "need 90, have 49")

		tell.Do(credits.RefundParams{UserUUID: tell.User, ChargeKey: "meanwhile", Key: "back", At: start})
		request.Deliver()
		assert.EqualValues(t, 9, tell.Check().Row.Balance, "it was performed after all")
		assert.True(t, tell.Do(op).Replayed)
	})
}

// behindProxy returns an account with 99 credits and a handle of one
// connection, which has charged before.
func behindProxy(t *testing.T, env *enginetest.Env) (*teller, *wire.Proxy, *bun.DB) {
	t.Helper()
	u, err := url.Parse(env.URL)
	require.NoError(t, err)
	q := u.Query()
	if env.Engine == dialect.PostgreSQL { // in the clear, so that COMMIT can be seen
		q.Set("sslmode", "disable")
	} else {
		q.Set("ssl-mode", "DISABLED")
	}
	u.RawQuery = q.Encode()
	proxy, through := wire.Before(t, u.String())
	db, err := chameleon.Open(t.Context(), through, chameleon.WithPoolSize(1))
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, db.Close()) })
	tell := newTeller(t, env)
	tell.Grant("g", 100)
	_, err = credits.Charge(t.Context(), db, tell.ChargeOp("warm", 1, start))
	require.NoError(t, err)
	return tell, proxy, db
}

// TestDeadlineTellsWhatIsKnown has deadlines pass at places where the work may
// be stored, and at places where it surely is not.
func TestDeadlineTellsWhatIsKnown(t *testing.T) {
	t.Parallel()
	onServers(t, func(t *testing.T, env *enginetest.Env) {
		tell := newTeller(t, env)
		tell.Grant("g", 100)
		charge := func(ctx context.Context, db bun.IDB) error {
			_, err := credits.Charge(ctx, db, tell.ChargeOp("c", 10, start))
			return err
		}
		// A charge in one round trip waits for the row: it may still be done.
		release := tell.block()
		err := expire(t, func(ctx context.Context) error { return charge(ctx, env.DB) })
		require.ErrorIs(t, err, dialect.ErrOutcomeUnknown)
		// A hold waits for the row before its COMMIT: it will not be done.
		err = expire(t, func(ctx context.Context) error {
			_, err := credits.Hold(ctx, env.DB, tell.HoldOp("h", 10, start, time.Hour))
			return err
		})
		require.NotErrorIs(t, err, dialect.ErrOutcomeUnknown)
		// Nor will what the caller's transaction has not committed, nor can it.
		tx, err := env.DB.BeginTx(t.Context(), nil)
		require.NoError(t, err)
		err = expire(t, func(ctx context.Context) error { return charge(ctx, tx) })
		require.NotErrorIs(t, err, dialect.ErrOutcomeUnknown)
		require.Error(t, tx.Commit())
		release()
		tell.awaitWaiter(0)

		// No connection is free: nothing was sent.
		db := env.Open(t, chameleon.WithPoolSize(1))
		busy, err := db.Conn(t.Context())
		require.NoError(t, err)
		err = expire(t, func(ctx context.Context) error { return charge(ctx, db) })
		require.NotErrorIs(t, err, dialect.ErrOutcomeUnknown)
		require.NoError(t, busy.Close())

		require.NoError(t, charge(t.Context(), db))
		stored := tell.Check()
		assert.EqualValues(t, 90, stored.Row.Balance)
		assert.Len(t, stored.Entries, 2)
	})
}

// expiry is long enough for a busy machine to come as far as the test means to.
const expiry = 2 * time.Second

// expire runs fn under a deadline that it meets, and returns its error.
func expire(t *testing.T, fn func(ctx context.Context) error, what ...any) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), expiry)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- fn(ctx) }()
	select {
	case err := <-done:
		require.ErrorIs(t, err, context.DeadlineExceeded, what...)
		if _, raw := err.(*dialect.Error); raw { //nolint:errorlint // a caller's own COMMIT may return the driver's
			require.ErrorIs(t, err, dialect.ErrTimeout)
		}
		return err
	case <-time.After(time.Minute):
		require.Fail(t, "the call outlives its deadline")
		return nil
	}
}

// silences are what is under way when the line goes silent at COMMIT.
func silences(tell *teller, key string) map[string]func(ctx context.Context, db *bun.DB) error {
	hold := func(of string) credits.HoldParams { return tell.HoldOp(key+of, 1, start, time.Hour) }
	return map[string]func(ctx context.Context, db *bun.DB) error{
		"a verb": func(ctx context.Context, db *bun.DB) error {
			_, err := credits.Hold(ctx, db, hold("verb"))
			return err
		},
		"a batch": func(ctx context.Context, db *bun.DB) error {
			_, err := credits.Post(ctx, db, credits.PostParams{Ops: ops(hold("batch"))})
			return err
		},
		"a caller's transaction": func(ctx context.Context, db *bun.DB) error {
			return db.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
				_, err := credits.Charge(ctx, tx, tell.ChargeOp(key+"caller", 1, start))
				return err
			})
		},
	}
}

// TestSilenceAtCommit makes the line go silent when COMMIT is sent, whether the
// server gets it or not. The call ends with its context, and the connection is
// given up.
func TestSilenceAtCommit(t *testing.T) {
	t.Parallel()
	onServers(t, func(t *testing.T, env *enginetest.Env) {
		for _, delivered := range []bool{false, true} {
			tell, proxy, db := behindProxy(t, env)
			for name, work := range silences(tell, fmt.Sprint("k", delivered)) {
				proxy.HushAt(commitOf(env), delivered)
				err := expire(t, func(ctx context.Context) error { return work(ctx, db) }, name)
				require.ErrorIs(t, err, dialect.ErrOutcomeUnknown, name)
				assert.Zero(t, db.Stats().InUse, name)
				proxy.Drop()
				_, err = credits.Charge(t.Context(), db, tell.ChargeOp(name, 1, start))
				require.NoError(t, err, "the handle recovers")
			}
			tell.Check()
		}
	})
}

// commitOf is COMMIT alone as it looks on the wire.
func commitOf(env *enginetest.Env) string {
	if env.Engine == dialect.PostgreSQL {
		return "COMMIT\x00"
	}
	return "\x03COMMIT"
}

// TestSilenceAtRollback: the context ends first, and then nobody answers
// ROLLBACK.
func TestSilenceAtRollback(t *testing.T) {
	t.Parallel()
	onServers(t, func(t *testing.T, env *enginetest.Env) {
		tell, proxy, db := behindProxy(t, env)
		proxy.HushAt("ROLLBACK", true)
		err := expire(t, func(ctx context.Context) error {
			return db.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
				_, err := credits.Charge(ctx, tx, tell.ChargeOp("c", 1, start))
				require.NoError(t, err)
				<-ctx.Done()
				return ctx.Err()
			})
		})
		require.NotErrorIs(t, err, dialect.ErrOutcomeUnknown)
		proxy.Drop()
		require.NoError(t, db.PingContext(t.Context()), "the handle recovers")
		assert.Zero(t, db.Stats().InUse)
		assert.EqualValues(t, 99, tell.Check().Row.Balance)
	})
}
