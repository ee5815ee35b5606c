package charger

import (
	"context"
	"fmt"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/internal/wire"
)

// gate is a query hook that can hold queries, or panic.
type gate struct {
	reached chan struct{} // a query has come
	open    chan struct{} // closed: queries pass
	panics  bool
}

func newGate(t *testing.T, env *enginetest.Env) (*gate, *bun.DB) {
	t.Helper()
	g := &gate{reached: make(chan struct{}, 1000), open: make(chan struct{})}
	return g, env.DB.WithQueryHook(g)
}

func (g *gate) BeforeQuery(ctx context.Context, _ *bun.QueryEvent) context.Context {
	if g.panics {
		panic("the application's hook")
	}
	g.reached <- struct{}{}
	select {
	case <-g.open:
	case <-ctx.Done():
	}
	return ctx
}

func (*gate) AfterQuery(context.Context, *bun.QueryEvent) {}

// returned is the result of a charge that a goroutine waits for.
func returned(ctx context.Context, c *Charger, p credits.ChargeParams) <-chan credits.Outcome {
	out := make(chan credits.Outcome, 1)
	go func() {
		op, err := c.Charge(ctx, p)
		out <- credits.Outcome{Operation: op, Err: err}
	}()
	return out
}

// TestCallersWhoLeave: one whose charge was not sent knows that nothing is stored, one
// whose charge was sent that it may be, and the others of its group have theirs.
func TestCallersWhoLeave(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		g, db := newGate(t, env)
		c := newCharger(t, Params{DB: db, MaxWaiting: 3})
		user := grant(t, env.DB, 100)
		charge := func(key string) credits.ChargeParams {
			return credits.ChargeParams{UserUUID: user, Amount: 1, Key: key}
		}
		ctx, leave := context.WithCancel(t.Context())
		first := returned(ctx, c, charge("sent"))
		<-g.reached
		second := returned(ctx, c, charge("not sent"))
		third := returned(t.Context(), c, charge("stays"))
		waitFor(c, 2)
		fourth := returned(ctx, c, charge("no place"))
		leave()
		assert.ErrorIs(t, (<-first).Err, dialect.ErrOutcomeUnknown)
		for _, unsent := range []credits.Outcome{<-second, <-fourth} {
			assert.ErrorIs(t, unsent.Err, context.Canceled)
			assert.NotErrorIs(t, unsent.Err, dialect.ErrOutcomeUnknown)
		}
		close(g.open)
		require.NoError(t, (<-third).Err)

		again, err := c.Charge(t.Context(), charge("sent"))
		require.NoError(t, err)
		assert.True(t, again.Replayed)
		again, err = c.Charge(t.Context(), charge("not sent"))
		require.NoError(t, err)
		assert.False(t, again.Replayed)
		_, err = c.Charge(ctx, charge("too late"))
		assert.ErrorIs(t, err, dialect.ErrCanceled)
		env.Verified(t)
	})
}

// waitFor returns when so many calls wait in the lane.
func waitFor(c *Charger, n int) {
	for l := c.lanes[0]; ; {
		l.mu.Lock()
		there := len(l.waiting)
		l.mu.Unlock()
		if there == n {
			return
		}
		runtime.Gosched()
	}
}

// TestShutdownWhileBusy: what was taken is done, also what waits; nothing more is
// taken.
func TestShutdownWhileBusy(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		user := grant(t, env.DB, 100)
		for name, patient := range map[string]bool{"drains": true, "is broken off": false} {
			g, db := newGate(t, env)
			c, err := New(Params{DB: db, Lanes: 1})
			require.NoError(t, err)
			under := returned(t.Context(), c, credits.ChargeParams{UserUUID: user, Amount: 1, Key: name + " 1"})
			<-g.reached
			waits := returned(t.Context(), c, credits.ChargeParams{UserUUID: user, Amount: 1, Key: name + " 2"})
			waitFor(c, 1)
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan error, 1)
			go func() { done <- c.Shutdown(ctx) }()
			<-c.closing
			_, err = c.Charge(t.Context(), credits.ChargeParams{UserUUID: user, Amount: 1})
			require.ErrorIs(t, err, ErrClosed)
			if patient {
				close(g.open)
				require.NoError(t, <-done, name)
				require.NoError(t, (<-under).Err)
				require.NoError(t, (<-waits).Err)
			} else {
				cancel()
				require.ErrorIs(t, <-done, context.Canceled, name)
				require.Error(t, (<-under).Err)
				require.ErrorIs(t, (<-waits).Err, ErrClosed)
			}
			cancel()
			require.NoError(t, c.Shutdown(t.Context()))
		}
		env.Verified(t)
	})
}

