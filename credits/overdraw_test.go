package credits_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/credits/audit"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// TestOverdraw: an account goes into debt as far as it may, and no further.
func TestOverdraw(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		overdrawnTogether(t, env.DB)
		overdrawnAndBack(t, env.DB)
		overdrawnFirst(t, env.DB)
		overdrawnAhead(t, env.DB)
		overdrawnAndCutOff(t, env.DB)
		report, err := audit.Verify(t.Context(), env.DB, audit.VerifyParams{})
		require.NoError(t, err)
		require.Empty(t, report.Breaches)
	})
}

func overdrawnTogether(t *testing.T, db *bun.DB) {
	t.Helper()
	user := uuid.NewString()
	donate(t, db, user, 5)
	var done, refused atomic.Int64
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 4 {
				_, err := credits.Overdraw(context.Background(), db, credits.OverdrawParams{
					Charge: credits.ChargeParams{UserUUID: user, Amount: 1}, MaxDebt: 7,
				})
				if errors.Is(err, credits.ErrInsufficient) {
					refused.Add(1)
				} else if assert.NoError(t, err) {
					done.Add(1)
				}
			}
		})
	}
	all.Wait()
	require.EqualValues(t, 12, done.Load())
	require.EqualValues(t, 4, refused.Load())
	require.Equal(t, []int64{0, 7}, standing(t, db, user))
}

func overdrawnAndBack(t *testing.T, db *bun.DB) {
	t.Helper()
	ctx, user := t.Context(), uuid.NewString()
	_, err := credits.Grant(ctx, db, credits.GrantParams{UserUUID: user, Amount: 10, Type: "test", ExpiresAt: time.Now().Add(time.Hour)})
	require.NoError(t, err)
	overdraw := func(db bun.IDB, key string, amount, most, perCharge int64) (*credits.Operation, error) {
		return credits.Overdraw(ctx, db, credits.OverdrawParams{
			Charge: credits.ChargeParams{UserUUID: user, Amount: amount, Key: key}, MaxDebt: most, PerCharge: perCharge,
		})
	}
	op, err := overdraw(db, "a", 25, 20, 0)
	require.NoError(t, err)
	require.Equal(t, credits.KindCharge, op.Kind)
	require.EqualValues(t, 25, op.Amount)
	require.Equal(t, []int64{0, 15}, standing(t, db, user))
	again, err := overdraw(db, "a", 25, 20, 0)
	require.NoError(t, err)
	require.True(t, again.Replayed)
	require.Equal(t, []int64{0, 15}, standing(t, db, user))
	_, err = overdraw(db, "a", 26, 20, 0)
	require.ErrorIs(t, err, credits.ErrKeyReused)

	require.NoError(t, db.RunInTx(ctx, nil, func(_ context.Context, tx bun.Tx) error {
		_, err := overdraw(tx, "b", 6, 20, 0)
		require.Equal(t, &credits.InsufficientError{UserUUID: user, Need: 6, Have: 5}, err)
		_, err = overdraw(tx, "b", 5, 20, 4)
		require.Equal(t, &credits.InsufficientError{UserUUID: user, Need: 5, Have: 4}, err, "the charge's own limit")
		_, err = overdraw(tx, "b", 5, 20, 5)
		return err
	}))
	require.Equal(t, []int64{0, 20}, standing(t, db, user))

	refund := func(key string) {
		_, err := credits.Refund(ctx, db, credits.RefundParams{UserUUID: user, ChargeKey: key})
		require.NoError(t, err)
	}
	refund("b")
	require.Equal(t, []int64{0, 15}, standing(t, db, user))
	donate(t, db, user, 40)
	require.Equal(t, []int64{25, 0}, standing(t, db, user))
	refund("a") // its debt was paid: all of it can be spent again
	require.Equal(t, []int64{50, 0}, standing(t, db, user))
}

