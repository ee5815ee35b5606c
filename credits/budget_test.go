package credits_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/credits/audit"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// TestBudgets: what names a budget never spends more than its caps, whatever goes on.
func TestBudgets(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		budgetsTogether(t, env)
		budgetsOverTime(t, env)
		budgetsRefused(t, env)
		budgetsOfCaptures(t, env)
		budgetsChanged(t, env)
		budgetsOfZones(t, env)
		report, err := audit.Verify(t.Context(), env.DB, audit.VerifyParams{})
		require.NoError(t, err)
		require.Empty(t, report.Breaches)
	})
}

func budgeted(t *testing.T, db bun.IDB, at time.Time, budgets ...credits.SetBudgetParams) string {
	t.Helper()
	user := uuid.NewString()
	_, err := credits.Grant(t.Context(), db, credits.GrantParams{UserUUID: user, Amount: 1000, Type: "test", At: at})
	require.NoError(t, err)
	for _, p := range budgets {
		p.UserUUID, p.At = user, at
		_, err := credits.SetBudget(t.Context(), db, p)
		require.NoError(t, err)
	}
	return user
}

func spent(t *testing.T, db bun.IDB, user, name string, at time.Time) []int64 {
	t.Helper()
	b, err := credits.GetBudget(t.Context(), db, credits.GetBudgetParams{UserUUID: user, Name: name, At: at})
	require.NoError(t, err)
	return []int64{b.SpentDay, b.SpentMonth, b.SpentInAll}
}

func budgetsTogether(t *testing.T, env *enginetest.Env) {
	t.Helper()
	now := time.Now()
	user := budgeted(t, env.DB, now, credits.SetBudgetParams{Name: "key", PerDay: 17}, credits.SetBudgetParams{Name: "ann"})
	var done, refused atomic.Int64
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			for range 2 {
				_, err := credits.Charge(context.Background(), env.DB,
					credits.ChargeParams{UserUUID: user, Amount: 1, Budgets: []string{"ann", "key"}, At: now})
				if errors.Is(err, credits.ErrBudget) {
					refused.Add(1)
				} else if assert.NoError(t, err) {
					done.Add(1)
				}
			}
		})
	}
	all.Wait()
	require.EqualValues(t, 17, done.Load())
	require.EqualValues(t, 15, refused.Load())
	require.Equal(t, []int64{17, 17, 17}, spent(t, env.DB, user, "key", now))
	require.Equal(t, []int64{17, 17, 17}, spent(t, env.DB, user, "ann", now), "a refused charge counts in none")
}

func budgetsOverTime(t *testing.T, env *enginetest.Env) {
	t.Helper()
	ctx := t.Context()
	day := time.Date(2026, 1, 30, 20, 0, 0, 0, time.UTC)
	user := budgeted(t, env.DB, day, credits.SetBudgetParams{Name: "key", PerDay: 10, PerMonth: 15, InAll: 24},
		credits.SetBudgetParams{Name: "tokyo", PerDay: 10, Zone: "Asia/Tokyo"})
	charge := func(key string, amount int64, at time.Time, budgets ...string) *credits.BudgetError {
		_, err := credits.Charge(ctx, env.DB, credits.ChargeParams{UserUUID: user, Amount: amount, Key: key, Budgets: budgets, At: at})
		over, ok := errors.AsType[*credits.BudgetError](err)
		if !ok {
			require.NoError(t, err)
		}
		return over
	}
	require.Nil(t, charge("a", 10, day, "key"))
	require.Nil(t, charge("a", 10, day, "key"), "a replay counts nothing")
	require.Equal(t, &credits.BudgetError{UserUUID: user, Budget: "key", Period: credits.BudgetDay, Need: 1}, charge("b", 1, day, "key"))
	next := day.Add(5 * time.Hour) // 31 January
	require.Equal(t, credits.BudgetMonth, charge("c", 6, next, "key").Period)
	require.Nil(t, charge("c", 5, next, "key"))
	refund := func(key string, at time.Time) {
		_, err := credits.Refund(ctx, env.DB, credits.RefundParams{UserUUID: user, ChargeKey: key, Amount: 2, At: at})
		require.NoError(t, err)
	}
	refund("a", next) // of yesterday: its day is over, its month is not
	require.Equal(t, []int64{5, 13, 13}, spent(t, env.DB, user, "key", next))
	february := day.AddDate(0, 0, 3)
	require.Equal(t, []int64{0, 0, 13}, spent(t, env.DB, user, "key", february))
	require.Nil(t, charge("d", 10, february, "key"))
	refund("c", february)
	require.Equal(t, []int64{10, 10, 21}, spent(t, env.DB, user, "key", february))
	require.Equal(t, credits.BudgetInAll, charge("e", 4, february.AddDate(0, 0, 1), "key").Period)

	tokyo := time.Date(2026, 2, 10, 14, 59, 0, 0, time.UTC) // a minute to midnight there
	require.Nil(t, charge("f", 10, tokyo, "tokyo"))
	require.NotNil(t, charge("g", 1, tokyo, "tokyo"))
	require.Nil(t, charge("g", 1, tokyo.Add(time.Minute), "tokyo"))
}

