package credits_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/sqlitedialect"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// seen keeps what an observer is told, in the order of the calls.
type seen struct {
	mu         sync.Mutex
	operations []string
	attempts   []dialect.Attempt
}

func (s *seen) Operation(_ context.Context, o dialect.Observed) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.operations = append(s.operations, o.Verb+" "+string(o.Outcome)+" "+o.Reason)
}

func (s *seen) Attempt(_ context.Context, a dialect.Attempt) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.attempts = append(s.attempts, a)
}

// Every operation is told once, whichever way it took: alone, in a batch, in a caller's
// transaction; and every attempt that failed.
func TestObserver(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		told := &seen{}
		db := env.Open(t, chameleon.WithObserver(told))
		ctx, user := t.Context(), uuid.NewString()
		grant := credits.GrantParams{UserUUID: user, Amount: 10, Type: "gift", Key: "g"}
		charge := credits.ChargeParams{UserUUID: user, Amount: 3, Key: "c"}
		_, _ = credits.Grant(ctx, db, grant)
		_, _ = credits.Charge(ctx, db, charge)
		_, _ = credits.Charge(ctx, db, charge)
		charge.Amount = 4
		_, _ = credits.Charge(ctx, db, charge)
		_, _ = credits.Charge(ctx, db, credits.ChargeParams{UserUUID: user, Amount: 500})
		_, _ = credits.Charge(ctx, db, credits.ChargeParams{UserUUID: user, Amount: -1})
		require.NoError(t, db.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
			_, err := credits.Hold(ctx, tx, credits.HoldParams{UserUUID: user, Amount: 1, Key: "h"})
			return err
		}))
		_, err := credits.Post(ctx, db, credits.PostParams{Ops: []credits.Op{
			credits.ReleaseParams{UserUUID: user, HoldKey: "h"}, credits.ReleaseParams{UserUUID: user, HoldKey: "none"},
		}})
		require.NoError(t, err)
		assert.Equal(t, []string{
			"grant done ", "charge done ", "charge replayed ", "charge refused key_reused", "charge refused insufficient",
			" refused invalid", "hold done ", "release done ", "release refused not_found",
		}, told.operations)

		told.operations = nil
		overdraw := credits.OverdrawParams{Charge: credits.ChargeParams{UserUUID: user, Amount: 5, Key: "o1"}, MaxDebt: 9}
		_, err = credits.Overdraw(ctx, db, overdraw) // fits
		require.NoError(t, err)
		overdraw.Charge.Key = "o2"
		for range 2 {
			_, err = credits.Overdraw(ctx, db, overdraw) // lends
			require.NoError(t, err)
		}
		overdraw.Charge.Key, overdraw.Charge.Amount = "o3", 50
		_, err = credits.Overdraw(ctx, db, overdraw)
		require.ErrorIs(t, err, credits.ErrInsufficient)
		overdraw.MaxDebt = 0
		_, err = credits.Overdraw(ctx, db, overdraw)
		require.ErrorIs(t, err, credits.ErrInvalid)
		assert.Equal(t, []string{
			"charge done ", "charge done ", "charge replayed ", "charge refused insufficient", " refused invalid",
		}, told.operations, "an overdraft is one charge, and not a refusal before it")

		told.attempts = nil
		fails := errors.New("not the engine's")
		err = dialect.InTx(ctx, db, func(context.Context, bun.Tx) error { return fails })
		require.ErrorIs(t, err, fails)
		calls := 0
		require.NoError(t, dialect.InTx(ctx, db, func(context.Context, bun.Tx) error {
			if calls++; calls == 1 {
				return &dialect.Error{Kind: dialect.KindTransient, Err: errors.New("deadlock")}
			}
			return nil
		}))
		require.Len(t, told.attempts, 2)
		assert.False(t, told.attempts[0].Again)
		assert.True(t, told.attempts[1].Again)
		assert.Equal(t, dialect.KindTransient, told.attempts[1].Kind)
	})
}

// A handle that somebody else opened has an observer beside what it had.
func TestObserverOfAForeignHandle(t *testing.T) {
	t.Parallel()
	env, told := enginetest.New(t, dialect.SQLite), &seen{}
	db := bun.NewDB(env.DB.DB, dialect.WithObserver(sqlitedialect.New(), told))
	_, err := credits.Grant(t.Context(), db, credits.GrantParams{UserUUID: "team:1", Amount: 10, Type: "gift"})
	require.NoError(t, err)
	assert.Equal(t, []string{"grant done "}, told.operations)
	assert.True(t, dialect.Of(db).Foreign)
	assert.False(t, dialect.Of(db).Stated)
}
