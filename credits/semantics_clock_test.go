package credits_test

import (
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/credits/audit"
)

// tooFar is ahead of any clock's now, and near what is allowed.
func tooFar() time.Time { return time.Now().Add(credits.DefaultMaxAhead + time.Minute) }

// Operations of every verb, at a time, on an account that has what they need.
func (t *teller) opsAt(at time.Time) []credits.Op {
	return []credits.Op{
		credits.GrantParams{UserUUID: t.user, Amount: 1, Type: "gift", Key: "n1", At: at},
		credits.GrantNewUserCreditsParams{UserUUID: t.user, At: at},
		credits.PingParams{UserUUID: t.user, At: at},
		credits.AdjustParams{UserUUID: t.user, Amount: 1, Key: "n2", At: at},
		credits.AdjustParams{UserUUID: t.user, Amount: -1, Key: "n3", At: at},
		credits.ChargeParams{UserUUID: t.user, Amount: 1, Key: "n4", At: at},
		credits.ChargeParams{UserUUID: t.user, Amount: 60, Key: "n5", At: at}, // of two grants
		credits.RefundParams{UserUUID: t.user, ChargeKey: "c", Key: "n6", At: at},
		credits.HoldParams{UserUUID: t.user, Amount: 1, Key: "n7", At: at},
		credits.ExtendParams{UserUUID: t.user, HoldKey: "h", Timeout: time.Hour, Key: "n8", At: at},
		credits.CaptureParams{UserUUID: t.user, HoldKey: "h", KeepHold: true, Amount: 1, Key: "n9", At: at},
		credits.ReleaseParams{UserUUID: t.user, HoldKey: "h", Key: "n10", At: at},
		credits.ClawBackParams{UserUUID: t.user, GrantKey: "a", Total: 1, Key: "n11", At: at},
		credits.VoidParams{UserUUID: t.user, GrantKey: "whole", Key: "n12", At: at},
	}
}

// bounded calls the verb of op as it is.
func (t *teller) bounded(op credits.Op) error {
	outcomes, err := credits.Post(t.Context(), t.handle, credits.PostParams{Ops: []credits.Op{op}})
	require.NoError(t, err)
	if p, ok := op.(credits.ChargeParams); ok {
		_, err = credits.Charge(t.Context(), t.handle, p)
		require.Equal(t, outcomes[0].Err == nil, err == nil, "alone: %v, in a batch: %v", err, outcomes[0].Err)
	}
	return outcomes[0].Err
}

func (t *teller) furnish(at time.Time) {
	for i, key := range []string{"a", "b", "whole"} { // the last is not drawn on
		t.do(credits.GrantParams{UserUUID: t.user, Amount: []int64{30, 50, 7}[i], Type: "gift", Key: key, At: at})
	}
	t.charge("c", 5, at)
	t.do(t.holdOp("h", 10, at, 24*time.Hour))
}

// now is the account's balance.
func (t *teller) now() *credits.BalanceResult {
	t.Helper()
	b, err := credits.Balance(t.Context(), t.handle, credits.BalanceParams{UserUUID: t.user})
	require.NoError(t, err)
	return b
}

// verified checks the account's books, and that a rebuild would change nothing.
func (t *teller) verified() {
	t.Helper()
	report, err := audit.Verify(t.Context(), t.handle, audit.VerifyParams{UserUUID: t.user})
	require.NoError(t, err)
	require.Empty(t, report.Breaches)
	rebuilt, err := audit.Rebuild(t.Context(), t.handle, audit.RebuildParams{UserUUID: t.user, DryRun: true})
	require.NoError(t, err)
	require.Empty(t, rebuilt.Changes)
	t.check()
}