func budgetsRefused(t *testing.T, env *enginetest.Env) {
	t.Helper()
	now := time.Now()
	user := budgeted(t, env.DB, now, credits.SetBudgetParams{Name: "key", InAll: 10})
	for _, wrong := range []credits.SetBudgetParams{
		{UserUUID: user}, {UserUUID: user, Name: "a", PerDay: -1}, {UserUUID: user, Name: "a", Zone: "Mars"}, {Name: "a"},
	} {
		_, err := credits.SetBudget(t.Context(), env.DB, wrong)
		require.ErrorIs(t, err, credits.ErrInvalid)
	}
	budgetsWithoutZones(t, env)
	err := env.DB.RunInTx(t.Context(), nil, func(ctx context.Context, tx bun.Tx) error {
		charge := func(amount int64, budgets ...string) error {
			_, err := credits.Charge(ctx, tx, credits.ChargeParams{UserUUID: user, Amount: amount, Budgets: budgets, At: now})
			return err
		}
		require.ErrorIs(t, charge(1, "none"), credits.ErrNotFound)
		require.ErrorIs(t, charge(1, "key", "key"), credits.ErrInvalid)
		require.ErrorIs(t, charge(11, "key"), credits.ErrBudget)
		require.NoError(t, charge(4, "key"), "the transaction goes on")
		require.ErrorIs(t, charge(7, "key"), credits.ErrBudget, "it sees what it spent itself")
		done, err := credits.Post(ctx, tx, credits.PostParams{Ops: []credits.Op{
			credits.ChargeParams{UserUUID: user, Amount: 5, Budgets: []string{"key"}, At: now},
			credits.ChargeParams{UserUUID: user, Amount: 2, Budgets: []string{"key"}, At: now},
			credits.ChargeParams{UserUUID: user, Amount: 1, Budgets: []string{"key"}, At: now},
		}})
		require.NoError(t, err)
		require.NoError(t, done[0].Err)
		require.ErrorIs(t, done[1].Err, credits.ErrBudget)
		require.NoError(t, done[2].Err)
		return nil
	})
	require.NoError(t, err)
	require.Equal(t, []int64{10, 10, 10}, spent(t, env.DB, user, "key", now))
	gone := errors.New("rolled back")
	err = env.DB.RunInTx(t.Context(), nil, func(ctx context.Context, tx bun.Tx) error {
		_, err := credits.SetBudget(ctx, tx, credits.SetBudgetParams{UserUUID: user, Name: "key", InAll: 20, At: now})
		require.NoError(t, err)
		_, err = credits.Charge(ctx, tx, credits.ChargeParams{UserUUID: user, Amount: 10, Budgets: []string{"key"}, At: now})
		require.NoError(t, err)
		return gone
	})
	require.ErrorIs(t, err, gone)
	require.Equal(t, []int64{10, 10, 10}, spent(t, env.DB, user, "key", now))
}

