package credits_test

import (
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/credits"
)

func (t *teller) captureOp(hold, key string, amount int64, at time.Time) credits.CaptureParams {
	return credits.CaptureParams{UserUUID: t.user, HoldKey: hold, Amount: amount, Key: key, At: at}
}

func (t *teller) releaseOp(hold, key string, at time.Time) credits.ReleaseParams {
	return credits.ReleaseParams{UserUUID: t.user, HoldKey: hold, Key: key, At: at}
}

var holdScenarios = []scenario{
	{"held credits cannot be spent or held again", func(t *teller) {
		t.grant("g", 10)
		t.do(t.holdOp("h", 7, start, 0))
		t.refuse(t.chargeOp("c", 4, start), credits.ErrInsufficient)
		t.refuse(t.holdOp("h2", 4, start, 0), credits.ErrInsufficient)
		b := t.balance(start)
		assert.Equal(t, []int64{3, 7, 10}, []int64{b.Available, b.Held, b.Total})
		t.charge("c", 3, start)
	}},
	{"a capture spends a part and gives the rest back", func(t *teller) {
		t.grant("a", 5, 10)
		t.grant("b", 10)
		t.do(t.holdOp("h", 9, start, 0))
		got := t.do(t.captureOp("h", "cap", 6, start))
		assert.EqualValues(t, 6, got.Amount)
		assert.EqualValues(t, 9, got.Available)
		t.refuse(t.captureOp("h", "again", 1, start), credits.ErrHoldEnded)
		assert.Equal(t, []lotAmount{{2, -9}}, lotAmounts(t.charge("c", 9, start)), "the rest is where it came from")
	}},
	{"captures of a kept hold add up to what is held", func(t *teller) {
		t.grant("g", 10)
		t.do(t.holdOp("h", 9, start, 0))
		for i, key := range []string{"1", "2"} {
			p := t.captureOp("h", key, 4, start)
			p.KeepHold = true
			t.do(p)
			assert.EqualValues(t, 9-4*(i+1), t.balance(start).Held)
		}
		t.refuse(t.captureOp("h", "too much", 2, start), credits.ErrExceeds)
		last := t.captureOp("h", "3", 1, start)
		last.KeepHold = true
		t.do(last)
		var ended *credits.HoldEndedError
		require.ErrorAs(t, t.refuse(t.releaseOp("h", "r", start), credits.ErrHoldEnded), &ended)
		assert.Equal(t, credits.HoldCaptured, ended.Status)
	}},
	{"held credits expire with their grant", func(t *teller) {
		t.grant("a", 5, 1)
		t.grant("b", 5)
		t.do(t.holdOp("h", 8, start, 3*time.Hour))
		b := t.balance(hour(1))
		assert.Equal(t, []int64{2, 3, 5}, []int64{b.Available, b.Held, b.Expired})
		var insufficient *credits.InsufficientError
		require.ErrorAs(t, t.refuse(t.captureOp("h", "cap", 4, hour(1)), credits.ErrInsufficient), &insufficient)
		assert.Equal(t, []int64{4, 3}, []int64{insufficient.Need, insufficient.Have})
		assert.EqualValues(t, 3, t.do(t.captureOp("h", "cap", 0, hour(1))).Amount, "0 captures what can be")
		assert.EqualValues(t, 2, t.balance(hour(1)).Available)
	}},
	{"a release after expiry gives back nothing that can be spent", func(t *teller) {
		t.grant("g", 5, 1)
		t.do(t.holdOp("h", 5, start, 3*time.Hour))
		got := t.do(t.releaseOp("h", "r", hour(2)))
		assert.Zero(t, got.Available)
		assert.EqualValues(t, 5, t.balance(hour(2)).Expired)
	}},
	{"extending moves the timeout, never back", func(t *teller) {
		t.grant("g", 5)
		t.do(t.holdOp("h", 5, start, 2*time.Hour))
		extend := credits.ExtendParams{UserUUID: t.user, HoldKey: "h", Timeout: time.Minute, Key: "e1", At: start}
		t.do(extend)
		assert.EqualValues(t, 5, t.balance(hour(1.9)).Held)
		extend.Key, extend.Timeout = "e2", 5*time.Hour
		t.do(extend)
		assert.EqualValues(t, 5, t.balance(hour(4.9)).Held)
		assert.Zero(t, t.balance(hour(5)).Held)
		extend.Key, extend.At = "e3", hour(5)
		t.refuse(extend, credits.ErrHoldEnded)
	}},
	{"a race of capture, release and timeout has one winner", func(t *teller) {
		t.grant("g", 1000)
		winners := map[credits.HoldStatus]bool{}
		for i := range 8 {
			h := t.do(t.holdOp("", 10, hour(float64(i)), time.Hour))
			due := hour(float64(i + 1))
			early := due.Add(-time.Microsecond)
			errs := make([]error, 9)
			together(len(errs), func(j int) {
				switch j % 3 {
				case 0:
					_, errs[j] = credits.Capture(t.Context(), t.db, t.captureOp(h.Key, "", 10, early))
				case 1:
					_, errs[j] = credits.Release(t.Context(), t.db, t.releaseOp(h.Key, "", early))
				default: // brings the account past the timeout
					_, errs[j] = credits.Charge(t.Context(), t.db, t.chargeOp("", 1, due))
				}
			})
			won := 0
			for j, err := range errs {
				switch {
				case j%3 == 2:
					require.NoError(t, err)
				case err == nil:
					won++
				default:
					require.ErrorIs(t, err, credits.ErrHoldEnded)
				}
			}
			holds := t.stored().holds
			status := holds[len(holds)-1].Status
			winners[status] = true
			assert.Zero(t, holds[len(holds)-1].Remaining)
			assert.Equal(t, status != credits.HoldTimedOut, won == 1, "one of the calls wins, or the timeout: %s", status)
			assert.LessOrEqual(t, won, 1)
		}
		assert.NotEmpty(t, winners)
		var captured int64
		for _, h := range t.stored().holds {
			captured += h.Captured
		}
		assert.Equal(t, 1000-captured-24, t.balance(hour(9)).Available)
	}},
	{"a refund of a capture goes back to its grants", func(t *teller) {
		t.grant("a", 5, 10)
		t.grant("b", 10)
		t.do(t.holdOp("h", 8, start, 0))
		t.do(t.captureOp("h", "cap", 7, start))
		got := t.do(credits.RefundParams{UserUUID: t.user, ChargeKey: "cap", Amount: 4, Key: "r", At: start})
		assert.Equal(t, []lotAmount{{2, 2}, {1, 2}}, lotAmounts(got), "the last drawn first")
		t.refuse(credits.RefundParams{UserUUID: t.user, ChargeKey: "cap", Amount: 4, Key: "r2", At: start}, credits.ErrExceeds)
		t.refuse(credits.RefundParams{UserUUID: t.user, ChargeKey: "h", Key: "r3", At: start}, credits.ErrNotFound)
	}},
}