var clockScenarios = []scenario{
	{"no verb takes a time too far ahead of the database's clock", func(t *teller) {
		t.furnish(time.Now())
		before := t.stored()
		refuses := func(t *teller) {
			for _, at := range []time.Time{tooFar(), time.Date(2999, 1, 1, 0, 0, 0, 0, time.UTC)} {
				for _, op := range t.opsAt(at) {
					err := t.bounded(op)
					var ahead *credits.ClockError
					require.ErrorAs(t, err, &ahead, "%T", op)
					require.ErrorIs(t, err, credits.ErrClock)
					assert.Equal(t, at.UnixMicro(), ahead.At.UnixMicro())
					assert.Equal(t, credits.DefaultMaxAhead, ahead.MaxAhead)
					assert.WithinDuration(t, time.Now(), ahead.Now, 5*time.Minute)
				}
				_, err := credits.ExpireDue(t.Context(), t.handle, credits.ExpireDueParams{At: at})
				require.ErrorIs(t, err, credits.ErrClock)
				err = credits.CheckTime(t.Context(), t.handle, credits.CheckTimeParams{At: at})
				require.ErrorIs(t, err, credits.ErrClock)
				_, err = credits.Post(t.Context(), t.handle, credits.PostParams{Ops: t.opsAt(at), AllOrNothing: true})
				require.ErrorIs(t, err, credits.ErrClock)
			}
		}
		refuses(t)
		require.NoError(t, t.inTx(func(tx *teller) error {
			refuses(tx)
			return nil
		}))
		assert.Equal(t, before, t.stored())
	}},
	{"a time within the bound is taken", func(t *teller) {
		now := time.Now()
		t.furnish(now)
		require.NoError(t, credits.CheckTime(t.Context(), t.handle, credits.CheckTimeParams{}))
		for _, op := range t.opsAt(now.Add(credits.DefaultMaxAhead - 2*time.Minute)) {
			require.NoError(t, t.bounded(op), "%T", op)
		}
	}},
	{"a bound of one's own", func(t *teller) {
		t.furnish(time.Now())
		p := t.chargeOp("mine", 1, time.Now().Add(2*time.Hour))
		p.MaxAhead = time.Hour
		require.ErrorIs(t, t.bounded(p), credits.ErrClock)
		p.MaxAhead = 3 * time.Hour
		require.NoError(t, t.bounded(p))
		p.MaxAhead, p.Key, p.At = credits.AnyTime, "any", time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
		require.NoError(t, t.bounded(p))
		p.MaxAhead, p.Key = -1, "negative"
		require.ErrorIs(t, t.bounded(p), credits.ErrInvalid)
	}},
	{"a replay is no change, and is not refused", func(t *teller) {
		t.furnish(time.Now())
		first := t.charge("mine", 3, time.Now())
		p := t.chargeOp("mine", 3, tooFar())
		again, err := credits.Charge(t.Context(), t.handle, p)
		require.NoError(t, err)
		t.same(first, again)
	}},
	{"an account that a sweep carried off comes back", alone(func(t *teller) {
		begun := time.Now().Add(-time.Minute)
		g := credits.GrantParams{UserUUID: t.user, Amount: 100, Type: "gift", Key: "g", At: begun, ExpiresAt: begun.Add(time.Hour)}
		granted := t.do(g)
		t.grant("never", 50)
		t.do(t.holdOp("h", 10, begun, 30*time.Minute))
		t.do(t.holdOp("long", 7, begun, 20*365*24*time.Hour)) // is not over then
		before := t.balance(begun)
		_, err := credits.ExpireDue(t.Context(), t.db, credits.ExpireDueParams{
			At: begun.AddDate(10, 0, 0), MaxAhead: credits.AnyTime,
		})
		require.NoError(t, err)
		assert.EqualValues(t, 50, t.now().Available)
		ahead, err := credits.ListAhead(t.Context(), t.handle, credits.ListAheadParams{})
		require.NoError(t, err)
		require.Len(t, ahead.Items, 1)
		assert.Equal(t, t.user, ahead.Items[0].UserUUID)
		t.verified()

		p := credits.ResetClockParams{UserUUID: t.user, Key: "back", Metadata: map[string]any{"why": "a wrong clock"}}
		reset := t.must(credits.ResetClock(t.Context(), t.handle, p))
		assert.Zero(t, reset.Amount)
		assert.WithinDuration(t, time.Now(), reset.At, 5*time.Minute)
		b := t.now()
		assert.Equal(t, []int64{143, 7, 0}, []int64{b.Available, b.Held, b.Expired}, "available, held, expired")
		t.verified()
		t.same(reset, t.must(credits.ResetClock(t.Context(), t.handle, p)))
		p.Key = ""
		_, err = credits.ResetClock(t.Context(), t.handle, p)
		require.ErrorIs(t, err, credits.ErrNotAhead)
		t.same(granted, t.do(g))
		assert.Equal(t, before, t.balance(begun), "the past is what it was")
		assert.EqualValues(t, 50, t.balance(begun.Add(2*time.Hour)).Available)
		t.charge("goes on", 120, time.Now())
		assert.EqualValues(t, 23, t.now().Available)
		none, err := credits.ListAhead(t.Context(), t.handle, credits.ListAheadParams{})
		require.NoError(t, err)
		assert.Empty(t, none.Items)
		t.verified()
	})},
	{"an account that a charge carried off comes back", func(t *teller) {
		begun := time.Now().Add(-time.Minute)
		t.do(credits.GrantParams{UserUUID: t.user, Amount: 100, Type: "gift", Key: "g", At: begun, ExpiresAt: begun.Add(time.Hour)})
		t.do(credits.GrantParams{UserUUID: t.user, Amount: 50, Type: "gift", Key: "never", At: begun})
		far := t.charge("far", 20, begun.AddDate(10, 0, 0)) // of the one that never expires
		late := t.do(credits.GrantParams{UserUUID: t.user, Amount: 9, Type: "gift", Key: "late", At: begun, ExpiresAt: begun.AddDate(1, 0, 0)})
		assert.EqualValues(t, 30, late.Available, "it arrives after its expiry")
		t.verified()
		reset := t.must(credits.ResetClock(t.Context(), t.handle, credits.ResetClockParams{UserUUID: t.user, Key: "back"}))
		assert.EqualValues(t, 139, reset.Available)
		t.verified()
		t.same(far, t.do(t.chargeOp("far", 20, begun)))
		t.do(credits.RefundParams{UserUUID: t.user, ChargeKey: "far", Amount: 5, Key: "r", At: reset.At.Add(time.Minute)})
		// Between the reset and what came after it, from history.
		assert.EqualValues(t, 139, t.balance(reset.At.Add(time.Second)).Available)
		assert.EqualValues(t, 150, t.balance(begun).Available)
		assert.EqualValues(t, 144, t.balance(reset.At.Add(time.Minute)).Available)
		assert.EqualValues(t, 44, t.balance(begun.Add(2*time.Hour)).Available)
		assert.EqualValues(t, 35, t.balance(begun.AddDate(2, 0, 0)).Available)
		t.verified()
	}},
	{"a reset in the caller's transaction, and in a batch", func(t *teller) {
		t.do(credits.GrantParams{UserUUID: t.user, Amount: 10, Type: "gift", Key: "g", At: time.Now(), ExpiresAt: time.Now().AddDate(1, 0, 0)})
		t.do(credits.GrantParams{UserUUID: t.user, Amount: 1, Type: "gift", Key: "far", At: time.Now().AddDate(2, 0, 0)})
		require.NoError(t, t.inTx(func(tx *teller) error {
			_, err := credits.ResetClock(t.Context(), tx.handle, credits.ResetClockParams{UserUUID: uuid.NewString()})
			require.ErrorIs(t, err, credits.ErrNotFound)
			out, err := credits.Post(t.Context(), tx.handle, credits.PostParams{AllOrNothing: true, Ops: []credits.Op{
				credits.ResetClockParams{UserUUID: t.user}, tx.chargeOp("c", 11, time.Now()),
			}})
			require.NoError(t, err)
			assert.Zero(t, out[1].Operation.Available)
			return nil
		}))
		t.verified()
	}},
	{"a refused grant founds no account", func(t *teller) {
		grant := func(t *teller) {
			p := t.grantOp("g", 1)
			p.At = tooFar()
			_, err := credits.Grant(t.Context(), t.handle, p)
			require.ErrorIs(t, err, credits.ErrClock)
		}
		grant(t)
		require.NoError(t, t.inTx(func(tx *teller) error {
			grant(tx)
			return nil
		}))
		assert.Nil(t, t.stored().row)
	}},
}
