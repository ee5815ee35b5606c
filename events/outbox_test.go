package events_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/credits/audit"
	"github.com/chameleon-go/chameleon/events"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// stored are an account's events, in their order.
func stored(t *testing.T, db bun.IDB, user string) []events.Record {
	t.Helper()
	var found []events.Record
	require.NoError(t, db.NewSelect().Model(&found).Where("user_uuid = ?", user).OrderExpr("seq").Scan(context.Background()))
	for i, e := range found {
		require.EqualValues(t, i+1, e.Seq, "numbers without gaps")
	}
	return found
}

func types(found []events.Record) []events.Type {
	out := make([]events.Type, len(found))
	for i := range found {
		out[i] = found[i].Type
	}
	return out
}

func grant(t *testing.T, db bun.IDB, user string, amount int64) {
	t.Helper()
	_, err := credits.Grant(context.Background(), db, credits.GrantParams{UserUUID: user, Amount: amount, Type: "test"})
	require.NoError(t, err)
}

func charge(ctx context.Context, db bun.IDB, user string, amount int64) error {
	_, err := credits.Charge(ctx, db, credits.ChargeParams{UserUUID: user, Amount: amount})
	return err
}

func verified(t *testing.T, db *bun.DB) {
	t.Helper()
	report, err := audit.Verify(context.Background(), db, audit.VerifyParams{})
	require.NoError(t, err)
	require.Empty(t, report.Breaches)
}

func mark(t *testing.T, db bun.IDB, user string, at int64) *credits.LowBalanceResult {
	t.Helper()
	out, err := credits.SetLowBalance(context.Background(), db, credits.SetLowBalanceParams{UserUUID: user, Mark: at})
	require.NoError(t, err)
	return out
}

func TestEventsAreWrittenWithTheChange(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		on := env.Open(t, chameleon.WithEvents())
		user := uuid.NewString()

		grant(t, env.DB, user, 10)
		require.Empty(t, stored(t, env.DB, user), "off unless asked for")

		grant(t, on, user, 100)
		_, err := credits.ClawBack(ctx, on, credits.ClawBackParams{UserUUID: user, GrantKey: lastGrant(t, env.DB, user), Total: 1, Policy: credits.PolicyDebt})
		require.NoError(t, err)
		require.NoError(t, charge(ctx, on, user, 109))
		_, err = credits.ClawBack(ctx, on, credits.ClawBackParams{UserUUID: user, GrantKey: lastGrant(t, env.DB, user), Total: 50, Policy: credits.PolicyDebt})
		require.NoError(t, err)
		grant(t, on, user, 60)
		found := stored(t, env.DB, user)
		require.Equal(t, []events.Type{
			events.TypeCreditsGranted, events.TypeDebtBegun, events.TypeCreditsGranted, events.TypeDebtSettled,
		}, types(found))
		require.JSONEq(t, `{"amount":100,"trans_type":"test","available":110,"balance":110}`, found[0].Data)
		require.JSONEq(t, `{"debt":49,"available":0,"balance":-49}`, found[1].Data)
		require.JSONEq(t, `{"amount":60,"debt_paid":49,"trans_type":"test","available":11,"balance":11}`, found[2].Data)
		require.JSONEq(t, `{"debt":0,"available":11,"balance":11}`, found[3].Data)

		gone := errors.New("rolled back")
		err = on.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
			grant(t, tx, user, 5)
			_, err := credits.Emit(ctx, tx, credits.EmitParams{UserUUID: user, Type: "team.joined", Data: map[string]int{"n": 1}})
			require.NoError(t, err)
			_, err = credits.Emit(ctx, tx, credits.EmitParams{UserUUID: user, Type: "credits.granted"})
			require.ErrorIs(t, err, credits.ErrInvalid, "the library's own")
			require.Len(t, stored(t, tx, user), 6)
			return gone
		})
		require.ErrorIs(t, err, gone)
		require.Len(t, stored(t, env.DB, user), 4, "nothing of what was rolled back")

		fresh := uuid.NewString()
		e, err := credits.Emit(ctx, env.DB, credits.EmitParams{UserUUID: fresh, Type: "team.joined"})
		require.NoError(t, err)
		require.EqualValues(t, 1, e.Seq)
		grant(t, on, fresh, 5)
		require.Equal(t, []events.Type{"team.joined", events.TypeCreditsGranted}, types(stored(t, env.DB, fresh)))
		verified(t, env.DB)
	})
}

