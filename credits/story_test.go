package credits_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// The story of docs/ledger.md, row by row.
func TestLedgerStory(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		user := uuid.NewString()
		rows := story(user)
		for i, row := range rows {
			if row.op == nil {
				continue
			}
			outcomes, err := credits.Post(t.Context(), env.DB, credits.PostParams{
				Ops: []credits.Op{row.op}, AllOrNothing: true,
			})
			require.NoError(t, err, "row %d", i+1)
			assert.Equal(t, row.entries, written(outcomes[0].Operation), "row %d", i+1)
		}
		// Told afterwards, each row still has its numbers.
		for i, row := range rows {
			b, err := credits.BalanceAt(t.Context(), env.DB, credits.BalanceParams{UserUUID: user, At: row.at})
			require.NoError(t, err)
			got := []int64{b.Available, b.Held, b.Debt, b.Available + b.Held - b.Debt, b.Total}
			assert.Equal(t, row.numbers, got, "row %d", i+1)
		}
	})
}

// storyRow is a row of the table: available, held, debt, balance and total.
type storyRow struct {
	at      time.Time
	op      credits.Op
	entries string
	numbers []int64
}

func story(user string) []storyRow {
	day := func(month time.Month, day int) time.Time {
		return time.Date(2026, month, day, 0, 0, 0, 0, time.UTC)
	}
	captured := day(1, 6).Add(time.Hour)
	return []storyRow{
		{day(1, 1), credits.GrantNewUserCreditsParams{UserUUID: user, At: day(1, 1)}, "1: +100", []int64{100, 0, 0, 100, 100}},
		{day(1, 2), credits.GrantParams{
			UserUUID: user, Amount: 1000, Type: credits.TypeOrderPay, Key: "order 1",
			ExpiresAt: day(2, 2), At: day(1, 2),
		}, "2: +1000", []int64{1100, 0, 0, 1100, 1100}},
		{day(1, 3), credits.ChargeParams{UserUUID: user, Amount: 250, Key: "a", At: day(1, 3)}, "2: -250", []int64{850, 0, 0, 850, 1100}},
		{
			day(1, 4),
			credits.ChargeParams{UserUUID: user, Amount: 800, Key: "b", At: day(1, 4)},
			"2: -750; 1: -50",
			[]int64{50, 0, 0, 50, 1100},
		},
		{
			day(1, 5),
			credits.RefundParams{UserUUID: user, ChargeKey: "b", Amount: 100, At: day(1, 5)},
			"1: +50; 2: +50",
			[]int64{150, 0, 0, 150, 1100},
		},
		{
			day(1, 6),
			credits.HoldParams{UserUUID: user, Amount: 120, Key: "h", Timeout: 24 * time.Hour, At: day(1, 6)},
			"2: +0, +50; 1: +0, +70",
			[]int64{30, 120, 0, 150, 1100},
		},
		{
			captured,
			credits.CaptureParams{UserUUID: user, HoldKey: "h", Amount: 60, At: captured},
			"2: -50, -50; 1: -10, -10; 1: +0, -60",
			[]int64{90, 0, 0, 90, 1100},
		},
		{
			day(1, 10),
			credits.ClawBackParams{UserUUID: user, GrantKey: "order 1", Total: 500, At: day(1, 10)},
			"2: +0; -1: -500",
			[]int64{90, 0, 500, -410, 1100},
		},
		{day(1, 11), credits.GrantParams{
			UserUUID: user, Amount: 600, Type: credits.TypeOrderPay, Key: "order 2",
			ExpiresAt: day(2, 11), At: day(1, 11),
		}, "15: +600; 15: -500; -1: +500", []int64{190, 0, 0, 190, 1700}},
		{at: day(2, 11), numbers: []int64{90, 0, 0, 90, 1700}},
		{at: day(1, 1).AddDate(1, 0, 0), numbers: []int64{0, 0, 0, 0, 1700}},
	}
}

// written prints an operation's entries as the table does.
func written(op *credits.Operation) string {
	parts := make([]string, len(op.Entries))
	for i, e := range op.Entries {
		parts[i] = fmt.Sprintf("%d: %+d", e.Lot, e.Credits)
		if e.Held != 0 {
			parts[i] += fmt.Sprintf(", %+d", e.Held)
		}
	}
	return strings.Join(parts, "; ")
}
