package orders_test

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/orders"
)

// TestFreeOrders: an order of 0 is paid without a provider, grants once, earns
// nobody anything, and there is no money to give back.
func TestFreeOrders(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := t.Context()
		_, buyer := invited(t, env.DB, "free")
		before := available(t, env.DB, buyer)
		p := pack(buyer)
		p.Amount, p.PayType, p.Credits = 0, "", 50
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
		all, err := orders.Revenue(ctx, env.DB, orders.RevenueParams{At: noon})
		require.NoError(t, err)
		require.Zero(t, all.Totals[0].Gross)
		require.Equal(t, int64(1), all.Totals[0].Orders)
	})
}
