package credits_test

import (
	"errors"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/credits"
)

var idempotencyScenarios = []scenario{
	{"20 concurrent calls leave one operation and return equal results", func(t *teller) {
		t.grant("g", 100, 100)
		t.do(t.holdOp("h", 10, start, 0))
		t.charge("c", 5, start)
		for _, op := range []credits.Op{
			t.grantOp("concurrent grant", 7),
			t.chargeOp("concurrent charge", 3, start),
			t.chargeOp("concurrent charge over two grants", 88, start),
			credits.RefundParams{UserUUID: t.user, ChargeKey: "c", Amount: 2, Key: "concurrent refund", At: start},
			credits.CaptureParams{UserUUID: t.user, HoldKey: "h", Amount: 4, KeepHold: true, Key: "concurrent capture", At: start},
			credits.ExtendParams{UserUUID: t.user, HoldKey: "h", Timeout: 5 * time.Hour, Key: "concurrent extend", At: start},
			credits.ClawBackParams{UserUUID: t.user, GrantKey: "concurrent grant", Total: 1, Key: "concurrent claw-back", At: start},
			credits.ReleaseParams{UserUUID: t.user, HoldKey: "h", Key: "concurrent release", At: start},
			credits.PingParams{UserUUID: t.user, At: start},
			credits.GrantNewUserCreditsParams{UserUUID: t.user, At: start},
		} {
			t.atOnce(op)
		}
	}},
	{"the library's own keys are refused, and may be named", func(t *teller) {
		t.do(credits.GrantNewUserCreditsParams{UserUUID: t.user, At: start})
		for _, key := range []string{credits.NewUserKey, "chameleon:", "ping:2026-01-02", "order:1:grant", "generation:1:charge"} {
			for _, op := range []credits.Op{t.grantOp(key, 1), t.chargeOp(key, 1, start), t.holdOp(key, 1, start, 0)} {
				var invalid *credits.InvalidError
				require.ErrorAs(t, t.refuse(op, credits.ErrInvalid), &invalid)
				assert.Equal(t, "Key", invalid.Field)
				outcomes, err := credits.Post(t.Context(), t.handle, credits.PostParams{Ops: []credits.Op{op}})
				require.NoError(t, err)
				require.ErrorIs(t, outcomes[0].Err, credits.ErrInvalid)
			}
		}
		t.do(credits.PingParams{UserUUID: t.user, At: hour(24)})
		t.charge("Chameleon:ping:2026-01-02", 1, hour(24)) // keys are compared byte for byte
		t.do(credits.ClawBackParams{UserUUID: t.user, GrantKey: credits.NewUserKey, Total: 1, Key: "cb", At: hour(24)})
	}},
	{"the first operations of an account at once", func(t *teller) {
		t.atOnce(t.grantOp("g", 7))
	}},
	{"a replay returns the original after its grant expired", func(t *teller) {
		first := t.grant("g", 10, 1)
		spent := t.charge("c", 4, start)
		again := t.grantOp("g", 10, 1)
		again.At = hour(30)
		t.same(first, t.do(again))
		t.same(spent, t.do(t.chargeOp("c", 4, hour(30))))
		assert.EqualValues(t, 6, t.balance(hour(30)).Expired)
	}},
	{"a replay returns the original after a refund", func(t *teller) {
		t.grant("g", 10)
		spent := t.charge("c", 4, start)
		refund := credits.RefundParams{UserUUID: t.user, ChargeKey: "c", Key: "r", At: hour(1)}
		given := t.do(refund)
		t.same(spent, t.do(t.chargeOp("c", 4, hour(2))))
		refund.At = hour(3)
		t.same(given, t.do(refund))
	}},
	{"a replay returns the original after the account was emptied", func(t *teller) {
		t.grant("g", 10)
		spent := t.charge("c", 4, start)
		t.charge("the rest", 6, start)
		t.same(spent, t.do(t.chargeOp("c", 4, hour(1))))
		t.refuse(t.chargeOp("another", 4, hour(1)), credits.ErrInsufficient)
	}},
	{"another payload under the key is refused", func(t *teller) {
		t.grant("g", 100)
		t.do(credits.ChargeParams{
			UserUUID: t.user, Amount: 10, Key: "k", OrderNo: "o", GenID: "g", Type: "video",
			Metadata: map[string]any{"a": 1}, At: start,
		})
		for name, change := range map[string]func(*credits.ChargeParams){
			"amount":   func(p *credits.ChargeParams) { p.Amount = 11 },
			"order":    func(p *credits.ChargeParams) { p.OrderNo = "p" },
			"gen":      func(p *credits.ChargeParams) { p.GenID = "h" },
			"type":     func(p *credits.ChargeParams) { p.Type = "audio" },
			"metadata": func(p *credits.ChargeParams) { p.Metadata = map[string]any{"a": 2} },
		} {
			p := credits.ChargeParams{
				UserUUID: t.user, Amount: 10, Key: "k", OrderNo: "o", GenID: "g", Type: "video",
				Metadata: map[string]any{"a": 1}, At: start,
			}
			change(&p)
			var reused *credits.KeyReusedError
			require.ErrorAs(t, t.refuse(p, credits.ErrKeyReused), &reused, name)
			assert.Equal(t, credits.KeyReusedError{UserUUID: t.user, Key: "k", Kind: credits.KindCharge}, *reused)
		}
		t.refuse(t.grantOp("k", 10), credits.ErrKeyReused)
		t.refuse(credits.RefundParams{UserUUID: t.user, ChargeKey: "k", Key: "k", At: start}, credits.ErrKeyReused)
		assert.Len(t, t.stored().entries, 2)
	}},
	{"concurrent calls with one key and two payloads have one winner", func(t *teller) {
		t.grant("g", 1000)
		errs := make([]error, 20)
		together(len(errs), func(i int) {
			_, errs[i] = credits.Charge(t.Context(), t.db, t.chargeOp("k", int64(1+i%2), start))
		})
		refused := 0
		for _, err := range errs {
			if err != nil {
				require.ErrorIs(t, err, credits.ErrKeyReused)
				refused++
			}
		}
		assert.Equal(t, 10, refused)
		assert.Len(t, t.stored().entries, 2)
	}},
	{"keys are the account's own", func(t *teller) {
		other := newTeller(t.T, t.env)
		t.grant("k", 10)
		assert.False(t, other.grant("k", 20).Replayed)
		other.charge("c", 20, start)
		t.refuse(t.chargeOp("c", 20, start), credits.ErrInsufficient)
		assert.False(t, t.charge("c", 10, start).Replayed)
		other.check()
	}},
	{"keys differ byte for byte", func(t *teller) {
		t.grant("g", 100)
		for _, key := range []string{"k", "K", "ḱ", "k\u0301", "k\u200b", "ß", "ss", strings.Repeat("k", 255)} {
			assert.False(t, t.charge(key, 1, start).Replayed, "%q", key)
			assert.True(t, t.charge(key, 1, start).Replayed, "%q", key)
		}
	}},
	{"an empty key is made up and charges again", func(t *teller) {
		t.grant("g", 10)
		first, second := t.charge("", 1, start), t.charge("", 1, start)
		assert.NotEqual(t, first.Key, second.Key)
		assert.EqualValues(t, 8, second.Available)
		require.NoError(t, uuid.Validate(second.Key))
		assert.True(t, t.charge(second.Key, 1, start).Replayed, "a made key is a key")
	}},
	{"a caller's rollback frees the key", func(t *teller) {
		t.grant("g", 10)
		undo := errors.New("undo")
		require.ErrorIs(t, t.inTx(func(tx *teller) error {
			tx.charge("c", 4, start)
			assert.True(t, tx.charge("c", 4, start).Replayed)
			return undo
		}), undo)
		assert.EqualValues(t, 10, t.balance(start).Available)
		got := t.charge("c", 9, start)
		assert.False(t, got.Replayed)
		assert.EqualValues(t, 1, got.Available)
	}},
	{"a refused call leaves the key free", func(t *teller) {
		t.refuse(t.chargeOp("c", 4, start), credits.ErrInsufficient)
		t.grant("g", 10)
		assert.False(t, t.charge("c", 5, start).Replayed)
	}},
}

// same checks that a replay is the original but for saying so.
func (t *teller) same(first, replay *credits.Operation) {
	t.Helper()
	assert.True(t, replay.Replayed)
	copied := *replay
	copied.Replayed = first.Replayed
	assert.Equal(t, *first, copied)
}

// atOnce runs op 20 times at once: one operation, 20 equal results.
func (t *teller) atOnce(op credits.Op) {
	t.Helper()
	results, errs := make([]*credits.Operation, 20), make([]error, 20)
	together(len(results), func(i int) { results[i], errs[i] = call(t.Context(), t.db, op) })
	originals := 0
	for i, got := range results {
		require.NoError(t, errs[i])
		if !got.Replayed {
			originals++
		}
		got.Replayed = false
		require.Equal(t, results[0], got)
	}
	assert.Equal(t, 1, originals, "%T", op)
	first := 0
	for _, e := range t.stored().entries {
		if e.OpKey == results[0].Key {
			first++
		}
	}
	assert.Equal(t, 1, first)
}