// budgetsWithoutZones: a zone that another program knew, and this one does not, is named
// by a refusal.
func budgetsWithoutZones(t *testing.T, env *enginetest.Env) {
	t.Helper()
	ctx, now := t.Context(), time.Now()
	user := budgeted(t, env.DB, now, credits.SetBudgetParams{Name: "far", InAll: 10, Zone: "Europe/Paris"})
	charge := credits.ChargeParams{UserUUID: user, Amount: 1, Budgets: []string{"far"}, Key: "c", At: now}
	_, err := credits.Charge(ctx, env.DB, charge)
	require.NoError(t, err)
	_, err = env.DB.NewUpdate().Model((*credits.Budget)(nil)).Set("zone = ?", "Mars/Olympus").Where("user_uuid = ?", user).Exec(ctx)
	require.NoError(t, err)
	unknown := func(err error) {
		t.Helper()
		invalid, ok := errors.AsType[*credits.InvalidError](err)
		require.True(t, ok, "%v", err)
		require.Equal(t, "Zone", invalid.Field)
		require.Contains(t, invalid.Problem, "Mars/Olympus")
		require.Contains(t, invalid.Problem, "time/tzdata")
	}
	_, err = credits.GetBudget(ctx, env.DB, credits.GetBudgetParams{UserUUID: user, Name: "far"})
	unknown(err)
	charge.Key = "d"
	_, err = credits.Charge(ctx, env.DB, charge)
	unknown(err)
	_, err = credits.Overdraw(ctx, env.DB, credits.OverdrawParams{Charge: charge, MaxDebt: 1})
	unknown(err)
	done, err := credits.Post(ctx, env.DB, credits.PostParams{Ops: []credits.Op{charge}})
	require.NoError(t, err)
	unknown(done[0].Err)
	_, err = credits.Refund(ctx, env.DB, credits.RefundParams{UserUUID: user, ChargeKey: "c", At: now})
	require.NoError(t, err, "a refund goes by the day that the charge was counted in")
	_, err = credits.SetBudget(ctx, env.DB, credits.SetBudgetParams{UserUUID: user, Name: "far", InAll: 10, At: now})
	require.NoError(t, err, "another zone")
	_, err = credits.Charge(ctx, env.DB, charge)
	require.NoError(t, err)
}

// budgetsOfCaptures: what is captured counts, what is held does not.
func budgetsOfCaptures(t *testing.T, env *enginetest.Env) {
	t.Helper()
	ctx, now := t.Context(), time.Now()
	user := budgeted(t, env.DB, now, credits.SetBudgetParams{Name: "key", InAll: 10})
	_, err := credits.Hold(ctx, env.DB, credits.HoldParams{UserUUID: user, Amount: 40, Key: "h", At: now})
	require.NoError(t, err)
	capture := func(key string, amount int64, budgets ...string) error {
		_, err := credits.Capture(ctx, env.DB, credits.CaptureParams{
			UserUUID: user, HoldKey: "h", Amount: amount, KeepHold: true, Key: key, Budgets: budgets, At: now,
		})
		return err
	}
	require.Equal(t, &credits.BudgetError{UserUUID: user, Budget: "key", Period: credits.BudgetInAll, Need: 11, Left: 10}, capture("a", 11, "key"))
	require.ErrorIs(t, capture("a", 1, "none"), credits.ErrNotFound)
	require.ErrorIs(t, capture("a", 1, "key", "key"), credits.ErrInvalid)
	for range 2 {
		require.NoError(t, capture("a", 7, "key"), "the hold goes on, and a replay counts nothing")
	}
	require.ErrorIs(t, capture("a", 7), credits.ErrKeyReused)
	require.ErrorIs(t, capture("b", 4, "key"), credits.ErrBudget)
	_, err = credits.Refund(ctx, env.DB, credits.RefundParams{UserUUID: user, ChargeKey: "a", Amount: 2, At: now})
	require.NoError(t, err)
	require.NoError(t, capture("b", 5, "key"))
	_, err = credits.Release(ctx, env.DB, credits.ReleaseParams{UserUUID: user, HoldKey: "h", At: now})
	require.NoError(t, err)
	require.Equal(t, []int64{10, 10, 10}, spent(t, env.DB, user, "key", now))
}

