package credits_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/credits"
)

var grantScenarios = []scenario{
	{"spending takes the soonest expiry, then free before paid, then the oldest", func(t *teller) {
		paid := t.grantOp("paid never", 1)
		paid.Paid = true
		t.do(paid)                   // 1
		t.grant("free never", 1)     // 2
		t.grant("free never too", 1) // 3
		paid = t.grantOp("paid late", 1, 10)
		paid.Type = credits.TypeOrderPay
		t.do(paid)                  // 4
		t.grant("free late", 1, 10) // 5
		t.grant("soon", 1, 5)       // 6
		want := []int64{6, 5, 4, 2, 3, 1}
		for i, lot := range want {
			assert.Equal(t, []lotAmount{{lot, -1}}, lotAmounts(t.charge(fmt.Sprint(i), 1, start)))
		}
	}},
	{"a sooner grant is spent before the one at hand", func(t *teller) {
		t.grant("late", 10, 10)
		assert.Equal(t, []lotAmount{{1, -1}}, lotAmounts(t.charge("1", 1, start)))
		t.grant("soon", 3, 5)
		assert.Equal(t, []lotAmount{{3, -2}}, lotAmounts(t.charge("2", 2, start)))
		assert.Equal(t, []lotAmount{{3, -1}, {1, -1}}, lotAmounts(t.charge("3", 2, start)))
		t.do(credits.RefundParams{UserUUID: t.user, ChargeKey: "2", Key: "r", At: start})
		assert.Equal(t, []lotAmount{{3, -2}, {1, -8}}, lotAmounts(t.charge("4", 10, start)))
	}},
	{"a refund goes back to the very grants, in parts", func(t *teller) {
		t.grant("a", 5, 1)
		t.grant("b", 5, 2)
		t.grant("c", 5)
		t.charge("spent", 12, start)
		refund := credits.RefundParams{UserUUID: t.user, ChargeKey: "spent", Amount: 4, Key: "r1", At: start}
		assert.Equal(t, []lotAmount{{3, 2}, {2, 2}}, lotAmounts(t.do(refund)))
		refund.Key, refund.Amount, refund.At = "r2", 0, hour(1)
		got := t.do(refund)
		assert.Equal(t, []lotAmount{{2, 3}, {1, 5}}, lotAmounts(got))
		assert.Equal(t, []int64{8, 10}, []int64{got.Amount, got.Available}, "what went to an expired grant is expired")
		assert.EqualValues(t, 5, t.balance(hour(1)).Expired)
		refund.Key = "r3"
		t.refuse(refund, credits.ErrExceeds)
		assert.EqualValues(t, 15, t.balance(hour(1)).Total, "refunds are not earned")
	}},
	{"concurrent refunds give back once", func(t *teller) {
		t.grant("g", 100)
		t.charge("c", 50, start)
		errs := make([]error, 12)
		together(len(errs), func(i int) {
			_, errs[i] = credits.Refund(t.Context(), t.db, credits.RefundParams{
				UserUUID: t.user, ChargeKey: "c", Amount: 10, Key: fmt.Sprint(i), At: start,
			})
		})
		given := 0
		for _, err := range errs {
			if err == nil {
				given++
				continue
			}
			require.ErrorIs(t, err, credits.ErrExceeds)
		}
		assert.Equal(t, 5, given)
		assert.EqualValues(t, 100, t.balance(start).Available)
	}},
	{"a renewal carries over up to its cap", func(t *teller) {
		t.grant("may", 100, 10)
		t.charge("c", 30, start)
		renewal := t.grantOp("june", 200, 20)
		renewal.CarryOver = &credits.CarryOver{GrantKey: "may", Max: 50}
		got := t.do(renewal)
		assert.Equal(t, []int64{200, 270}, []int64{got.Amount, got.Available})
		b := t.balance(hour(10))
		assert.Equal(t, []int64{250, 20, 300}, []int64{b.Available, b.Expired, b.Total})
	}},
	{"a renewal carries over only what expired within the bound", func(t *teller) {
		day := credits.DefaultCarryOverWithin
		for i, c := range []struct {
			after, within time.Duration
			carried       int64
		}{
			{day, 0, 10},
			{day + time.Microsecond, 0, 0},
			{time.Hour, time.Minute, 0},
			{72 * time.Hour, 72 * time.Hour, 10},
			{72*time.Hour + time.Microsecond, 72 * time.Hour, 0},
		} {
			own := newTeller(t.T, t.env)
			own.grant("may", 10, 1)
			p := own.grantOp("june", 200)
			p.At = hour(1).Add(c.after)
			p.CarryOver = &credits.CarryOver{GrantKey: "may", Max: 100, Within: c.within}
			assert.Equal(t, 200+c.carried, own.do(p).Available, "case %d", i)
			own.check()
		}
	}},
	{"a renewal carries over what has just expired, and not what is held", func(t *teller) {
		t.grant("may", 100, 10)
		t.do(t.holdOp("h", 30, hour(9.5), 0))
		renewal := t.grantOp("june", 200, 20)
		renewal.At = hour(10)
		renewal.CarryOver = &credits.CarryOver{GrantKey: "may", Max: 1000}
		assert.EqualValues(t, 270, t.do(renewal).Available)
		assert.EqualValues(t, 30, t.balance(hour(11)).Expired)
	}},
	{"the sign-up bonus comes once and lasts a year", func(t *teller) {
		first := t.do(credits.GrantNewUserCreditsParams{UserUUID: t.user, At: start})
		assert.EqualValues(t, 100, first.Available)
		t.same(first, t.do(credits.GrantNewUserCreditsParams{UserUUID: t.user, At: hour(100)}))
		year := start.AddDate(1, 0, 0)
		assert.EqualValues(t, 100, t.balance(year.Add(-1000)).Available)
		assert.Zero(t, t.balance(year).Available)
	}},
	{"an adjustment adds or takes as system_add", func(t *teller) {
		up := t.do(credits.AdjustParams{UserUUID: t.user, Amount: 10, Key: "up", At: start})
		down := t.do(credits.AdjustParams{UserUUID: t.user, Amount: -4, Key: "down", At: start})
		assert.Equal(t, []string{"system_add", "system_add"}, []string{up.Type, down.Type})
		assert.Equal(t, []int64{10, 4, 6}, []int64{up.Amount, down.Amount, down.Available})
		t.refuse(credits.AdjustParams{UserUUID: t.user, Amount: -7, Key: "x", At: start}, credits.ErrInsufficient)
	}},
	{"an account of 10,000 grants, and a charge over 1,000 of them", alone(func(t *teller) {
		if testing.Short() {
			t.many(2_000)
			return
		}
		t.many(10_000)
	})},
}

