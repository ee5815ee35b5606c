package orders_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/orders"
)

// A second payment grants nothing, is listed, and its refund leaves the first
// one alone; so does one whose own refund came first.
func TestASecondPaymentIsSurplus(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		_, buyer := invited(t, env.DB, "grace")
		order(t, env.DB, "ORD-1", pack(buyer))
		order(t, env.DB, "ORD-2", pack(buyer))
		paid := get(t, env.DB, "ORD-1").Amount
		balance := func() int64 {
			b, err := credits.Balance(ctx, env.DB, credits.BalanceParams{UserUUID: buyer})
			require.NoError(t, err)
			return b.Available - b.Debt
		}
		refund := func(ref string) *orders.Result {
			r, err := orders.Refund(ctx, env.DB, orders.RefundParams{
				OrderNo: "ORD-1", PayRef: ref, Provider: get(t, env.DB, "ORD-1").PayType, Total: paid,
			})
			require.NoError(t, err)
			return r
		}
		pay := func(no, ref string) (*orders.Result, error) {
			return orders.MarkPaid(ctx, env.DB, orders.MarkPaidParams{OrderNo: no, PayRef: ref})
		}
		_, err := pay("ORD-1", "pi_1")
		require.NoError(t, err)
		whole := balance()

		early := refund("pi_3")
		assert.Equal(t, orders.PaymentUnmatched, early.Payment.Status)
		assert.Nil(t, early.Order)
		assert.True(t, refund("pi_3").Replayed)
		for _, ref := range []string{"pi_2", "pi_3"} {
			second, err := pay("ORD-1", ref)
			require.NoError(t, err)
			assert.Equal(t, orders.PaymentSurplus, second.Payment.Status)
			again, err := pay("ORD-1", ref)
			require.NoError(t, err)
			assert.True(t, again.Replayed)
		}
		assert.Equal(t, paid, refund("pi_2").Payment.Refunded)
		assert.Equal(t, whole, balance(), "the first payment's credits stay")
		assert.Equal(t, orders.StatusPaid, get(t, env.DB, "ORD-1").Status)
		list, err := orders.ListPayments(ctx, env.DB, orders.ListPaymentsParams{Status: orders.PaymentSurplus})
		require.NoError(t, err)
		require.Len(t, list.Items, 2)
		for _, pm := range list.Items {
			assert.Equal(t, paid, pm.Refunded, pm.Ref)
		}

		revenue, err := orders.Revenue(ctx, env.DB, orders.RevenueParams{Days: 1})
		require.NoError(t, err)
		assert.Zero(t, revenue.Totals[0].Surplus, "all of it was given back")
		_, err = pay("ORD-1", "pi_4")
		require.NoError(t, err)
		revenue, err = orders.Revenue(ctx, env.DB, orders.RevenueParams{Days: 1})
		require.NoError(t, err)
		assert.Equal(t, []int64{paid, paid}, []int64{revenue.Totals[0].Net, revenue.Totals[0].Surplus})

		_, err = pay("ORD-2", "pi_1")
		var taken *orders.PaymentTakenError
		require.ErrorAs(t, err, &taken)
		assert.Equal(t, orders.StatusPending, get(t, env.DB, "ORD-2").Status)

		assert.Equal(t, orders.StatusRefunded, refund("pi_1").Order.Status)
		assert.Less(t, balance(), whole)
	})
}

// A refund that comes before its renewal waits for it, and is counted once.
func TestARefundBeforeItsRenewal(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		_, buyer := invited(t, env.DB, "grace")
		p := pack(buyer)
		p.Interval = orders.IntervalMonth
		order(t, env.DB, "ORD-1", p)
		start := time.Now().UTC().Truncate(time.Second)
		_, err := orders.MarkPaid(ctx, env.DB, orders.MarkPaidParams{OrderNo: "ORD-1", SubID: "sub_1", At: start})
		require.NoError(t, err)
		first := get(t, env.DB, "ORD-1")
		for range 2 {
			r, err := orders.Refund(ctx, env.DB, orders.RefundParams{
				OrderNo: "ORD-1", PayRef: "tran_2", Provider: first.PayType, Ref: "ref_1",
				Total: first.Amount, Of: 2 * first.Amount,
			})
			require.NoError(t, err)
			assert.Nil(t, r.Order)
		}
		assert.Equal(t, first.RefundedAmount, get(t, env.DB, "ORD-1").RefundedAmount)
		for range 2 {
			renewed, err := orders.Renew(ctx, env.DB, orders.RenewParams{
				SubID: "sub_1", PeriodStart: start.AddDate(0, 1, 0), PayRef: "tran_2",
			})
			require.NoError(t, err)
			assert.NotEqual(t, "ORD-1", renewed.Order.OrderNo)
			assert.Equal(t, (first.Amount+1)/2, renewed.Order.RefundedAmount)
			assert.Equal(t, renewed.Order.RefundedAmount, renewed.Payment.Refunded)
		}
		assert.Zero(t, get(t, env.DB, "ORD-1").RefundedAmount)
	})
}

// The renewals of an order that another provider is paid for are that one's, and so are
// their refunds.
func TestAnotherProvidersRefund(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		p := pack(signUp(t, env.DB, "ada@example.com"))
		p.Interval, p.PayType = orders.IntervalMonth, orders.PayTypeCreem
		order(t, env.DB, "ORD-1", p)
		start := time.Now().UTC().Truncate(time.Second)
		_, err := orders.MarkPaid(ctx, env.DB, orders.MarkPaidParams{
			OrderNo: "ORD-1", Provider: orders.PayTypeStripe, SubID: "sub_1", PayRef: "pi_1", At: start,
		})
		require.NoError(t, err)
		_, err = orders.Renew(ctx, env.DB, orders.RenewParams{SubID: "sub_1", PeriodStart: start.AddDate(0, 1, 0), PayRef: "pi_2"})
		require.NoError(t, err)
		for _, ref := range []string{"pi_1", "pi_2"} {
			back, err := orders.Refund(ctx, env.DB, orders.RefundParams{PayRef: ref, Provider: orders.PayTypeStripe, Total: p.Amount})
			require.NoError(t, err)
			require.NotNil(t, back.Order, ref)
			assert.Equal(t, orders.StatusRefunded, back.Order.Status)
		}
	})
}
