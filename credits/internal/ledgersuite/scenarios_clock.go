package ledgersuite

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
func (t *Teller) opsAt(at time.Time) []credits.Op {
	return []credits.Op{
		credits.GrantParams{UserUUID: t.User, Amount: 1, Type: "gift", Key: "n1", At: at},
		credits.GrantNewUserCreditsParams{UserUUID: t.User, At: at},
		credits.PingParams{UserUUID: t.User, At: at},
		credits.AdjustParams{UserUUID: t.User, Amount: 1, Key: "n2", At: at},
		credits.AdjustParams{UserUUID: t.User, Amount: -1, Key: "n3", At: at},
		credits.ChargeParams{UserUUID: t.User, Amount: 1, Key: "n4", At: at},
		credits.ChargeParams{UserUUID: t.User, Amount: 60, Key: "n5", At: at}, // of two grants
		credits.RefundParams{UserUUID: t.User, ChargeKey: "c", Key: "n6", At: at},
		credits.HoldParams{UserUUID: t.User, Amount: 1, Key: "n7", At: at},
		credits.ExtendParams{UserUUID: t.User, HoldKey: "h", Timeout: time.Hour, Key: "n8", At: at},
		credits.CaptureParams{UserUUID: t.User, HoldKey: "h", KeepHold: true, Amount: 1, Key: "n9", At: at},
		credits.ReleaseParams{UserUUID: t.User, HoldKey: "h", Key: "n10", At: at},
		credits.ClawBackParams{UserUUID: t.User, GrantKey: "a", Total: 1, Key: "n11", At: at},
		credits.VoidParams{UserUUID: t.User, GrantKey: "whole", Key: "n12", At: at},
	}
}

// bounded calls the verb of op as it is.
func (t *Teller) bounded(op credits.Op) error {
	outcomes, err := credits.Post(t.Context(), t.Handle, credits.PostParams{Ops: []credits.Op{op}})
	require.NoError(t, err)
	if p, ok := op.(credits.ChargeParams); ok {
		_, err = credits.Charge(t.Context(), t.Handle, p)
		require.Equal(t, outcomes[0].Err == nil, err == nil, "alone: %v, in a batch: %v", err, outcomes[0].Err)
	}
	return outcomes[0].Err
}

func (t *Teller) furnish(at time.Time) {
	for i, key := range []string{"a", "b", "whole"} { // the last is not drawn on
		t.Do(credits.GrantParams{UserUUID: t.User, Amount: []int64{30, 50, 7}[i], Type: "gift", Key: key, At: at})
	}
	t.Charge("c", 5, at)
	t.Do(t.HoldOp("h", 10, at, 24*time.Hour))
}

// now is the account's balance.
func (t *Teller) now() *credits.BalanceResult {
	t.Helper()
	b, err := credits.Balance(t.Context(), t.Handle, credits.BalanceParams{UserUUID: t.User})
	require.NoError(t, err)
	return b
}

// Verified checks the account's books, and that a rebuild would change nothing.
func (t *Teller) Verified() {
	t.Helper()
	report, err := audit.Verify(t.Context(), t.Handle, audit.VerifyParams{UserUUID: t.User})
	require.NoError(t, err)
	require.Empty(t, report.Breaches)
	rebuilt, err := audit.Rebuild(t.Context(), t.Handle, audit.RebuildParams{UserUUID: t.User, DryRun: true})
	require.NoError(t, err)
	require.Empty(t, rebuilt.Changes)
	t.Check()
}

