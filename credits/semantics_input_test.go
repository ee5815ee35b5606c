package credits_test

import (
	"encoding/json"
	"math"
	"strings"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/credits"
)

var inputScenarios = []scenario{
	{"bad input names its field and writes nothing", func(t *teller) {
		t.grant("g", 10)
		t.do(t.holdOp("h", 1, start, 0))
		before := t.stored()
		for i, bad := range t.badInput() {
			var invalid *credits.InvalidError
			require.ErrorAs(t, t.refuse(bad.op, credits.ErrInvalid), &invalid, "case %d: %+v", i, bad)
			assert.Equal(t, bad.field, invalid.Field, "case %d: %+v", i, bad.op)
			assert.NotEmpty(t, invalid.Problem)
		}
		assert.Equal(t, before, t.stored())
	}},
	{"bad input founds no account", func(t *teller) {
		for _, bad := range t.badInput() {
			t.refuse(bad.op, credits.ErrInvalid)
		}
		require.NoError(t, t.inTx(func(tx *teller) error {
			for _, bad := range t.badInput() {
				tx.refuse(bad.op, credits.ErrInvalid)
			}
			return nil
		}))
		assert.Nil(t, t.stored().row)
	}},
	{"bad reads and batches are refused", func(t *teller) {
		ctx := t.Context()
		for _, user := range []string{"", "no\nbody", strings.Repeat("x", 256), t.user + " "} {
			_, err := credits.Balance(ctx, t.db, credits.BalanceParams{UserUUID: user})
			require.ErrorIs(t, err, credits.ErrInvalid)
		}
		_, err := credits.BalanceAt(ctx, t.db, credits.BalanceParams{UserUUID: t.user})
		require.ErrorIs(t, err, credits.ErrInvalid)
		_, err = credits.Balance(ctx, t.db, credits.BalanceParams{UserUUID: t.user, At: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)})
		require.ErrorIs(t, err, credits.ErrInvalid)
		for _, ops := range [][]credits.Op{nil, {nil}, make([]credits.Op, credits.MaxBatch+1)} {
			_, err := credits.Post(ctx, t.db, credits.PostParams{Ops: ops})
			require.ErrorIs(t, err, credits.ErrInvalid)
		}
		for _, limit := range []int{-1, credits.MaxSweepLimit + 1} {
			_, err := credits.ExpireDue(ctx, t.db, credits.ExpireDueParams{Limit: limit})
			require.ErrorIs(t, err, credits.ErrInvalid)
		}
	}},
	{"any text survives", func(t *teller) {
		t.grant("g", 10)
		for _, text := range []string{
			`'; DROP TABLE credits; --`, `"quoted" \ back\\slash`, "new\nline\ttab", "ключ 鍵 🔑", "a?b:c$1%s", "100% ?",
		} {
			p := t.chargeOp(text, 1, start)
			p.OrderNo, p.GenID, p.Metadata = text, text, map[string]any{text: text}
			first := t.do(p)
			assert.Equal(t, text, first.Key)
			t.same(first, t.do(p))
			stored := t.stored().entries
			last := stored[len(stored)-1]
			assert.Equal(t, []string{text, text, text}, []string{last.OpKey, last.OrderNo, last.GenID})
			var metadata map[string]any
			require.NoError(t, json.Unmarshal([]byte(last.Metadata), &metadata))
			assert.Equal(t, p.Metadata, metadata)
		}
	}},
}

// raiseLeft adds to left_credits as another program would.
func (t *teller) raiseLeft(by int64) {
	t.Helper()
	_, err := t.db.NewRaw("UPDATE credits SET left_credits = left_credits + (?) WHERE user_uuid = ?", by, t.user).Exec(t.Context())
	require.NoError(t, err)
}

type badOp struct {
	field string
	op    credits.Op
}

