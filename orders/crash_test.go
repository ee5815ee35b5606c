package orders_test

import (
	"context"
	"fmt"
	"testing"
	"time"

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
			dieAnywhere(t, env.DB, verb.name, verb.do, buyer, referrer)
		}
		require.Equal(t, int64(1100), available(t, env.DB, buyer), "the renewal: what it carried over is owed")
	})
}

// A period whose end is corrected or moved by a later report, with what was spent and
// refunded of it and a seat that was added in it.
func TestCrashOfACorrection(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		db := env.DB.WithQueryHook(enginetest.Crasher{})
		referrer, buyer := invited(t, db, "grace")
		p := pack(buyer)
		p.Interval, p.Amount, p.Credits = orders.IntervalMonth, 3000, 6000
		order(t, db, "ORD-1", p)
		first, second := noon.AddDate(0, 0, -35), noon.AddDate(0, 0, -5)
		states := func(start, end, at time.Time) func(ctx context.Context) error {
			return func(ctx context.Context) error {
				_, err := orders.SyncSubscription(ctx, db, orders.SyncSubscriptionParams{
					Provider: orders.PayTypeStripe, SubID: "sub_1", OrderNo: "ORD-1", Status: orders.SubActive,
					PeriodStart: start, PeriodEnd: end, At: at,
				})
				return err
			}
		}
		for _, verb := range []struct {
			name string
			do   func(ctx context.Context) error
		}{
			{"pay", func(ctx context.Context) error {
				_, err := orders.MarkPaid(ctx, db, orders.MarkPaidParams{OrderNo: "ORD-1", SubID: "sub_1", PayRef: "pi_1", At: first})
				return err
			}},
			{"spend", func(ctx context.Context) error {
				_, err := credits.Charge(ctx, db, credits.ChargeParams{UserUUID: buyer, Amount: 100, Key: "work", At: first})
				return err
			}},
			{"refund", func(ctx context.Context) error {
				_, err := orders.Refund(ctx, db, orders.RefundParams{PayRef: "pi_1", Provider: orders.PayTypeStripe, Ref: "re_1", Total: 300, At: first})
				return err
			}},
			{"correct", states(first, second, first.Add(time.Hour))},
			{"renew", func(ctx context.Context) error {
				_, err := orders.Renew(ctx, db, orders.RenewParams{
					SubID: "sub_1", PeriodStart: second, PeriodEnd: noon.AddDate(0, 0, 25), PayRef: "pi_2", At: second,
				})
				return err
			}},
			{"seat", func(ctx context.Context) error {
				_, err := orders.Prorate(ctx, db, orders.ProrateParams{
					SubID: "sub_1", Ref: "in_3", PayRef: "pi_3", Paid: &orders.Money{Amount: 2500, Currency: "USD"}, At: noon,
					Lines: []orders.Line{{Amount: 2500, Proration: true, Start: noon, End: noon.AddDate(0, 0, 25)}},
				})
				return err
			}},
			{"move", states(second, noon.AddDate(0, 0, 40), noon)},
		} {
			dieAnywhere(t, env.DB, verb.name, verb.do, buyer, referrer)
		}
		require.Equal(t, int64(6000+5000), available(t, env.DB, buyer))
		at := noon.AddDate(0, 0, 39)
		left, err := credits.Balance(t.Context(), env.DB, credits.BalanceParams{UserUUID: buyer, At: at})
		require.NoError(t, err)
		require.Equal(t, int64(6000+5000), left.Available, "until the end that was stated last")
	})
}

// dieAnywhere makes a call that dies at each of its statements in turn, until it does not.
func dieAnywhere(t *testing.T, db *bun.DB, name string, do func(ctx context.Context) error, accounts ...string) {
	t.Helper()
	ctx := context.Background()
	before := snapshot(t, db, accounts...)
	n := int64(1)
	for ; ; n += 2 {
		struck, err := enginetest.Crash(ctx, n, do)
		if !struck {
			require.NoError(t, err, name)
			break
		}
		// The last crash may come once the work is done.
		if after := snapshot(t, db, accounts...); after != before {
			require.NoError(t, do(ctx), name)
			require.Equal(t, after, snapshot(t, db, accounts...), "%s made again after place %d", name, n)
			break
		}
	}
	require.NotEqual(t, before, snapshot(t, db, accounts...), name)
	require.GreaterOrEqual(t, n, int64(1), "%s has a place to die at: a charge may be one statement", name)
	verify(t, db)
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
			o.RenewalKey, o.Reversals, o.SubEndedAt.Unix(), o.PeriodEnd.Unix(), o.CreditsExpireAt.Unix())
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
