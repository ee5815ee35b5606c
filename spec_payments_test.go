package chameleon_test

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/affiliates"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/orders"
)

var paymentRules = []rule{
	{name: "paying_is_one_transaction", holds: func(t *testing.T, env *enginetest.Env) {
		referrer, buyer := invite(t, env.DB)
		no := buy(t, env.DB, orders.CreateParams{UserUUID: buyer})
		at := lastDay.Add(time.Hour)
		check := func(r *orders.Result) {
			assert.Equal(t, orders.StatusPaid, r.Order.Status)
			sameTime(t, at, r.Order.PaidAt)
			assert.Equal(t, credits.TypeOrderPay, r.Operation.Type)
			assert.Equal(t, int64(1000), r.Operation.Amount)
			assert.Equal(t, referrer, r.Commission.UserUUID)
		}
		undone(t, env.DB, func(tx bun.Tx) { check(pay(t, tx, no, at)) })
		assert.Equal(t, orders.StatusPending, stored(t, env.DB, no).Status)
		assert.Equal(t, int64(100), balance(t, env.DB, buyer, at).Available)
		_, err := affiliates.Get(t.Context(), env.DB, affiliates.GetParams{OrderNo: no})
		require.ErrorIs(t, err, affiliates.ErrNotFound)
		check(pay(t, env.DB, no, at))
	}},
	{name: "each_order_grants_once", holds: func(t *testing.T, env *enginetest.Env) {
		_, buyer := invite(t, env.DB)
		no := buy(t, env.DB, orders.CreateParams{UserUUID: buyer})
		var all sync.WaitGroup
		for range 6 {
			all.Go(func() {
				_, err := orders.MarkPaid(t.Context(), env.DB, orders.MarkPaidParams{OrderNo: no, At: lastDay})
				assert.NoError(t, err)
			})
		}
		all.Wait()
		assert.True(t, pay(t, env.DB, no, lastDay.AddDate(0, 1, 0)).Replayed, "a month later")
		assert.Equal(t, int64(1100), balance(t, env.DB, buyer, lastDay).Total)
	}},
	{name: "webhooks_out_of_order", holds: func(t *testing.T, env *enginetest.Env) {
		no := buy(t, env.DB, orders.CreateParams{})
		_, err := attempt(t, env.DB, no, orders.StatusRefunded)
		var state *orders.StateError
		require.ErrorAs(t, err, &state)
		assert.True(t, state.Retryable(), "the refund came before its payment")
		pay(t, env.DB, no, lastDay)
		_, err = attempt(t, env.DB, no, orders.StatusFailed)
		require.ErrorAs(t, err, &state)
		assert.False(t, state.Retryable(), "the failure came after the payment")
		ok(attempt(t, env.DB, no, orders.StatusRefunded))(t)
		assert.Equal(t, orders.StatusRefunded, stored(t, env.DB, no).Status)
	}},
	{name: "packages_of_1000_5000_and_20000", holds: func(t *testing.T, env *enginetest.Env) {
		for _, size := range []int64{1000, 5000, 20_000} {
			no := buy(t, env.DB, orders.CreateParams{Credits: size})
			assert.Equal(t, size, pay(t, env.DB, no, lastDay).Operation.Amount)
		}
	}},
	{name: "one_time_credits_expire_in_a_year", holds: func(t *testing.T, env *enginetest.Env) {
		no := buy(t, env.DB, orders.CreateParams{})
		sameTime(t, lastDay.AddDate(1, 0, 0), pay(t, env.DB, no, lastDay).Order.CreditsExpireAt)
	}},
	{name: "monthly_credits_reset", holds: func(t *testing.T, env *enginetest.Env) {
		sub := subscribe(t, env.DB, lastDay, orders.IntervalMonth)
		end := sub.Order.PeriodEnd
		assert.Equal(t, int64(1000), balance(t, env.DB, sub.Order.UserUUID, end.Add(-time.Microsecond)).Available-100)
		assert.Equal(t, int64(0), balance(t, env.DB, sub.Order.UserUUID, end).Available-100)
		r := renew(t, env.DB, sub.Order.SubID, end)
		assert.Equal(t, int64(1000), balance(t, env.DB, sub.Order.UserUUID, end).Available-100)
		sameTime(t, r.Order.PeriodEnd, r.Order.CreditsExpireAt)
	}},
	{name: "yearly_credits_reset", holds: func(t *testing.T, env *enginetest.Env) {
		sub := subscribe(t, env.DB, lastDay, orders.IntervalYear)
		sameTime(t, lastDay.AddDate(1, 0, 0), sub.Order.CreditsExpireAt)
		r := renew(t, env.DB, sub.Order.SubID, sub.Order.PeriodEnd)
		sameTime(t, lastDay.AddDate(2, 0, 0), r.Order.CreditsExpireAt)
	}},
	{name: "each_renewal_is_an_order_of_its_own", holds: func(t *testing.T, env *enginetest.Env) {
		sub := subscribe(t, env.DB, lastDay, orders.IntervalMonth)
		r := renew(t, env.DB, sub.Order.SubID, sub.Order.PeriodEnd)
		assert.NotEqual(t, sub.Order.OrderNo, r.Order.OrderNo)
		assert.Equal(t, orders.StatusPaid, r.Order.Status)
		page := ok(orders.List(t.Context(), env.DB, orders.ListParams{UserUUID: sub.Order.UserUUID}))(t)
		assert.Equal(t, []string{r.Order.OrderNo, sub.Order.OrderNo}, numbers(page))
	}},
	{name: "renewals_are_identified_by_subscription_and_period", holds: func(t *testing.T, env *enginetest.Env) {
		sub := subscribe(t, env.DB, lastDay, orders.IntervalMonth)
		start := sub.Order.PeriodEnd
		first := renew(t, env.DB, sub.Order.SubID, start)
		again := renew(t, env.DB, sub.Order.SubID, start)
		assert.True(t, again.Replayed)
		assert.Equal(t, first.Order.OrderNo, again.Order.OrderNo)
		skipped := renew(t, env.DB, sub.Order.SubID, start.AddDate(0, 3, 0)) // reported before those between
		assert.False(t, skipped.Replayed)
		other := subscribe(t, env.DB, lastDay, orders.IntervalMonth)
		assert.NotEqual(t, first.Order.OrderNo, renew(t, env.DB, other.Order.SubID, start).Order.OrderNo)
	}},
	{name: "month_arithmetic_clamps", holds: func(t *testing.T, env *enginetest.Env) {
		for year, day := range map[int]int{2026: 28, 2028: 29} {
			sub := subscribe(t, env.DB, time.Date(year, 1, 31, 12, 0, 0, 0, time.UTC), orders.IntervalMonth)
			end := time.Date(year, 2, day, 12, 0, 0, 0, time.UTC)
			sameTime(t, end, sub.Order.PeriodEnd)
			r := renew(t, env.DB, sub.Order.SubID, end)
			sameTime(t, time.Date(year, 3, 31, 12, 0, 0, 0, time.UTC), r.Order.PeriodEnd)
		}
		leap := subscribe(t, env.DB, time.Date(2028, 2, 29, 0, 0, 0, 0, time.UTC), orders.IntervalYear)
		sameTime(t, time.Date(2029, 2, 28, 0, 0, 0, 0, time.UTC), leap.Order.PeriodEnd)
	}},
	{name: "refunds_are_cumulative_and_idempotent", holds: func(t *testing.T, env *enginetest.Env) {
		no := buy(t, env.DB, orders.CreateParams{})
		pay(t, env.DB, no, lastDay)
		for _, step := range []struct {
			total, credits int64
			replayed       bool
			status         orders.Status
		}{
			{500, 250, false, "paid"},
			{800, 400, false, "paid"},
			{800, 400, true, "paid"},
			{500, 400, true, "paid"},
			{1999, 1000, false, "refunded"},
			{1999, 1000, true, "refunded"},
		} {
			r := ok(orders.Refund(t.Context(), env.DB, orders.RefundParams{OrderNo: no, Total: step.total, At: lastDay}))(t)
			assert.Equal(t, step.replayed, r.Replayed)
			assert.Equal(t, step.credits, r.Order.RefundedCredits)
			assert.Equal(t, step.status, r.Order.Status)
			assert.Equal(t, 1100-step.credits, balance(t, env.DB, r.Order.UserUUID, lastDay).Available)
		}
	}},
	{name: "spent_credits_become_debt_or_are_forgiven", holds: func(t *testing.T, env *enginetest.Env) {
		for policy, debt := range map[credits.ClawBackPolicy]int64{credits.PolicyDebt: 950, credits.PolicyForgive: 0} {
			no := buy(t, env.DB, orders.CreateParams{})
			u := pay(t, env.DB, no, lastDay.Add(time.Hour)).Order.UserUUID
			spend(t, env.DB, u, 1050, lastDay.Add(time.Hour)) // the 100 free ones first
			ok(orders.Refund(t.Context(), env.DB, orders.RefundParams{
				OrderNo: no, Total: 1999, Policy: policy, At: lastDay.Add(2 * time.Hour),
			}))(t)
			b := balance(t, env.DB, u, lastDay.Add(2*time.Hour))
			assert.Equal(t, int64(0), b.Available)
			assert.Equal(t, debt, b.Debt)
		}
	}},
	{name: "refund_reduces_or_rejects_the_commission", holds: func(t *testing.T, env *enginetest.Env) {
		_, buyer := invite(t, env.DB)
		no := buy(t, env.DB, orders.CreateParams{UserUUID: buyer, Amount: 10_000, Currency: "USD"})
		assert.Equal(t, int64(2000), pay(t, env.DB, no, lastDay).Commission.CommissionAmount)
		half := ok(orders.Refund(t.Context(), env.DB, orders.RefundParams{OrderNo: no, Total: 5000, At: lastDay}))(t)
		assert.Equal(t, int64(1000), half.Commission.CommissionAmount)
		all := ok(orders.Refund(t.Context(), env.DB, orders.RefundParams{OrderNo: no, Total: 10_000, At: lastDay}))(t)
		assert.Equal(t, affiliates.StatusRejected, all.Commission.Status)
	}},
	{name: "creem_webhook_pays", holds: func(t *testing.T, env *enginetest.Env) { creemPays(t, env) }},
}
