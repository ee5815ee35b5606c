package credits_test

import (
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/credits"
)

// tooFar is ahead of any clock's now, and near what is allowed.
func tooFar() time.Time { return time.Now().Add(credits.DefaultMaxAhead + time.Minute) }

// Operations of every verb, at a time, on an account that has what they need.
func (t *teller) opsAt(at time.Time) []credits.Op {
	return []credits.Op{
		credits.GrantParams{UserUUID: t.user, Amount: 1, Type: "gift", Key: "n1", At: at},
		credits.NewUserParams{UserUUID: t.user, At: at},
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
				_, err := credits.ExpireDue(t.Context(), t.handle, credits.ExpireParams{At: at})
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
