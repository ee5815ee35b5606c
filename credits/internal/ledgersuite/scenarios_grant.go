package ledgersuite

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
	{"spending takes the soonest expiry, then free before paid, then the oldest", func(t *Teller) {
		paid := t.GrantOp("paid never", 1)
		paid.Paid = true
		t.Do(paid)                   // 1
		t.Grant("free never", 1)     // 2
		t.Grant("free never too", 1) // 3
		paid = t.GrantOp("paid late", 1, 10)
		paid.Type = credits.TypeOrderPay
		t.Do(paid)                  // 4
		t.Grant("free late", 1, 10) // 5
		t.Grant("soon", 1, 5)       // 6
		want := []int64{6, 5, 4, 2, 3, 1}
		for i, lot := range want {
			assert.Equal(t, []lotAmount{{lot, -1}}, lotAmounts(t.Charge(fmt.Sprint(i), 1, Start)))
		}
	}},
	{"a sooner grant is spent before the one at hand", func(t *Teller) {
		t.Grant("late", 10, 10)
		assert.Equal(t, []lotAmount{{1, -1}}, lotAmounts(t.Charge("1", 1, Start)))
		t.Grant("soon", 3, 5)
		assert.Equal(t, []lotAmount{{3, -2}}, lotAmounts(t.Charge("2", 2, Start)))
		assert.Equal(t, []lotAmount{{3, -1}, {1, -1}}, lotAmounts(t.Charge("3", 2, Start)))
		t.Do(credits.RefundParams{UserUUID: t.User, ChargeKey: "2", Key: "r", At: Start})
		assert.Equal(t, []lotAmount{{3, -2}, {1, -8}}, lotAmounts(t.Charge("4", 10, Start)))
	}},
	{"a refund goes back to the very grants, in parts", func(t *Teller) {
		t.Grant("a", 5, 1)
		t.Grant("b", 5, 2)
		t.Grant("c", 5)
		t.Charge("spent", 12, Start)
		refund := credits.RefundParams{UserUUID: t.User, ChargeKey: "spent", Amount: 4, Key: "r1", At: Start}
		assert.Equal(t, []lotAmount{{3, 2}, {2, 2}}, lotAmounts(t.Do(refund)))
		refund.Key, refund.Amount, refund.At = "r2", 0, Hour(1)
		got := t.Do(refund)
		assert.Equal(t, []lotAmount{{2, 3}, {1, 5}}, lotAmounts(got))
		assert.Equal(t, []int64{8, 10}, []int64{got.Amount, got.Available}, "what went to an expired grant is expired")
		assert.EqualValues(t, 5, t.Balance(Hour(1)).Expired)
		refund.Key = "r3"
		t.Refuse(refund, credits.ErrExceeds)
		assert.EqualValues(t, 15, t.Balance(Hour(1)).Total, "refunds are not earned")
	}},
	{"concurrent refunds give back once", func(t *Teller) {
		t.Grant("g", 100)
		t.Charge("c", 50, Start)
		errs := make([]error, 12)
		Together(len(errs), func(i int) {
			_, errs[i] = credits.Refund(t.Context(), t.DB, credits.RefundParams{
				UserUUID: t.User, ChargeKey: "c", Amount: 10, Key: fmt.Sprint(i), At: Start,
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
		assert.EqualValues(t, 100, t.Balance(Start).Available)
	}},
	{"a renewal carries over up to its cap", func(t *Teller) {
		t.Grant("may", 100, 10)
		t.Charge("c", 30, Start)
		renewal := t.GrantOp("june", 200, 20)
		renewal.CarryOver = &credits.CarryOver{GrantKey: "may", Max: 50}
		got := t.Do(renewal)
		assert.Equal(t, []int64{200, 270}, []int64{got.Amount, got.Available})
		b := t.Balance(Hour(10))
		assert.Equal(t, []int64{250, 20, 300}, []int64{b.Available, b.Expired, b.Total})
	}},
	{"a renewal carries over only what expired within the bound", func(t *Teller) {
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
			own := t.another()
			own.Grant("may", 10, 1)
			p := own.GrantOp("june", 200)
			p.At = Hour(1).Add(c.after)
			p.CarryOver = &credits.CarryOver{GrantKey: "may", Max: 100, Within: c.within}
			assert.Equal(t, 200+c.carried, own.Do(p).Available, "case %d", i)
			own.Check()
		}
	}},
	{"a renewal carries over what has just expired, and not what is held", func(t *Teller) {
		t.Grant("may", 100, 10)
		t.Do(t.HoldOp("h", 30, Hour(9.5), 0))
		renewal := t.GrantOp("june", 200, 20)
		renewal.At = Hour(10)
		renewal.CarryOver = &credits.CarryOver{GrantKey: "may", Max: 1000}
		assert.EqualValues(t, 270, t.Do(renewal).Available)
		assert.EqualValues(t, 30, t.Balance(Hour(11)).Expired)
	}},
	{"the sign-up bonus comes once and lasts a year", func(t *Teller) {
		first := t.Do(credits.GrantNewUserCreditsParams{UserUUID: t.User, At: Start})
		assert.EqualValues(t, 100, first.Available)
		t.Same(first, t.Do(credits.GrantNewUserCreditsParams{UserUUID: t.User, At: Hour(100)}))
		year := Start.AddDate(1, 0, 0)
		assert.EqualValues(t, 100, t.Balance(year.Add(-1000)).Available)
		assert.Zero(t, t.Balance(year).Available)
	}},
	{"an adjustment adds or takes as system_add", func(t *Teller) {
		up := t.Do(credits.AdjustParams{UserUUID: t.User, Amount: 10, Key: "up", At: Start})
		down := t.Do(credits.AdjustParams{UserUUID: t.User, Amount: -4, Key: "down", At: Start})
		assert.Equal(t, []string{"system_add", "system_add"}, []string{up.Type, down.Type})
		assert.Equal(t, []int64{10, 4, 6}, []int64{up.Amount, down.Amount, down.Available})
		t.Refuse(credits.AdjustParams{UserUUID: t.User, Amount: -7, Key: "x", At: Start}, credits.ErrInsufficient)
	}},
	{"an account of 10,000 grants, and a charge over 1,000 of them", alone(func(t *Teller) {
		if testing.Short() {
			t.many(2_000)
			return
		}
		t.many(10_000)
	})},
}

// many gives the account n grants of 1 credit and spends over many of them.
func (t *Teller) many(n int) {
	for from := 0; from < n; from += credits.MaxBatch {
		ops := make([]credits.Op, credits.MaxBatch)
		for i := range ops {
			ops[i] = t.GrantOp(fmt.Sprint("g", from+i), 1, float64(1+(from+i)*7919%n))
		}
		_, err := credits.Post(t.Context(), t.DB, credits.PostParams{Ops: ops, AllOrNothing: true})
		require.NoError(t, err)
	}
	assert.EqualValues(t, n, t.Balance(Start).Available)
	got := t.Charge("big", 1000, Start)
	require.Len(t, got.Entries, 1000)
	for i, e := range got.Entries {
		require.Equal(t, Hour(float64(i+1)).UnixMicro(), e.ExpiresUs, "in the order of expiry")
	}
	t.Same(got, t.Charge("big", 1000, Start))
	assert.EqualValues(t, n-1000-5, t.Charge("small", 5, Start).Available)
	assert.EqualValues(t, n-1500, t.Balance(Hour(1500)).Available)
	t.Do(t.HoldOp("h", 700, Start, 0))
	t.Do(t.ReleaseOp("h", "r", Start))
	back := t.Do(credits.RefundParams{UserUUID: t.User, ChargeKey: "big", Key: "r2", At: Start})
	assert.EqualValues(t, n-5, back.Available)
	_, err := credits.ExpireDue(t.Context(), t.DB, credits.ExpireDueParams{MaxAhead: credits.AnyTime, At: Hour(1500)})
	require.NoError(t, err)
	assert.EqualValues(t, n-1500, t.Stored().Row.LeftCredits)
}

var batchScenarios = []scenario{
	{"operations on one account happen in order", func(t *Teller) {
		out, err := credits.Post(t.Context(), t.DB, credits.PostParams{Ops: []credits.Op{
			t.ChargeOp("too soon", 1, Start),
			t.GrantOp("a", 10),
			t.ChargeOp("c", 8, Start),
			credits.RefundParams{UserUUID: t.User, ChargeKey: "c", Amount: 3, Key: "r", At: Start},
			t.HoldOp("h", 5, Start, 0),
			t.CaptureOp("h", "cap", 2, Start),
			credits.RefundParams{UserUUID: t.User, ChargeKey: "cap", Key: "r2", At: Start},
			credits.ClawBackParams{UserUUID: t.User, GrantKey: "a", Total: 10, Key: "cb", At: Start},
			t.GrantOp("b", 10),
		}})
		require.NoError(t, err)
		require.ErrorIs(t, out[0].Err, credits.ErrInsufficient)
		available := []int64{10, 2, 5, 0, 3, 5, 0, 5}
		for i, o := range out[1:] {
			require.NoError(t, o.Err)
			assert.Equal(t, available[i], o.Operation.Available, "operation %d", i+1)
		}
	}},
	{"the same key twice in a batch is one operation", func(t *Teller) {
		out, err := credits.Post(t.Context(), t.DB, credits.PostParams{Ops: []credits.Op{
			t.GrantOp("g", 10), t.GrantOp("g", 10), t.GrantOp("g", 11), t.ChargeOp("c", 1, Start), t.ChargeOp("c", 1, Start),
		}})
		require.NoError(t, err)
		t.Same(out[0].Operation, out[1].Operation)
		require.ErrorIs(t, out[2].Err, credits.ErrKeyReused)
		t.Same(out[3].Operation, out[4].Operation)
		assert.EqualValues(t, 9, t.Balance(Start).Available)
	}},
	{"a refused operation does not sink the others, nor move their clock", func(t *Teller) {
		t.Grant("g", 10, 5)
		t.Grant("never", 10)
		t.Do(t.HoldOp("h", 3, Start, 2e9*3600))
		other := t.another()
		out, err := credits.Post(t.Context(), t.DB, credits.PostParams{Ops: []credits.Op{
			t.ChargeOp("far", 100, Hour(1000)), t.ChargeOp("", 0, Start), other.GrantOp("g", 1),
			t.ChargeOp("c", 5, Start),
		}})
		require.NoError(t, err)
		require.ErrorIs(t, out[0].Err, credits.ErrInsufficient)
		require.ErrorIs(t, out[1].Err, credits.ErrInvalid)
		require.NoError(t, out[2].Err)
		require.NoError(t, out[3].Err)
		assert.Equal(t, Start, out[3].Operation.At)
		assert.Equal(t, []lotAmount{{1, -5}}, lotAmounts(out[3].Operation))
		other.Check()
	}},
	{"a batch sees what an earlier operation of it made expire", func(t *Teller) {
		out, err := credits.Post(t.Context(), t.DB, credits.PostParams{Ops: []credits.Op{
			t.GrantOp("g", 10, 1), t.HoldOp("h", 4, Start, 2e9*3600), t.ChargeOp("late", 1, Hour(1)),
		}})
		require.NoError(t, err)
		require.ErrorIs(t, out[2].Err, credits.ErrInsufficient)
	}},
	{"all or nothing is nothing", func(t *Teller) {
		t.Grant("g", 10)
		other := t.another()
		_, err := credits.Post(t.Context(), t.DB, credits.PostParams{AllOrNothing: true, Ops: []credits.Op{
			t.ChargeOp("c", 1, Start), other.GrantOp("g", 5), t.ChargeOp("d", 10, Start),
		}})
		var batch *credits.BatchError
		require.ErrorAs(t, err, &batch)
		require.ErrorIs(t, err, credits.ErrInsufficient)
		assert.Equal(t, 2, batch.Index)
		assert.Len(t, t.Stored().Entries, 1)
		assert.Nil(t, other.Stored().Row)
		assert.False(t, t.Charge("c", 10, Start).Replayed)
	}},
	{"batches in a caller's transaction go with it", func(t *Teller) {
		err := t.InTx(func(tx *Teller) error {
			out, err := credits.Post(t.Context(), tx.Handle, credits.PostParams{Ops: []credits.Op{
				t.GrantOp("g", 10), t.ChargeOp("c", 11, Start), t.ChargeOp("d", 10, Start),
			}})
			require.NoError(t, err)
			require.ErrorIs(t, out[1].Err, credits.ErrInsufficient)
			tx.Still()
			return uuid.Validate("no uuid")
		})
		require.Error(t, err)
		assert.Nil(t, t.Stored().Row)
	}},
}

// longBatch is apart: on tables for shards each of its accounts is locked by a
// statement of its own, and `make test-sharded` waits for that.
var longBatch = scenario{"1,000 operations over 250 accounts", func(t *Teller) {
	users := make([]*Teller, 250)
	for i := range users {
		users[i] = t.another()
	}
	var ops []credits.Op
	for i := range credits.MaxBatch {
		u := users[i%len(users)]
		switch i / len(users) {
		case 0:
			ops = append(ops, u.GrantOp("g", 100, 10))
		case 1:
			ops = append(ops, u.ChargeOp("c", 30, Start))
		case 2:
			ops = append(ops, u.HoldOp("h", 20, Start, 0))
		default:
			ops = append(ops, u.CaptureOp("h", "cap", 5, Start))
		}
	}
	out, err := credits.Post(t.Context(), t.DB, credits.PostParams{Ops: ops})
	require.NoError(t, err)
	for _, o := range out {
		require.NoError(t, o.Err)
	}
	again, err := credits.Post(t.Context(), t.DB, credits.PostParams{Ops: ops})
	require.NoError(t, err)
	for i, o := range again {
		t.Same(out[i].Operation, o.Operation)
	}
	for _, u := range users[:10] {
		assert.EqualValues(t, 65, u.Balance(Start).Available)
		u.Check()
	}
}}
