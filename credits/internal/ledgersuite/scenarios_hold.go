package ledgersuite

import (
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/credits"
)

// CaptureOp captures a hold of the account.
func (t *Teller) CaptureOp(hold, key string, amount int64, at time.Time) credits.CaptureParams {
	return credits.CaptureParams{UserUUID: t.User, HoldKey: hold, Amount: amount, Key: key, At: at}
}

// ReleaseOp releases a hold of the account.
func (t *Teller) ReleaseOp(hold, key string, at time.Time) credits.ReleaseParams {
	return credits.ReleaseParams{UserUUID: t.User, HoldKey: hold, Key: key, At: at}
}

var holdScenarios = []scenario{
	{"held credits cannot be spent or held again", func(t *Teller) {
		t.Grant("g", 10)
		t.Do(t.HoldOp("h", 7, Start, 0))
		t.Refuse(t.ChargeOp("c", 4, Start), credits.ErrInsufficient)
		t.Refuse(t.HoldOp("h2", 4, Start, 0), credits.ErrInsufficient)
		b := t.Balance(Start)
		assert.Equal(t, []int64{3, 7, 10}, []int64{b.Available, b.Held, b.Total})
		t.Charge("c", 3, Start)
	}},
	{"a capture spends a part and gives the rest back", func(t *Teller) {
		t.Grant("a", 5, 10)
		t.Grant("b", 10)
		t.Do(t.HoldOp("h", 9, Start, 0))
		got := t.Do(t.CaptureOp("h", "cap", 6, Start))
		assert.EqualValues(t, 6, got.Amount)
		assert.EqualValues(t, 9, got.Available)
		t.Refuse(t.CaptureOp("h", "again", 1, Start), credits.ErrHoldEnded)
		assert.Equal(t, []lotAmount{{2, -9}}, lotAmounts(t.Charge("c", 9, Start)), "the rest is where it came from")
	}},
	{"captures of a kept hold add up to what is held", func(t *Teller) {
		t.Grant("g", 10)
		t.Do(t.HoldOp("h", 9, Start, 0))
		for i, key := range []string{"1", "2"} {
			p := t.CaptureOp("h", key, 4, Start)
			p.KeepHold = true
			t.Do(p)
			assert.EqualValues(t, 9-4*(i+1), t.Balance(Start).Held)
		}
		t.Refuse(t.CaptureOp("h", "too much", 2, Start), credits.ErrExceeds)
		last := t.CaptureOp("h", "3", 1, Start)
		last.KeepHold = true
		t.Do(last)
		var ended *credits.HoldEndedError
		require.ErrorAs(t, t.Refuse(t.ReleaseOp("h", "r", Start), credits.ErrHoldEnded), &ended)
		assert.Equal(t, credits.HoldCaptured, ended.Status)
	}},
	{"held credits expire with their grant", func(t *Teller) {
		t.Grant("a", 5, 1)
		t.Grant("b", 5)
		t.Do(t.HoldOp("h", 8, Start, 3*time.Hour))
		b := t.Balance(Hour(1))
		assert.Equal(t, []int64{2, 3, 5}, []int64{b.Available, b.Held, b.Expired})
		var insufficient *credits.InsufficientError
		require.ErrorAs(t, t.Refuse(t.CaptureOp("h", "cap", 4, Hour(1)), credits.ErrInsufficient), &insufficient)
		assert.Equal(t, []int64{4, 3}, []int64{insufficient.Need, insufficient.Have})
		assert.EqualValues(t, 3, t.Do(t.CaptureOp("h", "cap", 0, Hour(1))).Amount, "0 captures what can be")
		assert.EqualValues(t, 2, t.Balance(Hour(1)).Available)
	}},
	{"a release after expiry gives back nothing that can be spent", func(t *Teller) {
		t.Grant("g", 5, 1)
		t.Do(t.HoldOp("h", 5, Start, 3*time.Hour))
		got := t.Do(t.ReleaseOp("h", "r", Hour(2)))
		assert.Zero(t, got.Available)
		assert.EqualValues(t, 5, t.Balance(Hour(2)).Expired)
	}},
	{"extending moves the timeout, never back", func(t *Teller) {
		t.Grant("g", 5)
		t.Do(t.HoldOp("h", 5, Start, 2*time.Hour))
		extend := credits.ExtendParams{UserUUID: t.User, HoldKey: "h", Timeout: time.Minute, Key: "e1", At: Start}
		t.Do(extend)
		assert.EqualValues(t, 5, t.Balance(Hour(1.9)).Held)
		extend.Key, extend.Timeout = "e2", 5*time.Hour
		t.Do(extend)
		assert.EqualValues(t, 5, t.Balance(Hour(4.9)).Held)
		assert.Zero(t, t.Balance(Hour(5)).Held)
		extend.Key, extend.At = "e3", Hour(5)
		t.Refuse(extend, credits.ErrHoldEnded)
	}},
	{"a race of capture, release and timeout has one winner", func(t *Teller) {
		t.Grant("g", 1000)
		winners := map[credits.HoldStatus]bool{}
		for i := range 8 {
			h := t.Do(t.HoldOp("", 10, Hour(float64(i)), time.Hour))
			due := Hour(float64(i + 1))
			early := due.Add(-time.Microsecond)
			errs := make([]error, 9)
			Together(len(errs), func(j int) {
				switch j % 3 {
				case 0:
					_, errs[j] = credits.Capture(t.Context(), t.DB, t.CaptureOp(h.Key, "", 10, early))
				case 1:
					_, errs[j] = credits.Release(t.Context(), t.DB, t.ReleaseOp(h.Key, "", early))
				default: // brings the account past the timeout
					_, errs[j] = credits.Charge(t.Context(), t.DB, t.ChargeOp("", 1, due))
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
			holds := t.Stored().Holds
			status := holds[len(holds)-1].Status
			winners[status] = true
			assert.Zero(t, holds[len(holds)-1].Remaining)
			assert.Equal(t, status != credits.HoldTimedOut, won == 1, "one of the calls wins, or the timeout: %s", status)
			assert.LessOrEqual(t, won, 1)
		}
		assert.NotEmpty(t, winners)
		var captured int64
		for _, h := range t.Stored().Holds {
			captured += h.Captured
		}
		assert.Equal(t, 1000-captured-24, t.Balance(Hour(9)).Available)
	}},
	{"a refund of a capture goes back to its grants", func(t *Teller) {
		t.Grant("a", 5, 10)
		t.Grant("b", 10)
		t.Do(t.HoldOp("h", 8, Start, 0))
		t.Do(t.CaptureOp("h", "cap", 7, Start))
		got := t.Do(credits.RefundParams{UserUUID: t.User, ChargeKey: "cap", Amount: 4, Key: "r", At: Start})
		assert.Equal(t, []lotAmount{{2, 2}, {1, 2}}, lotAmounts(got), "the last drawn first")
		t.Refuse(credits.RefundParams{UserUUID: t.User, ChargeKey: "cap", Amount: 4, Key: "r2", At: Start}, credits.ErrExceeds)
		t.Refuse(credits.RefundParams{UserUUID: t.User, ChargeKey: "h", Key: "r3", At: Start}, credits.ErrNotFound)
	}},
}