// lastGrant is the key of an account's second grant.
func lastGrant(t *testing.T, db bun.IDB, user string) string {
	t.Helper()
	var key string
	require.NoError(t, db.NewSelect().Model((*credits.Entry)(nil)).Column("op_key").
		Where("user_uuid = ? AND op_kind = ?", user, credits.KindGrant).OrderExpr("seq DESC").Limit(1).Scan(context.Background(), &key))
	return key
}

// A mark is crossed once a fall, whoever charges, by however many at a time.
func TestLowBalanceIsToldOnceACrossing(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		user := uuid.NewString()
		_, err := credits.SetLowBalance(ctx, env.DB, credits.SetLowBalanceParams{UserUUID: user, Mark: 1})
		require.ErrorIs(t, err, credits.ErrNotFound)
		grant(t, env.DB, user, 40)
		_, err = credits.SetLowBalance(ctx, env.DB, credits.SetLowBalanceParams{UserUUID: user, Mark: 1, At: time.Now().AddDate(1, 0, 0)})
		require.ErrorIs(t, err, credits.ErrClock, "it would end the account's grants")
		require.False(t, mark(t, env.DB, user, 20).Low)
		verified(t, env.DB)

		var all sync.WaitGroup
		for range 6 {
			all.Go(func() {
				for range 5 {
					assert.NoError(t, charge(ctx, env.DB, user, 1))
				}
			})
		}
		all.Wait()
		verified(t, env.DB)
		found := stored(t, env.DB, user)
		require.Equal(t, []events.Type{events.TypeLowBalance}, types(found))
		require.JSONEq(t, `{"mark":20,"available":19,"balance":19}`, found[0].Data)
		fast, err := env.DB.NewSelect().Model((*credits.Entry)(nil)).Where("user_uuid = ? AND call_id IS NOT NULL", user).Count(ctx)
		require.NoError(t, err)
		require.Positive(t, fast, "charges that stay above the mark may go the fast way; those that meet another may not")

		grant(t, env.DB, user, 9) // 19, below the mark still
		require.NoError(t, charge(ctx, env.DB, user, 1))
		require.Len(t, stored(t, env.DB, user), 1)
		grant(t, env.DB, user, 2) // 20: armed again
		require.NoError(t, charge(ctx, env.DB, user, 1))
		require.Len(t, stored(t, env.DB, user), 2)
		verified(t, env.DB)

		grant(t, env.DB, user, 100)
		_, err = credits.Hold(ctx, env.DB, credits.HoldParams{UserUUID: user, Amount: 110, Key: "h"})
		require.NoError(t, err)
		require.Len(t, stored(t, env.DB, user), 3, "held credits cannot be spent")
		_, err = credits.Release(ctx, env.DB, credits.ReleaseParams{UserUUID: user, HoldKey: "h"})
		require.NoError(t, err)
		require.Equal(t, int64(119), mark(t, env.DB, user, 0).Available)
		require.NoError(t, charge(ctx, env.DB, user, 119))
		require.Len(t, stored(t, env.DB, user), 3, "no mark, no event")
		verified(t, env.DB)
	})
}

// A grant that expires reaches below the mark, too.
func TestExpiryIsTold(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		user, on := uuid.NewString(), env.Open(t, chameleon.WithEvents())
		now := time.Now().Truncate(time.Second)
		_, err := credits.Grant(ctx, env.DB, credits.GrantParams{UserUUID: user, Amount: 30, Type: "test", ExpiresAt: now.Add(time.Hour)})
		require.NoError(t, err)
		grant(t, env.DB, user, 10)
		mark(t, env.DB, user, 20)
		for i, want := range []int64{1, 0} {
			done, err := credits.NoticeExpiring(ctx, on, credits.NoticeExpiringParams{Within: 2 * time.Hour})
			require.NoError(t, err)
			require.Equal(t, want, done.Events, i)
		}
		_, err = credits.ExpireDue(ctx, env.DB, credits.ExpireDueParams{At: now.Add(time.Hour), MaxAhead: credits.AnyTime})
		require.NoError(t, err)
		found := stored(t, env.DB, user)
		require.Equal(t, []events.Type{events.TypeCreditsExpiring, events.TypeLowBalance}, types(found))
		require.JSONEq(t, `{"credits":30,"lot":1,"expires_at":"`+now.Add(time.Hour).UTC().Format(time.RFC3339)+`"}`, found[0].Data)
		require.JSONEq(t, `{"mark":20,"available":10,"balance":10}`, found[1].Data)
		verified(t, env.DB)
	})
}
