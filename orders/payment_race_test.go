package orders_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/credits/audit"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/orders"
)

// A payment is claimed, named and refunded at the same moment: the refund is
// applied once, whoever comes first.
func TestARefundMeetsItsPayment(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		_, buyer := invited(t, env.DB, "grace")
		const rounds = 6
		for i := range rounds {
			p, no, ref := pack(buyer), fmt.Sprint("ORD-", i), fmt.Sprint("pi_", i)
			p.Amount, p.Credits = 1000, 600
			order(t, env.DB, no, p)
			var all sync.WaitGroup
			for _, do := range []func() error{
				func() error {
					_, err := orders.MarkPaid(t.Context(), env.DB, orders.MarkPaidParams{OrderNo: no, Invoice: "in" + ref, At: noon})
					return err
				},
				func() error {
					_, err := orders.MarkPaid(t.Context(), env.DB, orders.MarkPaidParams{OrderNo: no, PayRef: ref, Invoice: "in" + ref, At: noon})
					return err
				},
				func() error {
					_, err := orders.LinkPayment(t.Context(), env.DB, orders.LinkPaymentParams{
						Provider: orders.PayTypeStripe, PayRef: ref, Invoice: "in" + ref, At: noon,
					})
					return err
				},
				func() error {
					_, err := orders.Refund(t.Context(), env.DB, orders.RefundParams{
						Provider: orders.PayTypeStripe, PayRef: ref, Ref: "re", Total: 500, AsOf: noon, At: noon,
					})
					return err
				},
			} {
				all.Go(func() { assert.NoError(t, do()) })
			}
			all.Wait()
			o := get(t, env.DB, no)
			assert.EqualValues(t, 500, o.RefundedAmount, no)
			assert.Equal(t, ref, o.PayRef, no)
			list, err := orders.ListPayments(t.Context(), env.DB, orders.ListPaymentsParams{OrderNo: no})
			require.NoError(t, err)
			require.Len(t, list.Items, 1, no)
			assert.Equal(t, orders.PaymentPaid, list.Items[0].Status, no)
		}
		b, err := credits.Balance(t.Context(), env.DB, credits.BalanceParams{UserUUID: buyer, At: noon})
		require.NoError(t, err)
		assert.EqualValues(t, 100+rounds*300, b.Available)
	})
}

// The names of two payments of one invoice are told while the order is busy, when it is known only
// that the invoice was paid: one of them stands for it, and the other one is a part, not surplus.
func TestPartsOfAnInvoiceMeet(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		_, buyer := invited(t, env.DB, "grace")
		p := pack(buyer)
		p.Amount, p.Credits = 1000, 1000
		order(t, env.DB, "ORD-1", p)
		_, err := orders.MarkPaid(t.Context(), env.DB, orders.MarkPaidParams{OrderNo: "ORD-1", Invoice: "in_1", At: noon})
		require.NoError(t, err)
		var all sync.WaitGroup
		require.NoError(t, env.DB.RunInTx(t.Context(), nil, func(ctx context.Context, tx bun.Tx) error {
			_, err := tx.NewUpdate().Table("orders").Set("failure_reason = ?", "busy").Where("order_no = ?", "ORD-1").Exec(ctx)
			for ref, paid := range map[string]int64{"pi_1": 600, "pi_2": 400} {
				all.Go(func() {
					_, err := orders.LinkPayment(t.Context(), env.DB, orders.LinkPaymentParams{
						Provider: orders.PayTypeStripe, PayRef: ref, Invoice: "in_1", Paid: &orders.Money{Amount: paid, Currency: p.Currency}, At: noon,
					})
					assert.NoError(t, err)
				})
			}
			time.Sleep(300 * time.Millisecond) // both have seen the invoice and wait
			return err
		}))
		all.Wait()
		for ref, paid := range map[string]int64{"pi_1": 600, "pi_2": 400} {
			r, err := orders.Refund(t.Context(), env.DB, orders.RefundParams{
				Provider: orders.PayTypeStripe, PayRef: ref, Ref: "re_" + ref, Total: paid, AsOf: noon, At: noon,
			})
			require.NoError(t, err)
			assert.Equal(t, orders.PaymentPaid, r.Payment.Status, ref)
		}
		assert.Equal(t, orders.StatusRefunded, get(t, env.DB, "ORD-1").Status)
	})
}

// Whatever statement a report dies at, it is kept whole or not at all.
func TestCrashesBetweenReportsOfAPayment(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		db := env.DB.WithQueryHook(enginetest.Crasher{})
		_, buyer := invited(t, db, "grace")
		p := pack(buyer)
		p.Amount, p.Credits = 1000, 600
		order(t, db, "ORD-1", p)
		refund := orders.RefundParams{
			Provider: orders.PayTypeStripe, PayRef: "pi_1", Ref: "re_1", Total: 400, AsOf: noon, At: noon,
		}
		failed := refund
		failed.Failed, failed.At = true, noon.Add(time.Minute)
		total := orders.RefundParams{Provider: orders.PayTypeStripe, PayRef: "pi_1", Total: 1000, AsOf: noon.Add(time.Second), At: noon}
		link := orders.LinkPaymentParams{Provider: orders.PayTypeStripe, PayRef: "pi_1", Invoice: "in_1", At: noon}
		for _, step := range []struct {
			refunded int64
			do       func(ctx context.Context) error
		}{
			{0, func(ctx context.Context) error {
				_, err := orders.MarkFailed(ctx, db, orders.MarkFailedParams{OrderNo: "ORD-1", Invoice: "in_1", At: noon})
				return err
			}},
			{0, func(ctx context.Context) error { _, err := orders.Refund(ctx, db, refund); return err }},
			{0, func(ctx context.Context) error { _, err := orders.LinkPayment(ctx, db, link); return err }},
			{400, func(ctx context.Context) error {
				_, err := orders.MarkPaid(ctx, db, orders.MarkPaidParams{OrderNo: "ORD-1", Invoice: "in_1", PayRef: "pi_1", Tax: 100, At: noon})
				return err
			}},
			{1000, func(ctx context.Context) error { _, err := orders.Refund(ctx, db, total); return err }},
			{600, func(ctx context.Context) error { _, err := orders.Refund(ctx, db, failed); return err }},
		} {
			for n := int64(1); ; n += 2 {
				struck, err := enginetest.Crash(t.Context(), n, step.do)
				if !struck {
					require.NoError(t, err)
					break
				}
			}
			require.NoError(t, step.do(t.Context()))
			assert.Equal(t, step.refunded, get(t, db, "ORD-1").RefundedAmount)
		}
		b, err := credits.Balance(t.Context(), db, credits.BalanceParams{UserUUID: buyer, At: noon.Add(time.Hour)})
		require.NoError(t, err)
		assert.EqualValues(t, 100+240, b.Available)
		report, err := audit.Verify(t.Context(), db, audit.VerifyParams{})
		require.NoError(t, err)
		assert.True(t, report.OK(), "%+v", report.Breaches)
	})
}
