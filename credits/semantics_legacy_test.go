package credits_test

import (
	"fmt"
	"strings"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/credits/audit"
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

// checkLegacy checks that so many of the legacy rows are outside the ledger, and
// the others in it, once.
func (t *teller) checkLegacy(outside int64, after string) {
	t.Helper()
	var rows []struct{ Outside, Inside int64 }
	require.NoError(t, t.db.NewRaw("SELECT COALESCE(SUM(CASE WHEN seq IS NULL THEN 1 ELSE 0 END), 0) AS outside, "+
		"COALESCE(SUM(CASE WHEN op_key LIKE 'chameleon:row:%' THEN 1 ELSE 0 END), 0) AS inside "+
		"FROM credits_trans WHERE user_uuid = ?", t.user).Scan(t.Context(), &rows))
	require.Equal(t, []int64{outside, 10 - outside}, []int64{rows[0].Outside, rows[0].Inside}, after)
}

var legacyScenarios = []scenario{
	{"legacy rows break no verb", alone(func(t *teller) {
		t.legacy()
		assert.Zero(t, t.balance(start).Available, "there is no account row, which is what others show")
		t.refuse(t.chargeOp("c", 1, start), credits.ErrInsufficient)
		t.checkLegacy(10, "a refused charge")
		for _, op := range []credits.Op{
			t.grantOp("a", 100, 10), t.grantOp("b", 100),
			credits.GrantNewUserCreditsParams{UserUUID: t.user, At: start},
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
			t.checkLegacy(0, fmt.Sprintf("%T", op))
		}
		_, err := credits.ExpireDue(t.Context(), t.db, credits.ExpireDueParams{MaxAhead: credits.AnyTime, At: hour(10)})
		require.NoError(t, err)
		t.checkLegacy(0, "a sweep")
		// 301 granted but 7 + 5 spent; grant a is gone, whole, with a debt for what was
		// spent of it. The legacy rows granted 220, and nothing is left of them.
		b := t.balance(hour(11))
		assert.Equal(t, int64(306+220), b.Total)
		assert.Zero(t, b.Held)
		t.balance(hour(-5))
	})},
	{"an account row that others made is taken on", func(t *teller) {
		for _, row := range []struct{ left, total, wantTotal int64 }{{0, 0, 220}, {40, 90, 90}, {-7, 90, 90}} {
			other := newTeller(t.T, t.env)
			_, err := t.db.NewRaw("INSERT INTO credits (user_uuid, left_credits, total_credits) VALUES (?, ?, ?)",
				other.user, row.left, row.total).Exec(t.Context())
			require.NoError(t, err)
			other.legacy()
			other.refuse(other.chargeOp("c", max(row.left, 0)+1, start), credits.ErrInsufficient)
			other.checkLegacy(10, "a refusal writes nothing")
			other.grant("g", 10)
			got := other.charge("c", 3, start)
			assert.Equal(t, row.left+10-3, got.Available, "what they showed counts")
			var left, total int64
			require.NoError(t, t.db.NewRaw("SELECT left_credits, total_credits FROM credits WHERE user_uuid = ?",
				other.user).Scan(t.Context(), &left, &total))
			assert.Equal(t, []int64{got.Available, row.wantTotal + 10}, []int64{left, total}, "what others counted stays counted")
			proven(t.Context(), t.T, t.db, audit.VerifyParams{UserUUID: other.user})
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
