package orders_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/affiliates"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/orders"
)

// bought is a paid order of 1,000 credits for 19.99, whose buyer was invited.
func bought(t *testing.T, db bun.IDB, no string) (referrer, buyer string) {
	t.Helper()
	referrer, buyer = invited(t, db, strings.ToLower(no))
	order(t, db, no, pack(buyer))
	_, err := orders.MarkPaid(context.Background(), db, orders.MarkPaidParams{OrderNo: no, PayRef: "pi_" + no, At: noon})
	require.NoError(t, err)
	return referrer, buyer
}

func spend(t *testing.T, db bun.IDB, user string, amount int64) {
	t.Helper()
	_, err := credits.Charge(context.Background(), db, credits.ChargeParams{UserUUID: user, Amount: amount, At: noon})
	require.NoError(t, err)
}

func TestRefund(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		_, buyer := bought(t, env.DB, "ORD-1")
		for _, c := range []struct {
			total          int64
			replayed       bool
			taken          int64 // by this report
			refunded, left int64
			commission     int64
			status         orders.Status
			earned         affiliates.Status
		}{
			// 1000 × 7 ÷ 1999 = 3.5; 99 × 1992 ÷ 1999 = 98.65.
			{total: 7, taken: 3, refunded: 3, left: 997, commission: 98, status: "paid", earned: "pending"},
			{total: 8, taken: 1, refunded: 4, left: 996, commission: 98, status: "paid", earned: "pending"},
			{total: 1000, taken: 496, refunded: 500, left: 500, commission: 49, status: "paid", earned: "pending"},
			{total: 500, replayed: true, refunded: 500, left: 500, commission: 49, status: "paid", earned: "pending"},
			{total: 1000, replayed: true, refunded: 500, left: 500, commission: 49, status: "paid", earned: "pending"},
			{total: 1998, taken: 499, refunded: 999, left: 1, status: "paid", earned: "pending"},
			{total: 5000, taken: 1, refunded: 1000, left: 0, status: "refunded", earned: "rejected"},
			{total: 1999, replayed: true, refunded: 1000, left: 0, status: "refunded", earned: "rejected"},
		} {
			name := fmt.Sprint("total ", c.total)
			r, err := orders.Refund(ctx, env.DB, orders.RefundParams{PayRef: "pi_ORD-1", Total: c.total, At: noon})
			require.NoError(t, err, name)
			assert.Equal(t, c.replayed, r.Replayed, name)
			if c.taken > 0 {
				assert.Equal(t, c.taken, r.Operation.Amount, name)
			} else {
				assert.Nil(t, r.Operation, name)
			}
			stored := get(t, env.DB, "ORD-1")
			assert.Equal(t, c.status, stored.Status, name)
			assert.Equal(t, c.refunded, stored.RefundedCredits, name)
			assert.Equal(t, 100+c.left, available(t, env.DB, buyer), name)
			assert.Equal(t, c.commission, r.Commission.CommissionAmount, name)
			assert.Equal(t, 99-c.commission, r.Commission.ReversedAmount, name)
			assert.Equal(t, c.earned, r.Commission.Status, name)
		}
		assert.Equal(t, int64(1999), get(t, env.DB, "ORD-1").RefundedAmount)
		verify(t, env.DB)
	})
}

func TestRefundConcurrentTotals(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		_, buyer := bought(t, env.DB, "ORD-1")
		var all sync.WaitGroup
		for i := range 10 {
			all.Go(func() {
				_, err := orders.Refund(ctx, env.DB, orders.RefundParams{OrderNo: "ORD-1", Total: int64(100 * (i%5 + 1)), At: noon})
				assert.NoError(t, err)
			})
		}
		all.Wait()
		stored := get(t, env.DB, "ORD-1")
		assert.Equal(t, int64(500), stored.RefundedAmount)
		assert.Equal(t, int64(250), stored.RefundedCredits, "1000 × 500 ÷ 1999 = 250.1")
		assert.Equal(t, int64(850), available(t, env.DB, buyer))
		verify(t, env.DB)
	})
}

func TestRefundsByName(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		bought(t, env.DB, "ORD-1")
		for _, r := range []orders.RefundParams{
			{Ref: "re_1", Total: 500}, {Ref: "re_2", Total: 300}, {Ref: "re_1", Total: 500}, {Ref: "re_2", Total: 299},
		} {
			r.OrderNo, r.At = "ORD-1", noon
			_, err := orders.Refund(ctx, env.DB, r)
			require.NoError(t, err)
		}
		assert.Equal(t, int64(800), get(t, env.DB, "ORD-1").RefundedAmount)

		// What does not fit the column any more is refused, not cut.
		var err error
		for i := 0; err == nil; i++ {
			ref := strings.Repeat("<", 90) + fmt.Sprint(i)
			_, err = orders.Refund(ctx, env.DB, orders.RefundParams{OrderNo: "ORD-1", Ref: ref, Total: 1, At: noon})
		}
		var invalid *orders.InvalidError
		require.ErrorAs(t, err, &invalid)
		assert.Equal(t, "Ref", invalid.Field)
		verify(t, env.DB)
	})
}

