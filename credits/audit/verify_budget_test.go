package audit_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/credits/audit"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// budgetStory leaves budget key with 12 spent in all, 4 of them on its day and 8 in its
// month, and budget ann with 8, 0 and 0: its day and month were begun by SetBudget.
func budgetStory(ctx context.Context, t *testing.T, db bun.IDB, user string) {
	t.Helper()
	at := func(days int) time.Time { return proofStart.AddDate(0, 0, days) }
	set := func(name, zone string, days int) {
		_, err := credits.SetBudget(ctx, db, credits.SetBudgetParams{UserUUID: user, Name: name, PerDay: 50, Zone: zone, At: at(days)})
		require.NoError(t, err)
	}
	set("key", "", 0)
	set("ann", "Asia/Tokyo", 0)
	set("idle", "", 0)
	both := []string{"key", "ann"}
	_, err := credits.Post(ctx, db, credits.PostParams{AllOrNothing: true, Ops: []credits.Op{
		credits.GrantParams{UserUUID: user, Amount: 6, Type: "gift", Key: "g1", At: at(0)},
		credits.GrantParams{UserUUID: user, Amount: 100, Type: "gift", Key: "g2", At: at(0)},
		credits.ChargeParams{UserUUID: user, Amount: 10, Key: "c1", Budgets: both, At: at(0)}, // over two grants
		credits.RefundParams{UserUUID: user, ChargeKey: "c1", Amount: 6, Key: "r1", At: at(1)},
		credits.ChargeParams{UserUUID: user, Amount: 7, Key: "c2", Budgets: both, At: at(40)},
		credits.HoldParams{UserUUID: user, Amount: 20, Key: "h", At: at(41)},
		credits.ClawBackParams{UserUUID: user, GrantKey: "g2", Total: 100, Policy: credits.PolicyForgive, Key: "b", At: at(41)},
		credits.CaptureParams{UserUUID: user, HoldKey: "h", Amount: 4, Key: "p", Budgets: []string{"key"}, At: at(41)},
		credits.RefundParams{UserUUID: user, ChargeKey: "c2", Amount: 3, Key: "r2", At: at(41)}, // of the day before
		credits.RefundParams{UserUUID: user, ChargeKey: "c2", Amount: 4, Key: "r3", At: at(41)},
		credits.GrantParams{UserUUID: user, Amount: 100, Type: "gift", Key: "g3", At: at(42)}, // the claw-back had all that came back
		credits.ChargeParams{UserUUID: user, Amount: 5, Key: "c3", Budgets: []string{"key"}, At: at(42)},
		credits.ChargeParams{UserUUID: user, Amount: 4, Key: "c4", Budgets: []string{"ann"}, At: at(42)},
		credits.RefundParams{UserUUID: user, ChargeKey: "c3", Amount: 1, Key: "r4", At: at(42)},
		credits.ChargeParams{UserUUID: user, Amount: 1, Key: "c5", At: at(80)},
	}})
	require.NoError(t, err)
	set("ann", "Asia/Tokyo", 80)
}