var clockScenarios = []scenario{
	{"no verb takes a time too far ahead of the database's clock", func(t *Teller) {
		t.furnish(time.Now())
		before := t.Stored()
		refuses := func(t *Teller) {
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
				_, err := credits.ExpireDue(t.Context(), t.Handle, credits.ExpireDueParams{At: at})
				require.ErrorIs(t, err, credits.ErrClock)
				err = credits.CheckTime(t.Context(), t.Handle, credits.CheckTimeParams{At: at})
				require.ErrorIs(t, err, credits.ErrClock)
				_, err = credits.Post(t.Context(), t.Handle, credits.PostParams{Ops: t.opsAt(at), AllOrNothing: true})
				require.ErrorIs(t, err, credits.ErrClock)
			}
		}
		refuses(t)
		require.NoError(t, t.InTx(func(tx *Teller) error {
			refuses(tx)
			return nil
		}))
		assert.Equal(t, before, t.Stored())
	}},
	{"a time within the bound is taken", func(t *Teller) {
		now := time.Now()
		t.furnish(now)
		require.NoError(t, credits.CheckTime(t.Context(), t.Handle, credits.CheckTimeParams{}))
		for _, op := range t.opsAt(now.Add(credits.DefaultMaxAhead - 2*time.Minute)) {
			require.NoError(t, t.bounded(op), "%T", op)
		}
	}},
	{"a bound of one's own", func(t *Teller) {
		t.furnish(time.Now())
		p := t.ChargeOp("mine", 1, time.Now().Add(2*time.Hour))
		p.MaxAhead = time.Hour
		require.ErrorIs(t, t.bounded(p), credits.ErrClock)
		p.MaxAhead = 3 * time.Hour
		require.NoError(t, t.bounded(p))
		p.MaxAhead, p.Key, p.At = credits.AnyTime, "any", time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
		require.NoError(t, t.bounded(p))
		p.MaxAhead, p.Key = -1, "negative"
		require.ErrorIs(t, t.bounded(p), credits.ErrInvalid)
	}},
	{"a replay is no change, and is not refused", func(t *Teller) {
		t.furnish(time.Now())
		first := t.Charge("mine", 3, time.Now())
		p := t.ChargeOp("mine", 3, tooFar())
		again, err := credits.Charge(t.Context(), t.Handle, p)
		require.NoError(t, err)
		t.Same(first, again)
	}},
	{"an account that a sweep carried off comes back", alone(func(t *Teller) {
		begun := time.Now().Add(-time.Minute)
		g := credits.GrantParams{UserUUID: t.User, Amount: 100, Type: "gift", Key: "g", At: begun, ExpiresAt: begun.Add(time.Hour)}
		granted := t.Do(g)
		t.Grant("never", 50)
		t.Do(t.HoldOp("h", 10, begun, 30*time.Minute))
		t.Do(t.HoldOp("long", 7, begun, 20*365*24*time.Hour)) // is not over then
		before := t.Balance(begun)
		_, err := credits.ExpireDue(t.Context(), t.DB, credits.ExpireDueParams{
			At: begun.AddDate(10, 0, 0), MaxAhead: credits.AnyTime,
		})
		require.NoError(t, err)
		assert.EqualValues(t, 50, t.now().Available)
		ahead, err := credits.ListAhead(t.Context(), t.Handle, credits.ListAheadParams{})
		require.NoError(t, err)
		require.Len(t, ahead.Items, 1)
		assert.Equal(t, t.User, ahead.Items[0].UserUUID)
		t.Verified()

		p := credits.ResetClockParams{UserUUID: t.User, Key: "back", Metadata: map[string]any{"why": "a wrong clock"}}
		reset := t.Must(credits.ResetClock(t.Context(), t.Handle, p))
		assert.Zero(t, reset.Amount)
		assert.WithinDuration(t, time.Now(), reset.At, 5*time.Minute)
		b := t.now()
		assert.Equal(t, []int64{143, 7, 0}, []int64{b.Available, b.Held, b.Expired}, "available, held, expired")
		t.Verified()
		t.Same(reset, t.Must(credits.ResetClock(t.Context(), t.Handle, p)))
		p.Key = ""
		_, err = credits.ResetClock(t.Context(), t.Handle, p)
		require.ErrorIs(t, err, credits.ErrNotAhead)
		t.Same(granted, t.Do(g))
		assert.Equal(t, before, t.Balance(begun), "the past is what it was")
		assert.EqualValues(t, 50, t.Balance(begun.Add(2*time.Hour)).Available)
		t.Charge("goes on", 120, time.Now())
		assert.EqualValues(t, 23, t.now().Available)
		none, err := credits.ListAhead(t.Context(), t.Handle, credits.ListAheadParams{})
		require.NoError(t, err)
		assert.Empty(t, none.Items)
		t.Verified()
	})},
	{"an account that a charge carried off comes back", func(t *Teller) {
		begun := time.Now().Add(-time.Minute)
		t.Do(credits.GrantParams{UserUUID: t.User, Amount: 100, Type: "gift", Key: "g", At: begun, ExpiresAt: begun.Add(time.Hour)})
		t.Do(credits.GrantParams{UserUUID: t.User, Amount: 50, Type: "gift", Key: "never", At: begun})
		far := t.Charge("far", 20, begun.AddDate(10, 0, 0)) // of the one that never expires
		late := t.Do(credits.GrantParams{UserUUID: t.User, Amount: 9, Type: "gift", Key: "late", At: begun, ExpiresAt: begun.AddDate(1, 0, 0)})
		assert.EqualValues(t, 30, late.Available, "it arrives after its expiry")
		t.Verified()
		reset := t.Must(credits.ResetClock(t.Context(), t.Handle, credits.ResetClockParams{UserUUID: t.User, Key: "back"}))
		assert.EqualValues(t, 139, reset.Available)
		t.Verified()
		t.Same(far, t.Do(t.ChargeOp("far", 20, begun)))
		t.Do(credits.RefundParams{UserUUID: t.User, ChargeKey: "far", Amount: 5, Key: "r", At: reset.At.Add(time.Minute)})
		// Between the reset and what came after it, from history.
		assert.EqualValues(t, 139, t.Balance(reset.At.Add(time.Second)).Available)
		assert.EqualValues(t, 150, t.Balance(begun).Available)
		assert.EqualValues(t, 144, t.Balance(reset.At.Add(time.Minute)).Available)
		assert.EqualValues(t, 44, t.Balance(begun.Add(2*time.Hour)).Available)
		assert.EqualValues(t, 35, t.Balance(begun.AddDate(2, 0, 0)).Available)
		t.Verified()
	}},
	{"a reset in the caller's transaction, and in a batch", func(t *Teller) {
		t.Do(credits.GrantParams{UserUUID: t.User, Amount: 10, Type: "gift", Key: "g", At: time.Now(), ExpiresAt: time.Now().AddDate(1, 0, 0)})
		t.Do(credits.GrantParams{UserUUID: t.User, Amount: 1, Type: "gift", Key: "far", At: time.Now().AddDate(2, 0, 0)})
		require.NoError(t, t.InTx(func(tx *Teller) error {
			_, err := credits.ResetClock(t.Context(), tx.Handle, credits.ResetClockParams{UserUUID: uuid.NewString()})
			require.ErrorIs(t, err, credits.ErrNotFound)
			out, err := credits.Post(t.Context(), tx.Handle, credits.PostParams{AllOrNothing: true, Ops: []credits.Op{
				credits.ResetClockParams{UserUUID: t.User}, tx.ChargeOp("c", 11, time.Now()),
			}})
			require.NoError(t, err)
			assert.Zero(t, out[1].Operation.Available)
			return nil
		}))
		t.Verified()
	}},
	{"a refused grant founds no account", func(t *Teller) {
		grant := func(t *Teller) {
			p := t.GrantOp("g", 1)
			p.At = tooFar()
			_, err := credits.Grant(t.Context(), t.Handle, p)
			require.ErrorIs(t, err, credits.ErrClock)
		}
		grant(t)
		require.NoError(t, t.InTx(func(tx *Teller) error {
			grant(tx)
			return nil
		}))
		assert.Nil(t, t.Stored().Row)
	}},
}