func TestRefundOfSpentCredits(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		for policy, want := range map[credits.ClawBackPolicy]int64{
			"": -700, credits.PolicyDebt: -700, credits.PolicyForgive: 0,
		} {
			no := "ORD-" + string(policy)
			_, buyer := bought(t, env.DB, no)
			spend(t, env.DB, buyer, 800) // 100 welcome credits, 700 of the order's
			r, err := orders.Refund(ctx, env.DB, orders.RefundParams{OrderNo: no, Total: 1999, Policy: policy, At: noon})
			require.NoError(t, err)
			assert.Equal(t, want, available(t, env.DB, buyer), policy)
			assert.Equal(t, 700+want, r.Operation.Forgiven, policy)
		}
		verify(t, env.DB)
	})
}

func TestDispute(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		_, buyer := bought(t, env.DB, "ORD-1")
		spend(t, env.DB, buyer, 300)
		report := func(ref string, amount int64, outcome orders.DisputeOutcome) *orders.Result {
			r, err := orders.Dispute(ctx, env.DB, orders.DisputeParams{
				OrderNo: "ORD-1", Ref: ref, Amount: amount, Outcome: outcome, At: noon,
			})
			require.NoError(t, err)
			return r
		}
		refund := func(total int64) *orders.Result {
			r, err := orders.Refund(ctx, env.DB, orders.RefundParams{OrderNo: "ORD-1", Total: total, At: noon})
			require.NoError(t, err)
			return r
		}

		open := report("dp_1", 1999, orders.DisputeOpen)
		assert.Equal(t, orders.StatusPaid, open.Order.Status)
		assert.Equal(t, int64(1999), open.Order.RefundedAmount)
		assert.Equal(t, affiliates.StatusPending, open.Commission.Status)
		assert.Zero(t, open.Commission.CommissionAmount)
		assert.Equal(t, int64(-200), available(t, env.DB, buyer))
		assert.True(t, report("dp_1", 1999, orders.DisputeOpen).Replayed)

		_, err := affiliates.Approve(ctx, env.DB, affiliates.ReviewParams{ID: open.Commission.ID})
		require.NoError(t, err)
		_, err = affiliates.MarkPaid(ctx, env.DB, affiliates.ReviewParams{ID: open.Commission.ID})
		require.ErrorIs(t, err, affiliates.ErrNothingLeft)

		// A refund during the dispute takes nothing twice.
		half := refund(1000)
		assert.Nil(t, half.Operation)
		assert.Equal(t, int64(-200), available(t, env.DB, buyer))

		won := report("dp_1", 1999, orders.DisputeWon)
		assert.Equal(t, int64(1000), won.Order.RefundedAmount)
		assert.Equal(t, int64(500), won.Order.RefundedCredits)
		assert.Equal(t, int64(-500), won.Operation.Amount, "given back")
		assert.Equal(t, int64(300), available(t, env.DB, buyer))
		assert.Equal(t, int64(49), won.Commission.CommissionAmount)
		assert.True(t, report("dp_1", 1999, orders.DisputeOpen).Replayed, "late")
		assert.True(t, report("dp_1", 1999, orders.DisputeLost).Replayed, "late")

		// A win that is reported before the dispute leaves nothing to take.
		report("dp_2", 999, orders.DisputeWon)
		assert.True(t, report("dp_2", 999, orders.DisputeOpen).Replayed)
		assert.Equal(t, int64(300), available(t, env.DB, buyer))

		// The same sums again, under another name, are taken again.
		report("dp_3", 999, orders.DisputeOpen)
		assert.Equal(t, int64(-200), available(t, env.DB, buyer))
		report("dp_3", 999, orders.DisputeWon)
		assert.Equal(t, int64(300), available(t, env.DB, buyer))

		lost := report("dp_4", 999, orders.DisputeLost)
		assert.Equal(t, orders.StatusRefunded, lost.Order.Status)
		assert.Equal(t, affiliates.StatusRejected, lost.Commission.Status)
		assert.Equal(t, int64(-200), available(t, env.DB, buyer))
		assert.True(t, report("dp_5", 1, orders.DisputeWon).Replayed)
		verify(t, env.DB)
	})
}