// badInput lists what no verb takes.
func (t *teller) badInput() []badOp {
	long := strings.Repeat("k", 256)
	huge := map[string]any{"a": strings.Repeat("x", 17<<10)}
	charge := func(change func(*credits.ChargeParams)) credits.ChargeParams {
		p := t.chargeOp("bad", 1, start)
		change(&p)
		return p
	}
	grant := func(change func(*credits.GrantParams)) credits.GrantParams {
		p := t.grantOp("bad", 1)
		change(&p)
		return p
	}
	out := []badOp{
		{"Amount", charge(func(p *credits.ChargeParams) { p.Amount = 0 })},
		{"Amount", charge(func(p *credits.ChargeParams) { p.Amount = -1 })},
		{"Amount", charge(func(p *credits.ChargeParams) { p.Amount = most + 1 })},
		{"Amount", charge(func(p *credits.ChargeParams) { p.Amount = math.MinInt64 })},
		{"UserUUID", charge(func(p *credits.ChargeParams) { p.UserUUID = "" })},
		{"UserUUID", charge(func(p *credits.ChargeParams) { p.UserUUID = " usr_1" })},
		{"UserUUID", charge(func(p *credits.ChargeParams) { p.UserUUID = strings.Repeat("ü", 128) })},
		{"UserUUID", charge(func(p *credits.ChargeParams) { p.UserUUID = "u\x00" })},
		{"UserUUID", charge(func(p *credits.ChargeParams) { p.UserUUID = "u\x1f1" })},
		{"UserUUID", charge(func(p *credits.ChargeParams) { p.UserUUID = "u\xff" })},
		{"Key", charge(func(p *credits.ChargeParams) { p.Key = long })},
		{"Key", charge(func(p *credits.ChargeParams) { p.Key = " k" })},
		{"Key", charge(func(p *credits.ChargeParams) { p.Key = "k\n" })},
		{"Key", charge(func(p *credits.ChargeParams) { p.Key = "k\x00k" })},
		{"Key", charge(func(p *credits.ChargeParams) { p.Key = "k\xff" })},
		{"Type", charge(func(p *credits.ChargeParams) { p.Type = strings.Repeat("t", 51) })},
		{"OrderNo", charge(func(p *credits.ChargeParams) { p.OrderNo = long })},
		{"OrderNo", charge(func(p *credits.ChargeParams) { p.OrderNo = "o\x00" })},
		{"GenID", charge(func(p *credits.ChargeParams) { p.GenID = "g\xfe" })},
		{"Metadata", charge(func(p *credits.ChargeParams) { p.Metadata = huge })},
		{"Metadata", charge(func(p *credits.ChargeParams) { p.Metadata = map[string]any{"f": math.NaN()} })},
		{"Metadata", charge(func(p *credits.ChargeParams) { p.Metadata = map[string]any{"f": func() {}} })},
		{"At", charge(func(p *credits.ChargeParams) { p.At = time.Date(1969, 12, 31, 23, 59, 59, 0, time.UTC) })},
		{"At", charge(func(p *credits.ChargeParams) { p.At = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) })},
		{"Amount", grant(func(p *credits.GrantParams) { p.Amount = 0 })},
		{"Type", grant(func(p *credits.GrantParams) { p.Type = "" })},
		{"ExpiresAt", grant(func(p *credits.GrantParams) { p.ExpiresAt = start })},
		{"ExpiresAt", grant(func(p *credits.GrantParams) { p.ExpiresAt = start.Add(-time.Hour) })},
		{"ExpiresAt", grant(func(p *credits.GrantParams) { p.ExpiresAt = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) })},
		{"CarryOver.GrantKey", grant(func(p *credits.GrantParams) { p.CarryOver = &credits.CarryOver{Max: 1} })},
		{"CarryOver.Within", grant(func(p *credits.GrantParams) {
			p.CarryOver = &credits.CarryOver{GrantKey: "g", Max: 1, Within: -1}
		})},
		{"CarryOver.Max", grant(func(p *credits.GrantParams) { p.CarryOver = &credits.CarryOver{GrantKey: "g"} })},
	}
	return append(out, t.badInputOfOthers()...)
}

func (t *teller) badInputOfOthers() []badOp {
	return []badOp{
		{"Amount", credits.AdjustParams{UserUUID: t.user, At: start}},
		{"Amount", credits.AdjustParams{UserUUID: t.user, Amount: -most - 1, At: start}},
		{"Amount", credits.AdjustParams{UserUUID: t.user, Amount: most + 1, At: start}},
		{"ExpiresAt", credits.AdjustParams{UserUUID: t.user, Amount: -1, ExpiresAt: hour(1), At: start}},
		{"Amount", credits.GrantNewUserCreditsParams{UserUUID: t.user, Amount: -1, At: start}},
		{"Amount", credits.PingParams{UserUUID: t.user, Amount: most + 1, At: start}},
		{"At", credits.GrantNewUserCreditsParams{UserUUID: t.user, At: time.Date(9999, 6, 1, 0, 0, 0, 0, time.UTC)}},
		{"At", credits.GrantNewUserCreditsParams{UserUUID: t.user, At: time.Date(1969, 1, 1, 0, 0, 0, 0, time.UTC)}},
		{"At", credits.PingParams{UserUUID: t.user, At: time.Date(9999, 6, 1, 0, 0, 0, 0, time.UTC)}},
		{"At", credits.PingParams{UserUUID: t.user, At: time.Date(20000, 6, 1, 0, 0, 0, 0, time.UTC)}},
		{"Amount", credits.HoldParams{UserUUID: t.user, At: start}},
		{"Timeout", credits.HoldParams{UserUUID: t.user, Amount: 1, Timeout: -1, At: start}},
		{"Timeout", credits.HoldParams{UserUUID: t.user, Amount: 1, Timeout: math.MaxInt64, At: start}},
		{"HoldKey", credits.CaptureParams{UserUUID: t.user, At: start}},
		{"Amount", credits.CaptureParams{UserUUID: t.user, HoldKey: "h", Amount: -1, At: start}},
		{"HoldKey", credits.ReleaseParams{UserUUID: t.user, At: start}},
		{"HoldKey", credits.ExtendParams{UserUUID: t.user, Timeout: time.Hour, At: start}},
		{"Timeout", credits.ExtendParams{UserUUID: t.user, HoldKey: "h", Timeout: -time.Hour, At: start}},
		{"ChargeKey", credits.RefundParams{UserUUID: t.user, At: start}},
		{"Amount", credits.RefundParams{UserUUID: t.user, ChargeKey: "c", Amount: -1, At: start}},
		{"GrantKey", credits.ClawBackParams{UserUUID: t.user, Total: 1, At: start}},
		{"Total", credits.ClawBackParams{UserUUID: t.user, GrantKey: "g", At: start}},
		{"Total", credits.ClawBackParams{UserUUID: t.user, GrantKey: "g", Total: -1, Reinstate: true, At: start}},
		{"Total", credits.ClawBackParams{UserUUID: t.user, GrantKey: "g", Total: most + 1, At: start}},
		{"Policy", credits.ClawBackParams{UserUUID: t.user, GrantKey: "g", Total: 1, Policy: "maybe", At: start}},
		{"Source", credits.ClawBackParams{UserUUID: t.user, GrantKey: "g", Total: 1, Source: " x", At: start}},
		{"GrantKey", credits.VoidParams{UserUUID: t.user, At: start}},
	}
}