// many gives the account n grants of 1 credit and spends over many of them.
func (t *teller) many(n int) {
	for from := 0; from < n; from += credits.MaxBatch {
		ops := make([]credits.Op, credits.MaxBatch)
		for i := range ops {
			ops[i] = t.grantOp(fmt.Sprint("g", from+i), 1, float64(1+(from+i)*7919%n))
		}
		_, err := credits.Post(t.Context(), t.db, credits.PostParams{Ops: ops, AllOrNothing: true})
		require.NoError(t, err)
	}
	assert.EqualValues(t, n, t.balance(start).Available)
	got := t.charge("big", 1000, start)
	require.Len(t, got.Entries, 1000)
	for i, e := range got.Entries {
		require.Equal(t, hour(float64(i+1)).UnixMicro(), e.ExpiresUs, "in the order of expiry")
	}
	t.same(got, t.charge("big", 1000, start))
	assert.EqualValues(t, n-1000-5, t.charge("small", 5, start).Available)
	assert.EqualValues(t, n-1500, t.balance(hour(1500)).Available)
	t.do(t.holdOp("h", 700, start, 0))
	t.do(t.releaseOp("h", "r", start))
	back := t.do(credits.RefundParams{UserUUID: t.user, ChargeKey: "big", Key: "r2", At: start})
	assert.EqualValues(t, n-5, back.Available)
	_, err := credits.ExpireDue(t.Context(), t.db, credits.ExpireDueParams{MaxAhead: credits.AnyTime, At: hour(1500)})
	require.NoError(t, err)
	assert.EqualValues(t, n-1500, t.stored().row.LeftCredits)
}