// budgetsChanged: another cap forgets nothing that was spent, whenever it is set, and
// days are those of the zone when its clocks change.
func budgetsChanged(t *testing.T, env *enginetest.Env) {
	t.Helper()
	paris := credits.SetBudgetParams{Name: "key", PerDay: 10, PerMonth: 25, Zone: "Europe/Paris"}
	long := time.Date(2025, 10, 25, 22, 0, 0, 0, time.UTC) // midnight of a day of 25 hours
	user := budgeted(t, env.DB, long, paris)
	charge := func(amount int64, at time.Time) error {
		_, err := credits.Charge(t.Context(), env.DB, credits.ChargeParams{UserUUID: user, Amount: amount, Budgets: []string{"key"}, At: at})
		return err
	}
	require.NoError(t, charge(10, long))
	require.ErrorIs(t, charge(1, long.Add(25*time.Hour-time.Microsecond)), credits.ErrBudget)
	paris.UserUUID, paris.At = user, long.AddDate(0, 0, 2)
	changed, err := credits.SetBudget(t.Context(), env.DB, paris)
	require.NoError(t, err)
	require.Equal(t, []int64{10, 0}, []int64{changed.SpentInAll, changed.SpentDay}, "as of its time")
	require.ErrorIs(t, charge(1, long), credits.ErrBudget, "the account's day is the same as before")
	require.NoError(t, charge(10, long.Add(25*time.Hour)))
	november := time.Date(2025, 10, 31, 23, 0, 0, 0, time.UTC)
	require.ErrorIs(t, charge(6, november.Add(-time.Microsecond)), credits.ErrBudget)
	require.NoError(t, charge(6, november))
}

// budgetsOfZones: a zone that is changed and changed back gives back nothing that was
// spent: a date has its caps once.
func budgetsOfZones(t *testing.T, env *enginetest.Env) {
	t.Helper()
	noon := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC) // 1 February on Kiritimati
	here := credits.SetBudgetParams{Name: "key", PerDay: 10, PerMonth: 15}
	user := budgeted(t, env.DB, noon, here)
	charge := func(amount int64, at time.Time) error {
		_, err := credits.Charge(t.Context(), env.DB, credits.ChargeParams{UserUUID: user, Amount: amount, Budgets: []string{"key"}, At: at})
		return err
	}
	move := func(zone string) {
		here.UserUUID, here.Zone, here.At = user, zone, noon
		_, err := credits.SetBudget(t.Context(), env.DB, here)
		require.NoError(t, err)
	}
	require.NoError(t, charge(10, noon))
	move("Pacific/Kiritimati")
	require.NoError(t, charge(10, noon))
	for _, zone := range []string{"", "Pacific/Pago_Pago", "Pacific/Kiritimati", ""} {
		move(zone)
		require.ErrorIs(t, charge(1, noon), credits.ErrBudget)
		require.Equal(t, []int64{10, 10, 20}, spent(t, env.DB, user, "key", noon))
	}
	require.ErrorIs(t, charge(1, noon.AddDate(0, 0, 1)), credits.ErrBudget, "1 February was spent before it began here")
	require.NoError(t, charge(5, noon.AddDate(0, 0, 2)))
	require.ErrorIs(t, charge(1, noon.AddDate(0, 0, 3)), credits.ErrBudget, "so was a part of the month")
	require.NoError(t, charge(10, noon.AddDate(0, 0, 29)))
}
