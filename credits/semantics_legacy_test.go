package credits_test

import (
	"fmt"
	"strings"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/credits"
)

// legacy inserts rows as other programs write them: no grant, no key, an
// expired_at of any kind.
func (t *teller) legacy() {
	t.Helper()
	for i, expired := range []any{
		nil, "", "2030-01-01T00:00:00.000Z", "2030-01-01", "2020-01-01 00:00:00+02", "never", "null", "0",
		strings.Repeat("9", 255), "2026-13-45T99:99:99Z",
	} {
		_, err := t.db.NewRaw("INSERT INTO credits_trans (user_uuid, trans_type, credits, expired_at, created_at) "+
			"VALUES (?, ?, ?, ?, ?)", t.user, "ai_generation", 100-30*i, expired, start).Exec(t.Context())
		require.NoError(t, err)
	}
}

// checkLegacy checks that the legacy rows are as they were and in nobody's way.
func (t *teller) checkLegacy(after string) {
	t.Helper()
	count, err := t.db.NewSelect().Table("credits_trans").Where("user_uuid = ?", t.user).Where("seq IS NULL").Count(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 10, count, after)
}

var legacyScenarios = []scenario{
	{"legacy rows break no verb", alone(func(t *teller) {
		defer t.dropLegacy()
		t.legacy()
		assert.Zero(t, t.balance(start).Available, "they are outside the ledger")
		t.refuse(t.chargeOp("c", 1, start), credits.ErrInsufficient)
		t.checkLegacy("a refused charge")
		for _, op := range []credits.Op{
			t.grantOp("a", 100, 10), t.grantOp("b", 100),
			credits.NewUserParams{UserUUID: t.user, At: start},
			credits.PingParams{UserUUID: t.user, At: start},
			credits.AdjustParams{UserUUID: t.user, Amount: 5, Key: "adjust", At: start},
			t.chargeOp("c", 7, start), t.chargeOp("c2", 120, start),
			credits.RefundParams{UserUUID: t.user, ChargeKey: "c2", Key: "r", At: start},
			t.holdOp("h", 30, start, 0), t.holdOp("h2", 3, start, 0),
			credits.ExtendParams{UserUUID: t.user, HoldKey: "h", Key: "e", At: start},
			credits.CaptureParams{UserUUID: t.user, HoldKey: "h", Amount: 5, Key: "capture", At: start},
			credits.ReleaseParams{UserUUID: t.user, HoldKey: "h2", Key: "release", At: start},
			credits.ClawBackParams{UserUUID: t.user, GrantKey: "a", Total: 100, Key: "claw", At: start},
			credits.VoidParams{UserUUID: t.user, GrantKey: "adjust", Key: "void", At: start},
		} {
			assert.False(t, t.do(op).Replayed)
			assert.True(t, t.do(op).Replayed)
			t.checkLegacy(fmt.Sprintf("%T", op))
		}
		_, err := credits.ExpireDue(t.Context(), t.db, credits.ExpireParams{MaxAhead: credits.AnyTime, At: hour(10)})
		require.NoError(t, err)
		t.checkLegacy("a sweep")
		// 301 granted but 7 + 5 spent; grant a is gone, whole, with a debt for what was spent of it.
		b := t.balance(hour(11))
		assert.Equal(t, int64(306), b.Total)
		assert.Zero(t, b.Held)
		t.balance(hour(-5))
	})},
	{"an account row that others made is taken on", func(t *teller) {
		for _, values := range []string{"0, 0", "40, 90"} {
			other := newTeller(t.T, t.env)
			_, err := t.db.NewRaw("INSERT INTO credits (user_uuid, left_credits, total_credits) VALUES (?, "+values+")",
				other.user).Exec(t.Context())
			require.NoError(t, err)
			other.legacy()
			other.refuse(other.chargeOp("c", 1, start), credits.ErrInsufficient)
			other.grant("g", 10)
			got := other.charge("c", 4, start)
			assert.EqualValues(t, 6, got.Available, "the ledger spends what it knows")
			var left, total int64
			require.NoError(t, t.db.NewRaw("SELECT left_credits, total_credits FROM credits WHERE user_uuid = ?",
				other.user).Scan(t.Context(), &left, &total))
			var hadLeft, hadTotal int64
			_, err = fmt.Sscanf(values, "%d, %d", &hadLeft, &hadTotal)
			require.NoError(t, err)
			assert.Equal(t, []int64{hadLeft + 6, hadTotal + 10}, []int64{left, total}, "what others counted stays counted")
		}
	}},
	{"others may insert rows while the ledger works", func(t *teller) {
		defer t.dropLegacy()
		t.grant("g", 1000)
		errs := make([]error, 20)
		together(len(errs), func(i int) {
			if i%2 == 0 {
				_, errs[i] = t.db.NewRaw("INSERT INTO credits_trans (user_uuid, trans_type, credits) VALUES (?, 'x', 1)", t.user).
					Exec(t.Context())
				return
			}
			_, errs[i] = credits.Charge(t.Context(), t.db, t.chargeOp("", 1, start))
		})
		for _, err := range errs {
			require.NoError(t, err)
		}
		assert.EqualValues(t, 990, t.balance(start).Available)
	}},
}

// dropLegacy removes the rows that are not the ledger's, so that the rest can
// be checked by its invariants.
func (t *teller) dropLegacy() {
	_, err := t.db.NewRaw("DELETE FROM credits_trans WHERE user_uuid = ? AND seq IS NULL", t.user).Exec(t.Context())
	require.NoError(t, err)
}