// overdrawnFirst: an account may begin with a debt. A refusal makes no row.
func overdrawnFirst(t *testing.T, db *bun.DB) {
	t.Helper()
	user := uuid.NewString()
	overdraw := func(db bun.IDB, amount, perCharge int64) error {
		_, err := credits.Overdraw(t.Context(), db, credits.OverdrawParams{
			Charge: credits.ChargeParams{UserUUID: user, Amount: amount}, MaxDebt: 9, PerCharge: perCharge,
		})
		return err
	}
	require.NoError(t, db.RunInTx(t.Context(), nil, func(_ context.Context, tx bun.Tx) error {
		require.Equal(t, &credits.InsufficientError{UserUUID: user, Need: 10, Have: 9}, overdraw(tx, 10, 0))
		require.Equal(t, &credits.InsufficientError{UserUUID: user, Need: 6, Have: 5}, overdraw(tx, 6, 5))
		return nil
	}))
	n, err := db.NewSelect().Model((*credits.Account)(nil)).Where("user_uuid = ?", user).Count(t.Context())
	require.NoError(t, err)
	require.Zero(t, n)
	var all sync.WaitGroup
	for range 2 {
		all.Go(func() { assert.NoError(t, overdraw(db, 4, 0)) })
	}
	all.Wait()
	require.Equal(t, []int64{0, 8}, standing(t, db, user))
}

// overdrawnAhead: a time too far ahead is refused, with an account or without.
func overdrawnAhead(t *testing.T, db *bun.DB) {
	t.Helper()
	for _, user := range []string{uuid.NewString(), uuid.NewString()} {
		_, err := credits.Overdraw(t.Context(), db, credits.OverdrawParams{
			Charge: credits.ChargeParams{UserUUID: user, Amount: 1, At: time.Now().AddDate(1, 0, 0)}, MaxDebt: 9,
		})
		require.ErrorIs(t, err, credits.ErrClock)
	}
}

// overdrawnAndCutOff: a call that dies at any of its statements has lent, charged and
// taken back, or nothing of it; a call that is repeated does it once. What has expired
// is no more there to be spent.
func overdrawnAndCutOff(t *testing.T, db *bun.DB) {
	t.Helper()
	ctx, past := t.Context(), time.Now().Add(-48*time.Hour)
	crashing := db.WithQueryHook(enginetest.Crasher{})
	for n, struck := int64(1), true; struck; n += 2 {
		user, late := uuid.NewString(), past.Add(2*time.Hour)
		_, err := credits.Post(ctx, db, credits.PostParams{AllOrNothing: true, Ops: []credits.Op{
			credits.GrantParams{UserUUID: user, Amount: 10, Type: "test", ExpiresAt: past.Add(time.Hour), At: past},
			credits.GrantParams{UserUUID: user, Amount: 5, Type: "test", At: past},
		}})
		require.NoError(t, err)
		p := credits.OverdrawParams{Charge: credits.ChargeParams{UserUUID: user, Amount: 30, Key: "o", At: late}, MaxDebt: 25}
		struck, err = enginetest.Crash(ctx, n, func(ctx context.Context) error {
			_, err := credits.Overdraw(ctx, crashing, p)
			return err
		})
		require.True(t, struck || err == nil, "%v", err)
		done := standing(t, db, user)[1] != 0
		require.True(t, done || err != nil)
		if !done {
			require.Equal(t, []int64{5, 0}, standing(t, db, user), "cut off at %d", n)
		}
		op, err := credits.Overdraw(ctx, db, p)
		require.NoError(t, err)
		require.Equal(t, done, op.Replayed)
		require.Equal(t, []int64{0, 25}, standing(t, db, user), "cut off at %d", n)
		_, err = credits.Refund(ctx, db, credits.RefundParams{UserUUID: user, ChargeKey: "o"})
		require.NoError(t, err)
		require.Equal(t, []int64{5, 0}, standing(t, db, user))
		require.Less(t, n, int64(200), "it never ends")
	}
}

func donate(t *testing.T, db bun.IDB, user string, amount int64) {
	t.Helper()
	_, err := credits.Grant(t.Context(), db, credits.GrantParams{UserUUID: user, Amount: amount, Type: "test"})
	require.NoError(t, err)
}

// standing is what an account can spend, and owes.
func standing(t *testing.T, db bun.IDB, user string) []int64 {
	t.Helper()
	b, err := credits.Balance(t.Context(), db, credits.BalanceParams{UserUUID: user})
	require.NoError(t, err)
	return []int64{b.Available, b.Debt}
}
