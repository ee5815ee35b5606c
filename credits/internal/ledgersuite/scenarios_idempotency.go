package ledgersuite

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
	{"20 concurrent calls leave one operation and return equal results", func(t *Teller) {
		t.Grant("g", 100, 100)
		t.Do(t.HoldOp("h", 10, Start, 0))
		t.Charge("c", 5, Start)
		for _, op := range []credits.Op{
			t.GrantOp("concurrent grant", 7),
			t.ChargeOp("concurrent charge", 3, Start),
			t.ChargeOp("concurrent charge over two grants", 88, Start),
			credits.RefundParams{UserUUID: t.User, ChargeKey: "c", Amount: 2, Key: "concurrent refund", At: Start},
			credits.CaptureParams{UserUUID: t.User, HoldKey: "h", Amount: 4, KeepHold: true, Key: "concurrent capture", At: Start},
			credits.ExtendParams{UserUUID: t.User, HoldKey: "h", Timeout: 5 * time.Hour, Key: "concurrent extend", At: Start},
			credits.ClawBackParams{UserUUID: t.User, GrantKey: "concurrent grant", Total: 1, Key: "concurrent claw-back", At: Start},
			credits.ReleaseParams{UserUUID: t.User, HoldKey: "h", Key: "concurrent release", At: Start},
			credits.PingParams{UserUUID: t.User, At: Start},
			credits.GrantNewUserCreditsParams{UserUUID: t.User, At: Start},
		} {
			t.AtOnce(op)
		}
	}},
	{"the library's own keys are refused, and may be named", func(t *Teller) {
		t.Do(credits.GrantNewUserCreditsParams{UserUUID: t.User, At: Start})
		for _, key := range []string{credits.NewUserKey, "chameleon:", "ping:2026-01-02", "order:1:grant", "generation:1:charge"} {
			for _, op := range []credits.Op{t.GrantOp(key, 1), t.ChargeOp(key, 1, Start), t.HoldOp(key, 1, Start, 0)} {
				var invalid *credits.InvalidError
				require.ErrorAs(t, t.Refuse(op, credits.ErrInvalid), &invalid)
				assert.Equal(t, "Key", invalid.Field)
				outcomes, err := credits.Post(t.Context(), t.Handle, credits.PostParams{Ops: []credits.Op{op}})
				require.NoError(t, err)
				require.ErrorIs(t, outcomes[0].Err, credits.ErrInvalid)
			}
		}
		t.Do(credits.PingParams{UserUUID: t.User, At: Hour(24)})
		t.Charge("Chameleon:ping:2026-01-02", 1, Hour(24)) // keys are compared byte for byte
		t.Do(credits.ClawBackParams{UserUUID: t.User, GrantKey: credits.NewUserKey, Total: 1, Key: "cb", At: Hour(24)})
	}},
	{"the first operations of an account at once", func(t *Teller) {
		t.AtOnce(t.GrantOp("g", 7))
	}},
	{"a replay returns the original after its grant expired", func(t *Teller) {
		first := t.Grant("g", 10, 1)
		spent := t.Charge("c", 4, Start)
		again := t.GrantOp("g", 10, 1)
		again.At = Hour(30)
		t.Same(first, t.Do(again))
		t.Same(spent, t.Do(t.ChargeOp("c", 4, Hour(30))))
		assert.EqualValues(t, 6, t.Balance(Hour(30)).Expired)
	}},
	{"a replay returns the original after a refund", func(t *Teller) {
		t.Grant("g", 10)
		spent := t.Charge("c", 4, Start)
		refund := credits.RefundParams{UserUUID: t.User, ChargeKey: "c", Key: "r", At: Hour(1)}
		given := t.Do(refund)
		t.Same(spent, t.Do(t.ChargeOp("c", 4, Hour(2))))
		refund.At = Hour(3)
		t.Same(given, t.Do(refund))
	}},
	{"a replay returns the original after the account was emptied", func(t *Teller) {
		t.Grant("g", 10)
		spent := t.Charge("c", 4, Start)
		t.Charge("the rest", 6, Start)
		t.Same(spent, t.Do(t.ChargeOp("c", 4, Hour(1))))
		t.Refuse(t.ChargeOp("another", 4, Hour(1)), credits.ErrInsufficient)
	}},
	{"another payload under the key is refused", func(t *Teller) {
		t.Grant("g", 100)
		t.Do(credits.ChargeParams{
			UserUUID: t.User, Amount: 10, Key: "k", OrderNo: "o", GenID: "g", Type: "video",
			Metadata: map[string]any{"a": 1}, At: Start,
		})
		for name, change := range map[string]func(*credits.ChargeParams){
			"amount":   func(p *credits.ChargeParams) { p.Amount = 11 },
			"order":    func(p *credits.ChargeParams) { p.OrderNo = "p" },
			"gen":      func(p *credits.ChargeParams) { p.GenID = "h" },
			"type":     func(p *credits.ChargeParams) { p.Type = "audio" },
			"metadata": func(p *credits.ChargeParams) { p.Metadata = map[string]any{"a": 2} },
		} {
			p := credits.ChargeParams{
				UserUUID: t.User, Amount: 10, Key: "k", OrderNo: "o", GenID: "g", Type: "video",
				Metadata: map[string]any{"a": 1}, At: Start,
			}
			change(&p)
			var reused *credits.KeyReusedError
			require.ErrorAs(t, t.Refuse(p, credits.ErrKeyReused), &reused, name)
			assert.Equal(t, credits.KeyReusedError{UserUUID: t.User, Key: "k", Kind: credits.KindCharge}, *reused)
		}
		t.Refuse(t.GrantOp("k", 10), credits.ErrKeyReused)
		t.Refuse(credits.RefundParams{UserUUID: t.User, ChargeKey: "k", Key: "k", At: Start}, credits.ErrKeyReused)
		assert.Len(t, t.Stored().Entries, 2)
	}},
	{"concurrent calls with one key and two payloads have one winner", func(t *Teller) {
		t.Grant("g", 1000)
		errs := make([]error, 20)
		Together(len(errs), func(i int) {
			_, errs[i] = credits.Charge(t.Context(), t.DB, t.ChargeOp("k", int64(1+i%2), Start))
		})
		refused := 0
		for _, err := range errs {
			if err != nil {
				require.ErrorIs(t, err, credits.ErrKeyReused)
				refused++
			}
		}
		assert.Equal(t, 10, refused)
		assert.Len(t, t.Stored().Entries, 2)
	}},
	{"keys are the account's own", func(t *Teller) {
		other := t.another()
		t.Grant("k", 10)
		assert.False(t, other.Grant("k", 20).Replayed)
		other.Charge("c", 20, Start)
		t.Refuse(t.ChargeOp("c", 20, Start), credits.ErrInsufficient)
		assert.False(t, t.Charge("c", 10, Start).Replayed)
		other.Check()
	}},
	{"keys differ byte for byte", func(t *Teller) {
		t.Grant("g", 100)
		for _, key := range []string{"k", "K", "ḱ", "k\u0301", "k\u200b", "ß", "ss", strings.Repeat("k", 255)} {
			assert.False(t, t.Charge(key, 1, Start).Replayed, "%q", key)
			assert.True(t, t.Charge(key, 1, Start).Replayed, "%q", key)
		}
	}},
	{"an empty key is made up and charges again", func(t *Teller) {
		t.Grant("g", 10)
		first, second := t.Charge("", 1, Start), t.Charge("", 1, Start)
		assert.NotEqual(t, first.Key, second.Key)
		assert.EqualValues(t, 8, second.Available)
		require.NoError(t, uuid.Validate(second.Key))
		assert.True(t, t.Charge(second.Key, 1, Start).Replayed, "a made key is a key")
	}},
	{"a caller's rollback frees the key", func(t *Teller) {
		t.Grant("g", 10)
		undo := errors.New("undo")
		require.ErrorIs(t, t.InTx(func(tx *Teller) error {
			tx.Charge("c", 4, Start)
			assert.True(t, tx.Charge("c", 4, Start).Replayed)
			return undo
		}), undo)
		assert.EqualValues(t, 10, t.Balance(Start).Available)
		got := t.Charge("c", 9, Start)
		assert.False(t, got.Replayed)
		assert.EqualValues(t, 1, got.Available)
	}},
	{"a refused call leaves the key free", func(t *Teller) {
		t.Refuse(t.ChargeOp("c", 4, Start), credits.ErrInsufficient)
		t.Grant("g", 10)
		assert.False(t, t.Charge("c", 5, Start).Replayed)
	}},
}

// Same checks that a replay is the original but for saying so.
func (t *Teller) Same(first, replay *credits.Operation) {
	t.Helper()
	assert.True(t, replay.Replayed)
	copied := *replay
	copied.Replayed = first.Replayed
	assert.Equal(t, *first, copied)
}

// AtOnce runs op 20 times at once: one operation, 20 equal results.
func (t *Teller) AtOnce(op credits.Op) {
	t.Helper()
	results, errs := make([]*credits.Operation, 20), make([]error, 20)
	Together(len(results), func(i int) { results[i], errs[i] = Call(t.Context(), t.DB, op) })
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
	for _, e := range t.Stored().Entries {
		if e.OpKey == results[0].Key {
			first++
		}
	}
	assert.Equal(t, 1, first)
}
