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

	"github.com/chameleon-go/chameleon/credits/audit"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/orders"
)

// Two subscriptions of one customer, whose one balance was left something by each and
// pays for each, are refunded at once, in transactions of the caller's, which nobody makes
// again: they wait for one another, and none is ended by the engine.
func TestSubscriptionsOfOneBalanceAtOnce(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		_, buyer := invited(t, env.DB, "grace")
		subs := []string{"sub_a", "sub_b"}
		for _, sub := range subs {
			beginShared(t, env.DB, buyer, sub)
		}
		const rounds = 12
		var all sync.WaitGroup
		for _, sub := range subs {
			all.Go(func() {
				for i := range rounds {
					err := env.DB.RunInTx(t.Context(), nil, func(ctx context.Context, tx bun.Tx) error {
						_, err := orders.Refund(ctx, tx, orders.RefundParams{
							Provider: orders.PayTypeStripe, PayRef: "pi_" + sub, Ref: fmt.Sprintf("re_%s_%d", sub, i), Total: 10, At: noon,
						})
						return err
					})
					assert.NoError(t, err, "%s, round %d", sub, i)
				}
			})
		}
		all.Wait()
		for _, sub := range subs {
			assert.EqualValues(t, 10*rounds, get(t, env.DB, sub).RefundedAmount)
		}
		report, err := audit.Verify(t.Context(), env.DB, audit.VerifyParams{})
		require.NoError(t, err)
		assert.True(t, report.OK(), "%+v", report.Breaches)
	})
}

// beginShared begins a subscription, takes a seat away, which leaves its money with the
// balance, and pays a renewal with that.
func beginShared(t *testing.T, db *bun.DB, buyer, sub string) {
	t.Helper()
	start := noon.AddDate(0, 0, -40)
	renewal := start.AddDate(0, 0, 30)
	p := pack(buyer)
	p.Amount, p.Credits, p.Interval = 3000, 6000, orders.IntervalMonth
	order(t, db, sub, p)
	_, err := orders.MarkPaid(t.Context(), db, orders.MarkPaidParams{
		OrderNo: sub, PayRef: "pi_" + sub, SubID: sub, CustomerRef: "cus", PeriodStart: start, PeriodEnd: renewal, At: start,
	})
	require.NoError(t, err)
	at := start.Add(10 * 24 * time.Hour)
	_, err = orders.Prorate(t.Context(), db, orders.ProrateParams{
		SubID: sub, Ref: "in_less_" + sub, CustomerRef: "cus", At: at, Paid: &orders.Money{Currency: "USD"},
		Lines: []orders.Line{{Amount: -1000, Proration: true, Start: at, End: renewal}},
	})
	require.NoError(t, err)
	_, err = orders.Renew(t.Context(), db, orders.RenewParams{
		SubID: sub, PeriodStart: renewal, PeriodEnd: renewal.AddDate(0, 0, 30), PayRef: "pi_2_" + sub, CustomerRef: "cus",
		Paid: &orders.Money{Amount: 2000, Currency: "USD"}, FromBalance: 1000, At: renewal,
	})
	require.NoError(t, err)
}
