package ledgersuite

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
	{"bad input names its field and writes nothing", func(t *Teller) {
		t.Grant("g", 10)
		t.Do(t.HoldOp("h", 1, Start, 0))
		before := t.Stored()
		for i, bad := range t.badInput() {
			var invalid *credits.InvalidError
			require.ErrorAs(t, t.Refuse(bad.op, credits.ErrInvalid), &invalid, "case %d: %+v", i, bad)
			assert.Equal(t, bad.field, invalid.Field, "case %d: %+v", i, bad.op)
			assert.NotEmpty(t, invalid.Problem)
		}
		assert.Equal(t, before, t.Stored())
	}},
	{"bad input founds no account", func(t *Teller) {
		for _, bad := range t.badInput() {
			t.Refuse(bad.op, credits.ErrInvalid)
		}
		require.NoError(t, t.InTx(func(tx *Teller) error {
			for _, bad := range t.badInput() {
				tx.Refuse(bad.op, credits.ErrInvalid)
			}
			return nil
		}))
		assert.Nil(t, t.Stored().Row)
	}},
	{"bad reads and batches are refused", func(t *Teller) {
		ctx := t.Context()
		for _, user := range []string{"", "no\nbody", strings.Repeat("x", 256), t.User + " "} {
			_, err := credits.Balance(ctx, t.DB, credits.BalanceParams{UserUUID: user})
			require.ErrorIs(t, err, credits.ErrInvalid)
		}
		_, err := credits.BalanceAt(ctx, t.DB, credits.BalanceParams{UserUUID: t.User})
		require.ErrorIs(t, err, credits.ErrInvalid)
		_, err = credits.Balance(ctx, t.DB, credits.BalanceParams{UserUUID: t.User, At: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)})
		require.ErrorIs(t, err, credits.ErrInvalid)
		for _, ops := range [][]credits.Op{nil, {nil}, make([]credits.Op, credits.MaxBatch+1)} {
			_, err := credits.Post(ctx, t.DB, credits.PostParams{Ops: ops})
			require.ErrorIs(t, err, credits.ErrInvalid)
		}
		for _, limit := range []int{-1, credits.MaxSweepLimit + 1} {
			_, err := credits.ExpireDue(ctx, t.DB, credits.ExpireDueParams{Limit: limit})
			require.ErrorIs(t, err, credits.ErrInvalid)
		}
	}},
	{"any text survives", func(t *Teller) {
		t.Grant("g", 10)
		for _, text := range []string{
			`'; DROP TABLE credits; --`, `"quoted" \ back\\slash`, "new\nline\ttab", "ключ 鍵 🔑", "a?b:c$1%s", "100% ?",
		} {
			p := t.ChargeOp(text, 1, Start)
			p.OrderNo, p.GenID, p.Metadata = text, text, map[string]any{text: text}
			first := t.Do(p)
			assert.Equal(t, text, first.Key)
			t.Same(first, t.Do(p))
			stored := t.Stored().Entries
			last := stored[len(stored)-1]
			assert.Equal(t, []string{text, text, text}, []string{last.OpKey, last.OrderNo, last.GenID})
			var metadata map[string]any
			require.NoError(t, json.Unmarshal([]byte(last.Metadata), &metadata))
			assert.Equal(t, p.Metadata, metadata)
		}
	}},
}

// RaiseLeft adds to left_credits as another program would.
func (t *Teller) RaiseLeft(by int64) {
	t.Helper()
	_, err := t.DB.NewRaw("UPDATE credits SET left_credits = left_credits + (?) WHERE user_uuid = ?", by, t.User).Exec(t.Context())
	require.NoError(t, err)
}

type badOp struct {
	field string
	op    credits.Op
}