// TestOneBrokenAccount: charges of an account whose rows contradict one another fail,
// and those that were gathered with them do not.
func TestOneBrokenAccount(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		c := newCharger(t, Params{DB: env.DB})
		good, bad := grant(t, env.DB, 100), grant(t, env.DB, 100)
		_, err := env.DB.ExecContext(t.Context(),
			"UPDATE credits SET balance = 500, left_credits = 500, open_left = 1 WHERE user_uuid = ?", bad)
		require.NoError(t, err)
		var charges []credits.ChargeParams
		for _, user := range []string{good, bad, bad, good} {
			charges = append(charges, credits.ChargeParams{UserUUID: user, Amount: 7})
		}
		outcomes := together(t, c, charges)
		require.NoError(t, outcomes[0].Err)
		require.ErrorIs(t, outcomes[1].Err, credits.ErrCorrupt)
		require.ErrorIs(t, outcomes[2].Err, credits.ErrCorrupt)
		require.NoError(t, outcomes[3].Err)
		assert.EqualValues(t, 86, outcomes[3].Operation.Available)
	})
}

// TestPanicsAreContained: a hook that panics ends its group with an error, and the
// charger goes on.
func TestPanicsAreContained(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		g, db := newGate(t, env)
		close(g.open)
		c := newCharger(t, Params{DB: db})
		user := grant(t, env.DB, 100)
		charges := []credits.ChargeParams{{UserUUID: user, Amount: 1, Key: "a"}, {UserUUID: user, Amount: 1, Key: "b"}}
		g.panics = true
		for _, o := range together(t, c, charges) {
			require.ErrorIs(t, o.Err, dialect.ErrOutcomeUnknown)
			require.ErrorContains(t, o.Err, "the application's hook")
		}
		g.panics = false
		for _, o := range together(t, c, charges) {
			require.NoError(t, o.Err)
			assert.False(t, o.Operation.Replayed)
		}
		env.Verified(t)
	})
}

// TestCutConnections cuts the line at each exchange of a group, before the server
// hears of it and after it has answered. Every caller has its charge, once, and is not
// told that somebody else did it.
func TestCutConnections(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		if env.Engine == dialect.SQLite {
			testDiskGone(t, env)
			return
		}
		proxy, through := wire.Before(t, env.URL)
		db, err := chameleon.Open(t.Context(), through, chameleon.WithPoolSize(1))
		require.NoError(t, err)
		t.Cleanup(func() { assert.NoError(t, db.Close()) })
		c := newCharger(t, Params{DB: db})
		one, other := grant(t, env.DB, 1000), grant(t, env.DB, 1000)
		together(t, c, []credits.ChargeParams{{UserUUID: one, Amount: 1}, {UserUUID: other, Amount: 1}}) // what is asked once a handle
		rounds := int64(1)
		proxy.EachCut(1, func(cut wire.Cut) {
			key := fmt.Sprint(cut.At, cut.After)
			outcomes := together(t, c, []credits.ChargeParams{
				{UserUUID: one, Amount: 1, Key: key}, {UserUUID: other, Amount: 1, Key: key},
			})
			rounds++
			for _, o := range outcomes {
				require.NoError(t, o.Err, "exchange %d, after: %v", cut.At, cut.After)
				require.False(t, o.Operation.Replayed)
				require.Equal(t, 1000-rounds, o.Operation.Available)
			}
		})
		env.Verified(t)
	})
}

// testDiskGone is for SQLite, which has no line to cut: a statement fails.
func testDiskGone(t *testing.T, env *enginetest.Env) {
	t.Helper()
	user := grant(t, env.DB, 10)
	_, err := env.DB.ExecContext(t.Context(), `CREATE TRIGGER full BEFORE INSERT ON credits_trans WHEN NEW.op_key = 'lost'
		BEGIN SELECT RAISE(ABORT, 'the disk is full'); END`)
	require.NoError(t, err)
	c := newCharger(t, Params{DB: env.DB})
	outcomes := together(t, c, []credits.ChargeParams{
		{UserUUID: user, Amount: 1, Key: "a"}, {UserUUID: user, Amount: 1, Key: "lost"}, {UserUUID: user, Amount: 1, Key: "b"},
	})
	require.NoError(t, outcomes[0].Err)
	require.Error(t, outcomes[1].Err)
	require.NoError(t, outcomes[2].Err)
	assert.EqualValues(t, 8, outcomes[2].Operation.Available)
	env.Verified(t)
}
