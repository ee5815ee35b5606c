package credits_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"
	"pgregory.net/rapid"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/list"
)

// TestStatementOfLongOperationsSideBySide: the entries of long operations are
// read together, and each belongs to one line alone.
func TestStatementOfLongOperationsSideBySide(t *testing.T) {
	t.Parallel()
	enginetest.RandomChecks(t)
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		rapid.Check(t, func(rt *rapid.T) {
			user := uuid.NewString()
			writeLongHistory(rt, env.DB, user)
			entries := rawHistory(t, env, user)
			for _, oldestFirst := range []bool{false, true} {
				p := credits.StatementParams{
					UserUUID: user, OldestFirst: oldestFirst,
					WithoutHolds: rapid.Bool().Draw(rt, "without holds"),
					Types: rapid.SampledFrom([][]string{
						nil, nil, {credits.TypeAIGeneration, credits.TypeRefund}, {credits.TypeRefund}, {credits.TypeHold},
					}).Draw(rt, "types"),
					Limit: rapid.SampledFrom([]int{list.MaxLimit, 50, 5, 3, 2}).Draw(rt, "limit"),
				}
				checkLines(rt, wholeStatement(entries, p), pageThrough(rt, env.DB, p))
			}
			for _, e := range entries {
				if e.OpKey != "" {
					op, err := credits.GetOperation(t.Context(), env.DB, credits.GetOperationParams{UserUUID: user, Key: e.OpKey})
					require.NoError(rt, err)
					require.Len(rt, op.Entries, entriesIn(entries, e.Seq), "entries of %s", e.OpKey)
				}
			}
		})
	})
}

// TestStatementOfNinePingsTheirChargeAndItsRefund is the smallest case: the
// second operation of nine entries begins where the first one's tail is read.
func TestStatementOfNinePingsTheirChargeAndItsRefund(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ops := make([]credits.Op, 0, 11)
		for day := range 9 {
			ops = append(ops, credits.PingParams{UserUUID: readerUUID, At: historyStart.AddDate(0, 0, day)})
		}
		at := historyStart.AddDate(0, 0, 9)
		ops = append(ops,
			credits.ChargeParams{UserUUID: readerUUID, Amount: 9, Key: "nine", At: at},
			credits.RefundParams{UserUUID: readerUUID, ChargeKey: "nine", Key: "back", At: at})
		_, err := credits.Post(t.Context(), env.DB, credits.PostParams{Ops: ops, AllOrNothing: true})
		require.NoError(t, err)
		lines := pageThrough(t, env.DB, credits.StatementParams{UserUUID: readerUUID, Limit: 50})
		require.EqualValues(t, 9, lines[0].Amount, "the refund")
		require.EqualValues(t, -9, lines[1].Amount, "the charge")
		require.Len(t, lines[0].Allocations, 9)
		require.Len(t, lines[1].Allocations, 9)
	})
}

// entriesIn counts the entries of an operation.
func entriesIn(entries []rawEntry, opSeq int64) int {
	n := 0
	for _, e := range entries {
		if e.OpSeq == opSeq {
			n++
		}
	}
	return n
}

// writeLongHistory writes operations of up to two hundred entries, next to one
// another and to short ones, around the lengths at which reads go on.
func writeLongHistory(rt *rapid.T, db bun.IDB, user string) {
	lengths := rapid.SampledFrom([]int64{1, 2, 7, 8, 9, 10, 17, 40, 41, 42, 43, 80, 169, 170})
	at, ops, charges, holds := historyStart, []credits.Op{}, []string{}, []string{}
	for i := range 170 {
		ops = append(ops, credits.GrantParams{
			UserUUID: user, Amount: 2, Type: "bonus", Key: fmt.Sprint("grant ", i), At: at, ExpiresAt: at.AddDate(1, 0, i),
		})
	}
	for i := range rapid.IntRange(2, 8).Draw(rt, "operations") {
		key, amount := fmt.Sprint("long ", i), lengths.Draw(rt, "length")
		at = at.Add(rapid.SampledFrom([]time.Duration{0, time.Hour}).Draw(rt, "later"))
		switch rapid.SampledFrom([]string{"charge", "refund", "hold", "capture", "release"}).Draw(rt, "verb") {
		case "charge":
			ops = append(ops, credits.ChargeParams{UserUUID: user, Amount: 2 * amount, Key: key, At: at})
			charges = append(charges, key)
		case "refund":
			if len(charges) > 0 {
				ops = append(ops, credits.RefundParams{UserUUID: user, ChargeKey: rapid.SampledFrom(charges).Draw(rt, "of"), Key: key, At: at})
			}
		case "hold":
			ops = append(ops, credits.HoldParams{UserUUID: user, Amount: 2 * amount, Key: key, Timeout: 24 * time.Hour, At: at})
			holds = append(holds, key)
		case "capture":
			if len(holds) > 0 {
				ops = append(ops, credits.CaptureParams{
					UserUUID: user, HoldKey: rapid.SampledFrom(holds).Draw(rt, "of"), Amount: amount, Key: key, At: at,
				})
			}
		case "release":
			if len(holds) > 0 {
				ops = append(ops, credits.ReleaseParams{UserUUID: user, HoldKey: rapid.SampledFrom(holds).Draw(rt, "of"), Key: key, At: at})
			}
		}
	}
	// Some are refused: what they act on has not happened or has ended.
	_, err := credits.Post(rt.Context(), db, credits.PostParams{Ops: ops})
	require.NoError(rt, err)
}