// TestVerifyBudgets: what budgets have counted follows from history, whatever was
// charged, captured and refunded; a counter that does not is found, and rebuilt.
func TestVerifyBudgets(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := t.Context()
		of := func(name, column, expr string) func(context.Context, bun.IDB, string) error {
			return set("credits_budgets", "name = '"+name+"'", column, expr)
		}
		cases := []tampering{
			{"nothing", func(context.Context, bun.IDB, string) error { return nil }, nil, false},
			{"less in all", of("key", "spent_in_all", "0"), []string{"budget[] spent_in_all"}, false},
			{"more in all", of("ann", "spent_in_all", "spent_in_all + 1"), []string{"budget[] spent_in_all"}, false},
			{"more of the day", of("key", "spent_day", "5"), []string{"budget[] spent_day"}, false},
			{"more of the month", of("key", "spent_month", "9"), []string{"budget[] spent_month"}, false},
			{"less of the day", of("key", "spent_day", "3"), []string{"budget[] spent_day"}, false},
			{"less of the month", of("key", "spent_month", "0"), []string{"budget[] spent_month"}, false},
			{"a day before the latest charge", of("key", "day", "'2020-01-01'"), []string{"budget[] day"}, false},
			{"a month before the latest charge", of("key", "month", "'2020-01'"), []string{"budget[] month"}, false},
			{"below nothing", of("key", "spent_day", "-1"), []string{"budget[] spent_day"}, false},
			{"a day that has begun", of("ann", "spent_day", "1"), []string{"budget[] spent_day"}, false},
			{"a day that was never charged", of("idle", "spent_month", "1"), []string{"budget[] spent_month"}, false},
			{"gone", remove("credits_budgets", "name = 'ann'"), []string{"budget[] credits_budgets"}, true},
			{"gone, and without spending", remove("credits_budgets", "name = 'idle'"), nil, false},
			{"another's caps", of("key", "in_all", "1"), nil, false},
		}
		for i, c := range cases {
			t.Run(c.name, func(t *testing.T) {
				user := proofUser(i)
				budgetStory(ctx, t, env.DB, user)
				require.Equal(t, []int64{4, 8, 12}, counters(ctx, t, env.DB, user, "key"))
				require.Equal(t, []int64{0, 0, 8}, counters(ctx, t, env.DB, user, "ann"))
				require.Empty(t, breaches(ctx, t, env.DB, user))
				require.NoError(t, c.do(ctx, env.DB, user))
				require.ElementsMatch(t, c.want, breaches(ctx, t, env.DB, user))
				require.NoError(t, env.DB.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
					require.ElementsMatch(t, c.want, breaches(ctx, t, tx, user))
					return nil
				}))
				done, err := audit.Rebuild(ctx, env.DB, audit.RebuildParams{UserUUID: user})
				require.NoError(t, err)
				if c.refused { // its caps are nowhere else
					require.Empty(t, done.Changes)
					require.ElementsMatch(t, c.want, breaches(ctx, t, env.DB, user))
					budgetSetAgain(ctx, t, env.DB, user)
					return
				}
				require.Len(t, done.Changes, len(c.want))
				require.Empty(t, breaches(ctx, t, env.DB, user))
			})
		}
		_, err := env.DB.NewInsert().Model(&credits.Budget{UserUUID: "nobody", Name: "key"}).Exec(ctx)
		require.NoError(t, err)
		require.Equal(t, []string{"orphan[]"}, breaches(ctx, t, env.DB, "nobody"))
		report, err := audit.Verify(ctx, env.DB, audit.VerifyParams{})
		require.NoError(t, err)
		require.EqualValues(t, 1, report.BreachCount, "the orphan alone")
	})
}

// budgetSetAgain: a budget that somebody removed is set again with nothing spent, which is
// found, and rebuilt with what history has counted.
func budgetSetAgain(ctx context.Context, t *testing.T, db *bun.DB, user string) {
	t.Helper()
	_, err := credits.SetBudget(ctx, db, credits.SetBudgetParams{
		UserUUID: user, Name: "ann", PerDay: 50, Zone: "Asia/Tokyo", At: proofStart.AddDate(0, 0, 80),
	})
	require.NoError(t, err)
	require.Equal(t, []int64{0, 0, 0}, counters(ctx, t, db, user, "ann"))
	require.Equal(t, []string{"budget[] spent_in_all"}, breaches(ctx, t, db, user))
	done, err := audit.Rebuild(ctx, db, audit.RebuildParams{UserUUID: user})
	require.NoError(t, err)
	require.Len(t, done.Changes, 1)
	require.Equal(t, []int64{0, 0, 8}, counters(ctx, t, db, user, "ann"))
	require.Empty(t, breaches(ctx, t, db, user))
}

// A zone that is changed, and changed back, begins a day anew: no breach.
func TestVerifyBudgetsOfAnotherZone(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx, user := t.Context(), proofUser(1)
		budgetStory(ctx, t, env.DB, user)
		for _, zone := range []string{"Pacific/Kiritimati", "Pacific/Pago_Pago", ""} {
			at := proofStart.AddDate(0, 0, 90)
			_, err := credits.SetBudget(ctx, env.DB, credits.SetBudgetParams{UserUUID: user, Name: "key", Zone: zone, At: at})
			require.NoError(t, err)
			require.Empty(t, breaches(ctx, t, env.DB, user))
			_, err = credits.Charge(ctx, env.DB, credits.ChargeParams{UserUUID: user, Amount: 2, Budgets: []string{"key"}, At: at})
			require.NoError(t, err)
			require.Empty(t, breaches(ctx, t, env.DB, user))
		}
	})
}

func counters(ctx context.Context, t *testing.T, db bun.IDB, user, name string) []int64 {
	t.Helper()
	var b credits.Budget
	require.NoError(t, db.NewSelect().Model(&b).Where("user_uuid = ? AND name = ?", user, name).Scan(ctx))
	return []int64{b.SpentDay, b.SpentMonth, b.SpentInAll}
}
