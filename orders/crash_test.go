package orders_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/affiliates"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/orders"
)

// Whatever statement a call dies at, it did all of its work or none, and the
// call made again ends where one without a crash does.
func TestCrashBetweenAnyTwoStatements(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		db := env.DB.WithQueryHook(enginetest.Crasher{})
		referrer, buyer := invited(t, db, "grace")
		p := pack(buyer)
		p.Interval, p.OrderNo = orders.IntervalMonth, "ORD-1"
		var commission int64
		for _, verb := range []struct {
			name string
			do   func(ctx context.Context) error
		}{
			{"create", func(ctx context.Context) error {
				_, err := orders.Create(ctx, db, p)
				return err
			}},
			{"fail", func(ctx context.Context) error {
				_, err := orders.MarkFailed(ctx, db, orders.MarkFailedParams{OrderNo: "ORD-1", At: noon})
				return err
			}},
			{"pay", func(ctx context.Context) error {
				r, err := orders.MarkPaid(ctx, db, orders.MarkPaidParams{OrderNo: "ORD-1", SubID: "sub_1", At: noon})
				if err == nil {
					commission = r.Commission.ID
				}
				return err
			}},
			{"renew", func(ctx context.Context) error {
				_, err := orders.Renew(ctx, db, orders.RenewParams{
					SubID: "sub_1", PeriodStart: date(2, 28), CarryOver: 100, At: noon,
				})
				return err
			}},
			{"approve", func(ctx context.Context) error {
				_, err := affiliates.Approve(ctx, db, affiliates.ReviewParams{ID: commission, At: noon})
				return err
			}},
			{"convert", func(ctx context.Context) error {
				_, err := affiliates.ConvertToCredits(ctx, db, affiliates.ConvertToCreditsParams{ID: commission, At: noon})
				return err
			}},
			{"dispute", func(ctx context.Context) error {
				_, err := orders.Dispute(ctx, db, orders.DisputeParams{
					OrderNo: "ORD-1", Ref: "dp_1", Amount: 999, Outcome: orders.DisputeOpen, At: noon,
				})
				return err
			}},
			{"refund", func(ctx context.Context) error {
				_, err := orders.Refund(ctx, db, orders.RefundParams{OrderNo: "ORD-1", Total: 1999, At: noon})
				return err
			}},
			{"end", func(ctx context.Context) error {
				_, err := orders.EndSubscription(ctx, db, orders.EndSubscriptionParams{SubID: "sub_1", At: noon})
				return err
			}},
		} {
			before := snapshot(t, env.DB, buyer, referrer)
			n := int64(1)
			for ; ; n += 2 {
				struck, err := enginetest.Crash(ctx, n, verb.do)
				if !struck {
					require.NoError(t, err, verb.name)
					break
				}
				// The last crash may come once the work is done.
				if after := snapshot(t, env.DB, buyer, referrer); after != before {
					require.NoError(t, verb.do(ctx), verb.name)
					require.Equal(t, after, snapshot(t, env.DB, buyer, referrer), "%s made again after place %d", verb.name, n)
					break
				}
			}
			require.NotEqual(t, before, snapshot(t, env.DB, buyer, referrer), verb.name)
			require.Greater(t, n, int64(5), "%s has that many places to die at", verb.name)
			verify(t, env.DB)
		}
		require.Equal(t, int64(1100), available(t, env.DB, buyer), "the renewal: what it carried over is owed")
	})
}

// snapshot is all that these verbs write, as text.
func snapshot(t *testing.T, db bun.IDB, accounts ...string) string {
	t.Helper()
	ctx := context.Background()
	var os []orders.Order
	require.NoError(t, db.NewSelect().Model(&os).OrderExpr("order_no").Scan(ctx))
	var cs []affiliates.Commission
	require.NoError(t, db.NewSelect().Model(&cs).OrderExpr("order_key").Scan(ctx))
	text := ""
	for i := range os {
		o := &os[i]
		text += fmt.Sprintln(o.OrderNo, o.Status, o.Paid(), o.Credits, o.RefundedAmount, o.RefundedCredits,
			o.RenewalKey, o.Reversals, o.SubEndedAt.Unix())
	}
	for i := range cs {
		c := &cs[i]
		text += fmt.Sprintln(c.OrderKey, c.Status, c.CommissionAmount, c.ReversedAmount, c.PaidAmount, c.ConvertedCredits)
	}
	for _, user := range accounts {
		n, err := db.NewSelect().Model((*credits.Entry)(nil)).Where("user_uuid = ?", user).Count(ctx)
		require.NoError(t, dialect.Classify(err))
		text += fmt.Sprintln(user, n, available(t, db, user))
	}
	return text
}