func TestRefundOfConvertedCommission(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		referrer, buyer := bought(t, env.DB, "ORD-1")
		c, err := affiliates.Get(ctx, env.DB, affiliates.GetParams{OrderNo: "ORD-1"})
		require.NoError(t, err)
		_, err = affiliates.Approve(ctx, env.DB, affiliates.ReviewParams{ID: c.ID, At: noon})
		require.NoError(t, err)
		_, err = affiliates.ConvertToCredits(ctx, env.DB, affiliates.ConvertToCreditsParams{
			ID: c.ID, Rate: affiliates.Rate{Credits: 3, Amount: 1}, At: noon,
		})
		require.NoError(t, err)
		assert.Equal(t, int64(397), available(t, env.DB, referrer))

		// 99 × 999 ÷ 1999 = 49 is left, and 297 × 50 ÷ 99 = 150 go back.
		r, err := orders.Refund(ctx, env.DB, orders.RefundParams{OrderNo: "ORD-1", Total: 1000, At: noon})
		require.NoError(t, err)
		assert.Equal(t, affiliates.StatusPaid, r.Commission.Status)
		assert.Equal(t, int64(49), r.Commission.CommissionAmount)
		assert.Equal(t, int64(247), available(t, env.DB, referrer))
		assert.Equal(t, int64(600), available(t, env.DB, buyer))

		spend(t, env.DB, referrer, 247)
		_, err = orders.Refund(ctx, env.DB, orders.RefundParams{OrderNo: "ORD-1", Total: 1999, At: noon})
		require.NoError(t, err)
		assert.Equal(t, int64(-147), available(t, env.DB, referrer), "what was spent is owed")
		assert.Equal(t, int64(100), available(t, env.DB, buyer))
		verify(t, env.DB)
	})
}

func TestRefundOfCommissionPaidInMoney(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		referrer, _ := bought(t, env.DB, "ORD-1")
		c, err := affiliates.Get(ctx, env.DB, affiliates.GetParams{OrderNo: "ORD-1"})
		require.NoError(t, err)
		for _, verb := range []func(context.Context, bun.IDB, affiliates.ReviewParams) (*affiliates.Result, error){
			affiliates.Approve, affiliates.MarkPaid,
		} {
			_, err := verb(ctx, env.DB, affiliates.ReviewParams{ID: c.ID, At: noon})
			require.NoError(t, err)
		}
		r, err := orders.Refund(ctx, env.DB, orders.RefundParams{OrderNo: "ORD-1", Total: 1999, At: noon})
		require.NoError(t, err)
		assert.Equal(t, affiliates.StatusPaid, r.Commission.Status)
		assert.Zero(t, r.Commission.CommissionAmount)
		summary, err := affiliates.GetSummary(ctx, env.DB, affiliates.GetSummaryParams{UserUUID: referrer})
		require.NoError(t, err)
		require.Len(t, summary.Earnings, 1)
		assert.Equal(t, int64(99), summary.Earnings[0].Paid)
		assert.Equal(t, int64(-99), summary.Earnings[0].Due)
		assert.Equal(t, int64(100), available(t, env.DB, referrer))
	})
}

func TestRefundRefuses(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		bought(t, env.DB, "ORD-1")
		for field, ps := range map[string][]orders.RefundParams{
			"GetParams": {{OrderNo: "ORD-1", PayRef: "pi_1", Total: 1}},
			"OrderNo":   {{Total: 1}},
			"PayRef":    {{PayRef: " ", Total: 1}},
			"Total":     {{OrderNo: "ORD-1"}, {OrderNo: "ORD-1", Total: -1}},
			"Ref":       {{OrderNo: "ORD-1", Total: 1, Ref: strings.Repeat("r", 101)}},
			"Policy":    {{OrderNo: "ORD-1", Total: 1, Policy: "mercy"}},
			"At":        {{OrderNo: "ORD-1", Total: 1, At: noon.AddDate(9000, 0, 0)}},
		} {
			for _, p := range ps {
				_, err := orders.Refund(ctx, env.DB, p)
				var invalid *orders.InvalidError
				require.ErrorAs(t, err, &invalid, field)
				require.Equal(t, field, invalid.Field)
			}
		}
		for field, p := range map[string]orders.DisputeParams{
			"Ref":     {OrderNo: "ORD-1", Amount: 1, Outcome: orders.DisputeOpen},
			"Amount":  {OrderNo: "ORD-1", Ref: "dp_1", Outcome: orders.DisputeOpen},
			"Outcome": {OrderNo: "ORD-1", Ref: "dp_1", Amount: 1},
		} {
			_, err := orders.Dispute(ctx, env.DB, p)
			var invalid *orders.InvalidError
			require.ErrorAs(t, err, &invalid, field)
			require.Equal(t, field, invalid.Field)
		}
	})
}
