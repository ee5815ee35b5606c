package credits_test

import (
	"fmt"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/credits"
)

var timeScenarios = []scenario{
	{"an operation stamped before the latest takes the latest's time", func(t *teller) {
		t.grant("g", 10, 5)
		t.charge("c", 1, hour(2))
		got := t.charge("late", 2, hour(1))
		assert.Equal(t, hour(2), got.At)
		assert.EqualValues(t, 10, t.balance(hour(1.5)).Available, "the past stays as it was")
		assert.EqualValues(t, 7, t.balance(hour(2)).Available)
	}},
	{"an old stamp does not bring an expired grant back", func(t *teller) {
		t.grant("a", 10, 1)
		t.grant("b", 5)
		t.charge("c", 1, hour(2))
		t.refuse(t.chargeOp("late", 10, hour(0.5)), credits.ErrInsufficient)
		assert.Equal(t, []lotAmount{{2, -4}}, lotAmounts(t.charge("all", 4, hour(0.5))))
	}},
	{"a grant that comes after its own expiry is earned and expired", func(t *teller) {
		t.grant("a", 10)
		t.charge("c", 1, hour(5))
		late := t.grant("late", 7, 3)
		assert.EqualValues(t, 9, late.Available)
		b := t.balance(hour(5))
		assert.Equal(t, []int64{9, 17, 7}, []int64{b.Available, b.Total, b.Expired})
	}},
	{"expiry exactly at T is expired at T", func(t *teller) {
		t.grant("g", 10, 2)
		before := hour(2).Add(-time.Microsecond)
		assert.EqualValues(t, 10, t.balance(before).Available)
		assert.Equal(t, hour(2), t.balance(before).NextExpiry)
		at := t.balance(hour(2))
		assert.Equal(t, []int64{0, 10}, []int64{at.Available, at.Expired})
		assert.True(t, at.NextExpiry.IsZero())
		t.charge("c", 4, before)
		t.refuse(t.chargeOp("d", 1, hour(2)), credits.ErrInsufficient)
	}},
	{"a hold times out exactly at its timeout", func(t *teller) {
		t.grant("g", 10)
		t.do(t.holdOp("h", 4, start, time.Hour))
		assert.EqualValues(t, 4, t.balance(hour(1).Add(-time.Microsecond)).Held)
		assert.Zero(t, t.balance(hour(1)).Held)
		t.refuse(credits.CaptureParams{UserUUID: t.user, HoldKey: "h", At: hour(1)}, credits.ErrHoldEnded)
	}},
	{"a grant and a hold on it end at the same moment", func(t *teller) {
		t.grant("g", 10, 1)
		t.grant("other", 5)
		t.do(t.holdOp("h", 4, start, time.Hour))
		assert.EqualValues(t, 5, t.charge("c", 0+1, hour(1)).Balance+1)
		b := t.balance(hour(1))
		assert.Equal(t, []int64{4, 0, 10}, []int64{b.Available, b.Held, b.Expired})
	}},
	{"reads are exact without a sweep, and sweeps change no read", alone(func(t *teller) {
		t.grant("a", 10, 1)
		t.grant("b", 20, 2)
		t.do(t.holdOp("h", 15, start, 90*time.Minute))
		want := map[float64][4]int64{
			0.5: {15, 15, 0, 30}, 1: {15, 5, 10, 30}, 1.5: {20, 0, 10, 30}, 2: {0, 0, 30, 30}, 100: {0, 0, 30, 30},
		}
		compare := func() {
			t.Helper()
			for h, numbers := range want {
				b := t.balance(hour(h))
				assert.Equal(t, [4]int64{b.Available, b.Held, b.Expired, b.Total}, numbers, "after %v hours", h)
			}
		}
		compare()
		for _, h := range []float64{1, 1, 0.5, 1.7, 1.7, 3} {
			_, err := credits.ExpireDue(t.Context(), t.db, credits.ExpireDueParams{MaxAhead: credits.AnyTime, At: hour(h)})
			require.NoError(t, err)
			compare()
		}
		assert.Zero(t, t.stored().row.LeftCredits)
	})},
	{"sweeps may run at once", alone(func(t *teller) {
		accounts := make([]*teller, 30)
		for i := range accounts {
			accounts[i] = newTeller(t.T, t.env)
			accounts[i].grant("g", 10, 1)
			accounts[i].do(accounts[i].holdOp("h", 3, start, 30*time.Minute))
		}
		errs := make([]error, 8)
		together(len(errs), func(i int) {
			_, errs[i] = credits.ExpireDue(t.Context(), t.db, credits.ExpireDueParams{MaxAhead: credits.AnyTime, At: hour(1)})
		})
		for _, err := range errs {
			if err != nil { // another sweep had them, on a server that is slow
				require.ErrorIs(t, err, credits.ErrLocked)
			}
		}
		_, err := credits.ExpireDue(t.Context(), t.db, credits.ExpireDueParams{MaxAhead: credits.AnyTime, At: hour(1)})
		require.NoError(t, err)
		for _, a := range accounts {
			s := a.check()
			assert.EqualValues(t, 10, s.row.ExpiredCredits)
			assert.Len(t, s.entries, 3, "grant, hold and one timeout")
		}
	})},
	{"times keep their microseconds to the ends of the calendar", func(t *teller) {
		first := time.Date(1970, 1, 1, 0, 0, 0, 1000, time.UTC)
		last := time.Date(9999, 12, 31, 23, 59, 58, 999999000, time.UTC)
		p := t.grantOp("g", 10)
		p.At, p.ExpiresAt = first, time.Date(9999, 12, 31, 23, 59, 59, 999999000, time.UTC)
		t.do(p)
		for i, at := range []time.Time{first, time.Date(2024, 2, 29, 23, 59, 59, 999999000, time.UTC), last} {
			got := t.charge(fmt.Sprint("c", i), 1, at)
			assert.Equal(t, at, got.At)
			assert.Equal(t, "9999-12-31T23:59:59.999999Z", got.Entries[0].ExpiredAt)
		}
		for i, e := range t.stored().entries {
			assert.Equal(t, e.AtUs, e.CreatedAt.UnixMicro(), "entry %d", i)
		}
	}},
	{"zones do not matter", func(t *teller) {
		tokyo := time.FixedZone("JST", 9*3600)
		p := t.grantOp("g", 10, 2)
		p.At, p.ExpiresAt = p.At.In(tokyo), p.ExpiresAt.In(tokyo)
		first := t.do(p)
		assert.Equal(t, start, first.At)
		t.same(first, t.grant("g", 10, 2))
	}},
	{"a ping counts by the UTC day", func(t *teller) {
		day := time.Date(2026, 3, 1, 23, 59, 59, 0, time.UTC)
		ping := func(at time.Time) bool { return t.do(credits.PingParams{UserUUID: t.user, At: at}).Replayed }
		assert.False(t, ping(day))
		assert.True(t, ping(day.In(time.FixedZone("JST", 9*3600))))
		assert.True(t, ping(day.Add(-23*time.Hour)))
		assert.False(t, ping(day.Add(time.Second)))
		assert.EqualValues(t, 2, t.balance(day.Add(time.Second)).Available)
	}},
}