var batchScenarios = []scenario{
	{"operations on one account happen in order", func(t *teller) {
		out, err := credits.Post(t.Context(), t.db, credits.PostParams{Ops: []credits.Op{
			t.chargeOp("too soon", 1, start),
			t.grantOp("a", 10),
			t.chargeOp("c", 8, start),
			credits.RefundParams{UserUUID: t.user, ChargeKey: "c", Amount: 3, Key: "r", At: start},
			t.holdOp("h", 5, start, 0),
			t.captureOp("h", "cap", 2, start),
			credits.RefundParams{UserUUID: t.user, ChargeKey: "cap", Key: "r2", At: start},
			credits.ClawBackParams{UserUUID: t.user, GrantKey: "a", Total: 10, Key: "cb", At: start},
			t.grantOp("b", 10),
		}})
		require.NoError(t, err)
		require.ErrorIs(t, out[0].Err, credits.ErrInsufficient)
		available := []int64{10, 2, 5, 0, 3, 5, 0, 5}
		for i, o := range out[1:] {
			require.NoError(t, o.Err)
			assert.Equal(t, available[i], o.Operation.Available, "operation %d", i+1)
		}
	}},
	{"the same key twice in a batch is one operation", func(t *teller) {
		out, err := credits.Post(t.Context(), t.db, credits.PostParams{Ops: []credits.Op{
			t.grantOp("g", 10), t.grantOp("g", 10), t.grantOp("g", 11), t.chargeOp("c", 1, start), t.chargeOp("c", 1, start),
		}})
		require.NoError(t, err)
		t.same(out[0].Operation, out[1].Operation)
		require.ErrorIs(t, out[2].Err, credits.ErrKeyReused)
		t.same(out[3].Operation, out[4].Operation)
		assert.EqualValues(t, 9, t.balance(start).Available)
	}},
	{"a refused operation does not sink the others, nor move their clock", func(t *teller) {
		t.grant("g", 10, 5)
		t.grant("never", 10)
		t.do(t.holdOp("h", 3, start, 2e9*3600))
		other := newTeller(t.T, t.env)
		out, err := credits.Post(t.Context(), t.db, credits.PostParams{Ops: []credits.Op{
			t.chargeOp("far", 100, hour(1000)), t.chargeOp("", 0, start), other.grantOp("g", 1),
			t.chargeOp("c", 5, start),
		}})
		require.NoError(t, err)
		require.ErrorIs(t, out[0].Err, credits.ErrInsufficient)
		require.ErrorIs(t, out[1].Err, credits.ErrInvalid)
		require.NoError(t, out[2].Err)
		require.NoError(t, out[3].Err)
		assert.Equal(t, start, out[3].Operation.At)
		assert.Equal(t, []lotAmount{{1, -5}}, lotAmounts(out[3].Operation))
		other.check()
	}},
	{"a batch sees what an earlier operation of it made expire", func(t *teller) {
		out, err := credits.Post(t.Context(), t.db, credits.PostParams{Ops: []credits.Op{
			t.grantOp("g", 10, 1), t.holdOp("h", 4, start, 2e9*3600), t.chargeOp("late", 1, hour(1)),
		}})
		require.NoError(t, err)
		require.ErrorIs(t, out[2].Err, credits.ErrInsufficient)
	}},
	{"all or nothing is nothing", func(t *teller) {
		t.grant("g", 10)
		other := newTeller(t.T, t.env)
		_, err := credits.Post(t.Context(), t.db, credits.PostParams{AllOrNothing: true, Ops: []credits.Op{
			t.chargeOp("c", 1, start), other.grantOp("g", 5), t.chargeOp("d", 10, start),
		}})
		var batch *credits.BatchError
		require.ErrorAs(t, err, &batch)
		require.ErrorIs(t, err, credits.ErrInsufficient)
		assert.Equal(t, 2, batch.Index)
		assert.Len(t, t.stored().entries, 1)
		assert.Nil(t, other.stored().row)
		assert.False(t, t.charge("c", 10, start).Replayed)
	}},
	{"batches in a caller's transaction go with it", func(t *teller) {
		err := t.inTx(func(tx *teller) error {
			out, err := credits.Post(t.Context(), tx.handle, credits.PostParams{Ops: []credits.Op{
				t.grantOp("g", 10), t.chargeOp("c", 11, start), t.chargeOp("d", 10, start),
			}})
			require.NoError(t, err)
			require.ErrorIs(t, out[1].Err, credits.ErrInsufficient)
			tx.still()
			return uuid.Validate("no uuid")
		})
		require.Error(t, err)
		assert.Nil(t, t.stored().row)
	}},
}

// longBatch is apart: on tables for shards each of its accounts is locked by a
// statement of its own, and `make test-sharded` waits for that.
var longBatch = scenario{"1,000 operations over 250 accounts", func(t *teller) {
	users := make([]*teller, 250)
	for i := range users {
		users[i] = newTeller(t.T, t.env)
	}
	var ops []credits.Op
	for i := range credits.MaxBatch {
		u := users[i%len(users)]
		switch i / len(users) {
		case 0:
			ops = append(ops, u.grantOp("g", 100, 10))
		case 1:
			ops = append(ops, u.chargeOp("c", 30, start))
		case 2:
			ops = append(ops, u.holdOp("h", 20, start, 0))
		default:
			ops = append(ops, u.captureOp("h", "cap", 5, start))
		}
	}
	out, err := credits.Post(t.Context(), t.db, credits.PostParams{Ops: ops})
	require.NoError(t, err)
	for _, o := range out {
		require.NoError(t, o.Err)
	}
	again, err := credits.Post(t.Context(), t.db, credits.PostParams{Ops: ops})
	require.NoError(t, err)
	for i, o := range again {
		t.same(out[i].Operation, o.Operation)
	}
	for _, u := range users[:10] {
		assert.EqualValues(t, 65, u.balance(start).Available)
		u.check()
	}
}}