// badInput lists what no verb takes.
func (t *Teller) badInput() []badOp {
	long := strings.Repeat("k", 256)
	huge := map[string]any{"a": strings.Repeat("x", 17<<10)}
	charge := func(change func(*credits.ChargeParams)) credits.ChargeParams {
		p := t.ChargeOp("bad", 1, Start)
		change(&p)
		return p
	}
	grant := func(change func(*credits.GrantParams)) credits.GrantParams {
		p := t.GrantOp("bad", 1)
		change(&p)
		return p
	}
	out := []badOp{
		{"Amount", charge(func(p *credits.ChargeParams) { p.Amount = 0 })},
		{"Amount", charge(func(p *credits.ChargeParams) { p.Amount = -1 })},
		{"Amount", charge(func(p *credits.ChargeParams) { p.Amount = Most + 1 })},
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
		{"ExpiresAt", grant(func(p *credits.GrantParams) { p.ExpiresAt = Start })},
		{"ExpiresAt", grant(func(p *credits.GrantParams) { p.ExpiresAt = Start.Add(-time.Hour) })},
		{"ExpiresAt", grant(func(p *credits.GrantParams) { p.ExpiresAt = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) })},
		{"CarryOver.GrantKey", grant(func(p *credits.GrantParams) { p.CarryOver = &credits.CarryOver{Max: 1} })},
		{"CarryOver.Within", grant(func(p *credits.GrantParams) {
			p.CarryOver = &credits.CarryOver{GrantKey: "g", Max: 1, Within: -1}
		})},
		{"CarryOver.Max", grant(func(p *credits.GrantParams) { p.CarryOver = &credits.CarryOver{GrantKey: "g"} })},
	}
	return append(out, t.badInputOfOthers()...)
}

func (t *Teller) badInputOfOthers() []badOp {
	return []badOp{
		{"Amount", credits.AdjustParams{UserUUID: t.User, At: Start}},
		{"Amount", credits.AdjustParams{UserUUID: t.User, Amount: -Most - 1, At: Start}},
		{"Amount", credits.AdjustParams{UserUUID: t.User, Amount: Most + 1, At: Start}},
		{"ExpiresAt", credits.AdjustParams{UserUUID: t.User, Amount: -1, ExpiresAt: Hour(1), At: Start}},
		{"Amount", credits.GrantNewUserCreditsParams{UserUUID: t.User, Amount: -1, At: Start}},
		{"Amount", credits.PingParams{UserUUID: t.User, Amount: Most + 1, At: Start}},
		{"At", credits.GrantNewUserCreditsParams{UserUUID: t.User, At: time.Date(9999, 6, 1, 0, 0, 0, 0, time.UTC)}},
		{"At", credits.GrantNewUserCreditsParams{UserUUID: t.User, At: time.Date(1969, 1, 1, 0, 0, 0, 0, time.UTC)}},
		{"At", credits.PingParams{UserUUID: t.User, At: time.Date(9999, 6, 1, 0, 0, 0, 0, time.UTC)}},
		{"At", credits.PingParams{UserUUID: t.User, At: time.Date(20000, 6, 1, 0, 0, 0, 0, time.UTC)}},
		{"Amount", credits.HoldParams{UserUUID: t.User, At: Start}},
		{"Timeout", credits.HoldParams{UserUUID: t.User, Amount: 1, Timeout: -1, At: Start}},
		{"Timeout", credits.HoldParams{UserUUID: t.User, Amount: 1, Timeout: math.MaxInt64, At: Start}},
		{"HoldKey", credits.CaptureParams{UserUUID: t.User, At: Start}},
		{"Amount", credits.CaptureParams{UserUUID: t.User, HoldKey: "h", Amount: -1, At: Start}},
		{"HoldKey", credits.ReleaseParams{UserUUID: t.User, At: Start}},
		{"HoldKey", credits.ExtendParams{UserUUID: t.User, Timeout: time.Hour, At: Start}},
		{"Timeout", credits.ExtendParams{UserUUID: t.User, HoldKey: "h", Timeout: -time.Hour, At: Start}},
		{"ChargeKey", credits.RefundParams{UserUUID: t.User, At: Start}},
		{"Amount", credits.RefundParams{UserUUID: t.User, ChargeKey: "c", Amount: -1, At: Start}},
		{"GrantKey", credits.ClawBackParams{UserUUID: t.User, Total: 1, At: Start}},
		{"Total", credits.ClawBackParams{UserUUID: t.User, GrantKey: "g", At: Start}},
		{"Total", credits.ClawBackParams{UserUUID: t.User, GrantKey: "g", Total: -1, Reinstate: true, At: Start}},
		{"Total", credits.ClawBackParams{UserUUID: t.User, GrantKey: "g", Total: Most + 1, At: Start}},
		{"Policy", credits.ClawBackParams{UserUUID: t.User, GrantKey: "g", Total: 1, Policy: "maybe", At: Start}},
		{"Source", credits.ClawBackParams{UserUUID: t.User, GrantKey: "g", Total: 1, Source: " x", At: Start}},
		{"GrantKey", credits.VoidParams{UserUUID: t.User, At: Start}},
	}
}
