package orders_test

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/orders"
)

// TestFreeOrders: an order of 0 is paid without a provider, grants once, earns
// nobody anything, and there is no money to give back, also in the original
// application's tables.
func TestFreeOrders(t *testing.T) {
	enginetest.RunLive(t, func(t *testing.T, env *enginetest.Env) {
		ctx := t.Context()
		_, buyer := invited(t, env.DB, "free")
		before := available(t, env.DB, buyer)
		p := pack(buyer)
		p.Amount, p.Currency, p.PayType, p.Credits = 0, "CHF", "", 50
		made, err := orders.Create(ctx, env.DB, p)
		require.NoError(t, err)
		require.Empty(t, made.Order.PayType)

		pay := orders.MarkPaidParams{OrderNo: made.Order.OrderNo, At: noon}
		var wait sync.WaitGroup
		var granted sync.Map
		for i := range 3 {
			wait.Go(func() {
				got, err := orders.MarkPaid(ctx, env.DB, pay)
				granted.Store(i, err == nil && !got.Replayed && got.Commission == nil && got.Operation.Amount == 50)
			})
		}
		wait.Wait()
		first := 0
		for _, yes := range granted.Range {
			if yes == true {
				first++
			}
		}
		require.Equal(t, 1, first)
		require.Equal(t, before+50, available(t, env.DB, buyer))

		again, err := orders.MarkPaid(ctx, env.DB, pay)
		require.NoError(t, err)
		require.True(t, again.Replayed)
		require.Equal(t, orders.StatusPaid, again.Order.Status)
		require.Zero(t, again.Order.Paid())

		_, err = orders.Refund(ctx, env.DB, orders.RefundParams{OrderNo: made.Order.OrderNo, Total: 1})
		var invalid *orders.InvalidError
		require.ErrorAs(t, err, &invalid)
		require.Equal(t, "Total", invalid.Field)
		require.Equal(t, before+50, available(t, env.DB, buyer))
		all, err := orders.Revenue(ctx, env.DB, orders.RevenueParams{At: noon, Currency: "CHF"})
		require.NoError(t, err)
		require.Zero(t, all.Totals[0].Gross)
		require.Equal(t, int64(1), all.Totals[0].Orders)
	})
}

// TestFreePlans: a plan that costs nothing recurs, with its credits once a period and
// nobody's commission, and a paid plan may follow it and be followed by it.
func TestFreePlans(t *testing.T) {
	enginetest.RunLive(t, func(t *testing.T, env *enginetest.Env) {
		ctx := t.Context()
		_, buyer := invited(t, env.DB, "freemium")
		p := pack(buyer)
		p.Amount, p.Credits, p.Interval = 0, 50, orders.IntervalMonth
		order(t, env.DB, "ORD-FREE", p)
		paid, err := orders.MarkPaid(ctx, env.DB, orders.MarkPaidParams{OrderNo: "ORD-FREE", SubID: "sub_free", PeriodStart: noon, At: noon})
		require.NoError(t, err)
		require.EqualValues(t, 50, paid.Operation.Amount)
		pro := &orders.Plan{ProductID: "pro", Credits: 900}
		for _, period := range []struct {
			start time.Time
			plan  *orders.Plan
			paid  int64
			grant int64
		}{
			{date(2, 28), nil, 0, 50},
			{date(3, 31), pro, 1999, 900},
			{date(4, 30), &orders.Plan{ProductID: "starter", Credits: 50}, 0, 50},
		} {
			renewal := orders.RenewParams{
				SubID: "sub_free", PeriodStart: period.start, Plan: period.plan, At: period.start,
				Paid: &orders.Money{Amount: period.paid, Currency: "USD"},
			}
			for _, replayed := range []bool{false, true} {
				got, err := orders.Renew(ctx, env.DB, renewal)
				require.NoError(t, err)
				require.Equal(t, replayed, got.Replayed)
				require.Equal(t, period.paid, got.Order.Paid())
				require.Equal(t, period.grant, got.Operation.Amount)
				require.Equal(t, period.paid > 0, got.Commission != nil)
			}
		}
		at, err := credits.BalanceAt(ctx, env.DB, credits.BalanceParams{UserUUID: buyer, At: date(4, 30)})
		require.NoError(t, err)
		require.EqualValues(t, 150, at.Available, "the welcome credits, and the period's")
		verify(t, env.DB)
	})
}
