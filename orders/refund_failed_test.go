package orders_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/affiliates"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/credits/audit"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/orders"
)

// Two refunds, of which one fails: whatever order the provider's reports come
// in, each twice, what is kept of the order is what was not given back.
func TestARefundThatFails(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		at := noon.Add(time.Hour)
		reports := []orders.RefundParams{
			{Total: 500, AsOf: at.Add(10 * time.Second)},
			{Total: 500, Ref: "re_1", AsOf: at.Add(10 * time.Second)},
			{Total: 1000, AsOf: at.Add(20 * time.Second)},
			{Total: 500, Ref: "re_1", AsOf: at.Add(10 * time.Second), Failed: true, At: at.Add(30 * time.Second)},
		}
		_, buyer := invited(t, env.DB, "grace")
		for i, turn := range permutations(len(reports)) {
			no, ref := "ORD-"+time.Duration(i).String(), "pi_"+time.Duration(i).String()
			p := pack(buyer)
			p.Amount, p.Credits = 1000, 600
			order(t, env.DB, no, p)
			pay := func() {
				_, err := orders.MarkPaid(t.Context(), env.DB, orders.MarkPaidParams{OrderNo: no, PayRef: ref, At: noon})
				require.NoError(t, err)
			}
			if i%2 == 0 {
				pay()
			}
			for _, k := range turn {
				for again := range 2 {
					r := reports[k]
					r.PayRef, r.Provider = ref, orders.PayTypeStripe
					if r.At.IsZero() {
						r.At = r.AsOf
					}
					result, err := orders.Refund(t.Context(), env.DB, r)
					require.NoError(t, err)
					assert.True(t, again == 0 || result.Replayed, "the second time is a replay")
				}
			}
			if i%2 == 1 {
				pay()
			}
			o := get(t, env.DB, no)
			assert.Equal(t, orders.StatusPaid, o.Status, "turn %v", turn)
			assert.EqualValues(t, 500, o.RefundedAmount, "turn %v", turn)
			assert.EqualValues(t, 300, o.RefundedCredits, "turn %v", turn)
			c, err := affiliates.Get(t.Context(), env.DB, affiliates.GetParams{OrderNo: no})
			require.NoError(t, err)
			assert.Equal(t, affiliates.StatusPending, c.Status, "turn %v", turn)
			assert.Equal(t, c.ReversedAmount, c.CommissionAmount, "half of it")
		}
		b, err := credits.Balance(t.Context(), env.DB, credits.BalanceParams{UserUUID: buyer, At: at.Add(time.Hour)})
		require.NoError(t, err)
		assert.EqualValues(t, 100+24*300, b.Available)
		report, err := audit.Verify(t.Context(), env.DB, audit.VerifyParams{})
		require.NoError(t, err)
		assert.True(t, report.OK(), "%+v", report.Breaches)
	})
}

// permutations are all orders of n things.
func permutations(n int) [][]int {
	if n == 0 {
		return [][]int{nil}
	}
	var all [][]int
	for _, rest := range permutations(n - 1) {
		for i := range n {
			turn := append(append(append([]int{}, rest[:i]...), n-1), rest[i:]...)
			all = append(all, turn)
		}
	}
	return all
}

// A running total falls when it was stated later, and then alone.
func TestATotalThatFalls(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		_, buyer := invited(t, env.DB, "grace")
		p := pack(buyer)
		p.Amount, p.Credits = 1000, 600
		order(t, env.DB, "ORD-1", p)
		_, err := orders.MarkPaid(t.Context(), env.DB, orders.MarkPaidParams{OrderNo: "ORD-1", At: noon})
		require.NoError(t, err)
		for i, step := range []struct {
			total, second int64
			refunded      int64
			status        orders.Status
		}{
			{500, 1, 500, orders.StatusPaid},
			{1000, 3, 1000, orders.StatusRefunded},
			{700, 2, 1000, orders.StatusRefunded}, // late
			{500, 3, 1000, orders.StatusRefunded}, // of the same second: late
			{400, 4, 400, orders.StatusPaid},
			{0, 5, 0, orders.StatusPaid},
		} {
			asOf := noon.Add(time.Duration(step.second) * time.Second)
			r, err := orders.Refund(t.Context(), env.DB, orders.RefundParams{
				OrderNo: "ORD-1", Total: step.total, AsOf: asOf, At: asOf,
			})
			require.NoError(t, err)
			assert.Equal(t, step.refunded, r.Order.RefundedAmount, "step %d", i)
			assert.Equal(t, step.status, r.Order.Status, "step %d", i)
			c, err := affiliates.Get(t.Context(), env.DB, affiliates.GetParams{OrderNo: "ORD-1"})
			require.NoError(t, err)
			assert.Equal(t, step.status == orders.StatusRefunded, c.Status == affiliates.StatusRejected, "step %d", i)
		}
		for _, bad := range []orders.RefundParams{
			{OrderNo: "ORD-1", Total: 0}, {OrderNo: "ORD-1", Total: 5, Failed: true}, {OrderNo: "ORD-1", Ref: "re", AsOf: noon},
		} {
			_, err := orders.Refund(t.Context(), env.DB, bad)
			require.ErrorIs(t, err, orders.ErrInvalid)
		}
	})
}

// A dispute whose money comes back before it ends may still be lost.
func TestADisputeThatIsReinstated(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		_, buyer := invited(t, env.DB, "grace")
		p := pack(buyer)
		p.Amount, p.Credits = 1000, 600
		order(t, env.DB, "ORD-1", p)
		_, err := orders.MarkPaid(t.Context(), env.DB, orders.MarkPaidParams{OrderNo: "ORD-1", At: noon})
		require.NoError(t, err)
		for i, step := range []struct {
			outcome orders.DisputeOutcome
			second  int64
			held    int64
		}{
			{orders.DisputeReinstated, 2, 0},
			{orders.DisputeOpen, 1, 0}, // late
			{orders.DisputeOpen, 2, 0}, // of the same second
			{orders.DisputeOpen, 3, 600},
			{orders.DisputeReinstated, 4, 0},
			{orders.DisputeLost, 5, 600},
			{orders.DisputeReinstated, 6, 600}, // lost is final
		} {
			r, err := orders.Dispute(t.Context(), env.DB, orders.DisputeParams{
				OrderNo: "ORD-1", Ref: "dp_1", Amount: 600, Outcome: step.outcome,
				At: noon.Add(time.Duration(step.second) * time.Second),
			})
			require.NoError(t, err)
			assert.Equal(t, step.held, r.Order.RefundedAmount, "step %d", i)
		}
	})
}
