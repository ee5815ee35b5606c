package ledgersuite

import (
	"fmt"
	"strings"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/credits/audit"
)

// Legacy inserts rows as other programs write them: no grant, no key, an
// expired_at of any kind.
func (t *Teller) Legacy() {
	t.Helper()
	for i, expired := range []any{
		nil, "", "2030-01-01T00:00:00.000Z", "2030-01-01", "2020-01-01 00:00:00+02", "never", "null", "0",
		strings.Repeat("9", 255), "2026-13-45T99:99:99Z",
	} {
		_, err := t.DB.NewRaw("INSERT INTO credits_trans (user_uuid, trans_type, credits, expired_at, created_at) "+
			"VALUES (?, ?, ?, ?, ?)", t.User, "ai_generation", 100-30*i, expired, Start).Exec(t.Context())
		require.NoError(t, err)
	}
}

// checkLegacy checks that so many of the legacy rows are outside the ledger, and
// the others in it, once.
func (t *Teller) checkLegacy(outside int64, after string) {
	t.Helper()
	var rows []struct{ Outside, Inside int64 }
	require.NoError(t, t.DB.NewRaw("SELECT COALESCE(SUM(CASE WHEN seq IS NULL THEN 1 ELSE 0 END), 0) AS outside, "+
		"COALESCE(SUM(CASE WHEN op_key LIKE 'chameleon:row:%' THEN 1 ELSE 0 END), 0) AS inside "+
		"FROM credits_trans WHERE user_uuid = ?", t.User).Scan(t.Context(), &rows))
	require.Equal(t, []int64{outside, 10 - outside}, []int64{rows[0].Outside, rows[0].Inside}, after)
}

var legacyScenarios = []scenario{
	{"legacy rows break no verb", alone(func(t *Teller) {
		t.Legacy()
		assert.Zero(t, t.Balance(Start).Available, "there is no account row, which is what others show")
		t.Refuse(t.ChargeOp("c", 1, Start), credits.ErrInsufficient)
		t.checkLegacy(10, "a refused charge")
		for _, op := range []credits.Op{
			t.GrantOp("a", 100, 10), t.GrantOp("b", 100),
			credits.GrantNewUserCreditsParams{UserUUID: t.User, At: Start},
			credits.PingParams{UserUUID: t.User, At: Start},
			credits.AdjustParams{UserUUID: t.User, Amount: 5, Key: "adjust", At: Start},
			t.ChargeOp("c", 7, Start), t.ChargeOp("c2", 120, Start),
			credits.RefundParams{UserUUID: t.User, ChargeKey: "c2", Key: "r", At: Start},
			t.HoldOp("h", 30, Start, 0), t.HoldOp("h2", 3, Start, 0),
			credits.ExtendParams{UserUUID: t.User, HoldKey: "h", Key: "e", At: Start},
			credits.CaptureParams{UserUUID: t.User, HoldKey: "h", Amount: 5, Key: "capture", At: Start},
			credits.ReleaseParams{UserUUID: t.User, HoldKey: "h2", Key: "release", At: Start},
			credits.ClawBackParams{UserUUID: t.User, GrantKey: "a", Total: 100, Key: "claw", At: Start},
			credits.VoidParams{UserUUID: t.User, GrantKey: "adjust", Key: "void", At: Start},
		} {
			assert.False(t, t.Do(op).Replayed)
			assert.True(t, t.Do(op).Replayed)
			t.checkLegacy(0, fmt.Sprintf("%T", op))
		}
		_, err := credits.ExpireDue(t.Context(), t.DB, credits.ExpireDueParams{MaxAhead: credits.AnyTime, At: Hour(10)})
		require.NoError(t, err)
		t.checkLegacy(0, "a sweep")
		// 301 granted but 7 + 5 spent; grant a is gone, whole, with a debt for what was
		// spent of it. The legacy rows granted 220, and nothing is left of them.
		b := t.Balance(Hour(11))
		assert.Equal(t, int64(306+220), b.Total)
		assert.Zero(t, b.Held)
		t.Balance(Hour(-5))
	})},
	{"an account row that others made is taken on", func(t *Teller) {
		for _, row := range []struct{ left, total, wantTotal int64 }{{0, 0, 220}, {40, 90, 90}, {-7, 90, 90}} {
			other := t.another()
			_, err := t.DB.NewRaw("INSERT INTO credits (user_uuid, left_credits, total_credits) VALUES (?, ?, ?)",
				other.User, row.left, row.total).Exec(t.Context())
			require.NoError(t, err)
			other.Legacy()
			other.Refuse(other.ChargeOp("c", max(row.left, 0)+1, Start), credits.ErrInsufficient)
			other.checkLegacy(10, "a refusal writes nothing")
			other.Grant("g", 10)
			got := other.Charge("c", 3, Start)
			assert.Equal(t, row.left+10-3, got.Available, "what they showed counts")
			var left, total int64
			require.NoError(t, t.DB.NewRaw("SELECT left_credits, total_credits FROM credits WHERE user_uuid = ?",
				other.User).Scan(t.Context(), &left, &total))
			assert.Equal(t, []int64{got.Available, row.wantTotal + 10}, []int64{left, total}, "what others counted stays counted")
			report, err := audit.Verify(t.Context(), t.DB, audit.VerifyParams{UserUUID: other.User})
			require.NoError(t, err)
			require.Empty(t, report.Breaches)
		}
	}},
	{"others may insert rows while the ledger works", func(t *Teller) {
		defer t.DropLegacy()
		t.Grant("g", 1000)
		errs := make([]error, 20)
		Together(len(errs), func(i int) {
			if i%2 == 0 {
				_, errs[i] = t.DB.NewRaw("INSERT INTO credits_trans (user_uuid, trans_type, credits) VALUES (?, 'x', 1)", t.User).
					Exec(t.Context())
				return
			}
			_, errs[i] = credits.Charge(t.Context(), t.DB, t.ChargeOp("", 1, Start))
		})
		for _, err := range errs {
			require.NoError(t, err)
		}
		assert.EqualValues(t, 990, t.Balance(Start).Available)
	}},
}

// DropLegacy removes the rows that are not the ledger's, so that the rest can
// be checked by its invariants.
func (t *Teller) DropLegacy() {
	_, err := t.DB.NewRaw("DELETE FROM credits_trans WHERE user_uuid = ? AND seq IS NULL", t.User).Exec(t.Context())
	require.NoError(t, err)
}
