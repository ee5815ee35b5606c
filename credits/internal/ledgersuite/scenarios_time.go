package ledgersuite

import (
	"fmt"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/credits"
)

var timeScenarios = []scenario{
	{"an operation stamped before the latest takes the latest's time", func(t *Teller) {
		t.Grant("g", 10, 5)
		t.Charge("c", 1, Hour(2))
		got := t.Charge("late", 2, Hour(1))
		assert.Equal(t, Hour(2), got.At)
		assert.EqualValues(t, 10, t.Balance(Hour(1.5)).Available, "the past stays as it was")
		assert.EqualValues(t, 7, t.Balance(Hour(2)).Available)
	}},
	{"an old stamp does not bring an expired grant back", func(t *Teller) {
		t.Grant("a", 10, 1)
		t.Grant("b", 5)
		t.Charge("c", 1, Hour(2))
		t.Refuse(t.ChargeOp("late", 10, Hour(0.5)), credits.ErrInsufficient)
		assert.Equal(t, []lotAmount{{2, -4}}, lotAmounts(t.Charge("all", 4, Hour(0.5))))
	}},
	{"a grant that comes after its own expiry is earned and expired", func(t *Teller) {
		t.Grant("a", 10)
		t.Charge("c", 1, Hour(5))
		late := t.Grant("late", 7, 3)
		assert.EqualValues(t, 9, late.Available)
		b := t.Balance(Hour(5))
		assert.Equal(t, []int64{9, 17, 7}, []int64{b.Available, b.Total, b.Expired})
	}},
	{"expiry exactly at T is expired at T", func(t *Teller) {
		t.Grant("g", 10, 2)
		before := Hour(2).Add(-time.Microsecond)
		assert.EqualValues(t, 10, t.Balance(before).Available)
		assert.Equal(t, Hour(2), t.Balance(before).NextExpiry)
		at := t.Balance(Hour(2))
		assert.Equal(t, []int64{0, 10}, []int64{at.Available, at.Expired})
		assert.True(t, at.NextExpiry.IsZero())
		t.Charge("c", 4, before)
		t.Refuse(t.ChargeOp("d", 1, Hour(2)), credits.ErrInsufficient)
	}},
	{"a hold times out exactly at its timeout", func(t *Teller) {
		t.Grant("g", 10)
		t.Do(t.HoldOp("h", 4, Start, time.Hour))
		assert.EqualValues(t, 4, t.Balance(Hour(1).Add(-time.Microsecond)).Held)
		assert.Zero(t, t.Balance(Hour(1)).Held)
		t.Refuse(credits.CaptureParams{UserUUID: t.User, HoldKey: "h", At: Hour(1)}, credits.ErrHoldEnded)
	}},
	{"a grant and a hold on it end at the same moment", func(t *Teller) {
		t.Grant("g", 10, 1)
		t.Grant("other", 5)
		t.Do(t.HoldOp("h", 4, Start, time.Hour))
		assert.EqualValues(t, 5, t.Charge("c", 0+1, Hour(1)).Balance+1)
		b := t.Balance(Hour(1))
		assert.Equal(t, []int64{4, 0, 10}, []int64{b.Available, b.Held, b.Expired})
	}},
	{"reads are exact without a sweep, and sweeps change no read", alone(func(t *Teller) {
		t.Grant("a", 10, 1)
		t.Grant("b", 20, 2)
		t.Do(t.HoldOp("h", 15, Start, 90*time.Minute))
		want := map[float64][4]int64{
			0.5: {15, 15, 0, 30}, 1: {15, 5, 10, 30}, 1.5: {20, 0, 10, 30}, 2: {0, 0, 30, 30}, 100: {0, 0, 30, 30},
		}
		compare := func() {
			t.Helper()
			for h, numbers := range want {
				b := t.Balance(Hour(h))
				assert.Equal(t, [4]int64{b.Available, b.Held, b.Expired, b.Total}, numbers, "after %v hours", h)
			}
		}
		compare()
		for _, h := range []float64{1, 1, 0.5, 1.7, 1.7, 3} {
			_, err := credits.ExpireDue(t.Context(), t.DB, credits.ExpireDueParams{MaxAhead: credits.AnyTime, At: Hour(h)})
			require.NoError(t, err)
			compare()
		}
		assert.Zero(t, t.Stored().Row.LeftCredits)
	})},
	{"sweeps may run at once", alone(func(t *Teller) {
		accounts := make([]*Teller, 30)
		for i := range accounts {
			accounts[i] = t.another()
			accounts[i].Grant("g", 10, 1)
			accounts[i].Do(accounts[i].HoldOp("h", 3, Start, 30*time.Minute))
		}
		errs := make([]error, 8)
		Together(len(errs), func(i int) {
			_, errs[i] = credits.ExpireDue(t.Context(), t.DB, credits.ExpireDueParams{MaxAhead: credits.AnyTime, At: Hour(1)})
		})
		for _, err := range errs {
			if err != nil { // another sweep had them, on a server that is slow
				require.ErrorIs(t, err, credits.ErrLocked)
			}
		}
		_, err := credits.ExpireDue(t.Context(), t.DB, credits.ExpireDueParams{MaxAhead: credits.AnyTime, At: Hour(1)})
		require.NoError(t, err)
		for _, a := range accounts {
			s := a.Check()
			assert.EqualValues(t, 10, s.Row.ExpiredCredits)
			assert.Len(t, s.Entries, 3, "grant, hold and one timeout")
		}
	})},
	{"times keep their microseconds to the ends of the calendar", func(t *Teller) {
		first := time.Date(1970, 1, 1, 0, 0, 0, 1000, time.UTC)
		last := time.Date(9999, 12, 31, 23, 59, 58, 999999000, time.UTC)
		p := t.GrantOp("g", 10)
		p.At, p.ExpiresAt = first, time.Date(9999, 12, 31, 23, 59, 59, 999999000, time.UTC)
		t.Do(p)
		for i, at := range []time.Time{first, time.Date(2024, 2, 29, 23, 59, 59, 999999000, time.UTC), last} {
			got := t.Charge(fmt.Sprint("c", i), 1, at)
			assert.Equal(t, at, got.At)
			assert.Equal(t, "9999-12-31T23:59:59.999999Z", got.Entries[0].ExpiredAt)
		}
		for _, e := range t.Stored().Entries {
			checkCreated(t.Context(), t, t.DB, e)
		}
	}},
	{"zones do not matter", func(t *Teller) {
		tokyo := time.FixedZone("JST", 9*3600)
		p := t.GrantOp("g", 10, 2)
		p.At, p.ExpiresAt = p.At.In(tokyo), p.ExpiresAt.In(tokyo)
		first := t.Do(p)
		assert.Equal(t, Start, first.At)
		t.Same(first, t.Grant("g", 10, 2))
	}},
	{"a ping counts by the UTC day", func(t *Teller) {
		day := time.Date(2026, 3, 1, 23, 59, 59, 0, time.UTC)
		ping := func(at time.Time) bool { return t.Do(credits.PingParams{UserUUID: t.User, At: at}).Replayed }
		assert.False(t, ping(day))
		assert.True(t, ping(day.In(time.FixedZone("JST", 9*3600))))
		assert.True(t, ping(day.Add(-23*time.Hour)))
		assert.False(t, ping(day.Add(time.Second)))
		assert.EqualValues(t, 2, t.Balance(day.Add(time.Second)).Available)
	}},
}
