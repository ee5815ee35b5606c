package orders_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/credits/audit"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/orders"
)

// A sweep between a refund and the report that it failed ends nothing, and neither does
// one between a change of plans and the refund of that: the months that follow are the
// customer's, as they are without the sweep.
func TestMonthsGoOn(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		user := signUp(t, env.DB, "ada@example.com")
		start := time.Now().UTC().Truncate(time.Second).AddDate(0, -5, 0)
		granted := func(sub string) (sum int64) {
			_, err := orders.PayOut(t.Context(), env.DB, orders.PayOutParams{})
			require.NoError(t, err)
			require.NoError(t, env.DB.NewSelect().Table("orders").ColumnExpr("SUM(credits - refunded_credits)").
				Where("sub_id = ?", sub).Scan(t.Context(), &sum))
			return sum
		}
		refund := func(ref string, total int64, failed bool) {
			_, err := orders.Refund(t.Context(), env.DB, orders.RefundParams{
				PayRef: ref, Provider: orders.PayTypeStripe, Ref: "re_" + ref, Total: total, Failed: failed, At: start.AddDate(0, 1, 0),
			})
			require.NoError(t, err)
		}
		for _, sub := range []string{"failed", "changed"} {
			p := pack(user)
			p.PayType, p.Interval, p.Amount, p.Credits, p.Monthly, p.At = orders.PayTypeStripe, orders.IntervalYear, 12000, 1000, true, start
			order(t, env.DB, sub, p)
			_, err := orders.MarkPaid(t.Context(), env.DB, orders.MarkPaidParams{
				OrderNo: sub, SubID: sub, PayRef: sub, PeriodStart: start, PeriodEnd: start.AddDate(1, 0, 0), At: start,
			})
			require.NoError(t, err)
		}
		refund("failed", 12000, false)
		assert.Zero(t, granted("failed"))
		refund("failed", 12000, true)
		assert.EqualValues(t, 6000, granted("failed"), "five months are over")

		at := start.AddDate(0, 0, 1)
		back := orders.Line{Amount: -11000, Proration: true, Start: at, End: start.AddDate(1, 0, 0)}
		bought := orders.Line{Amount: 12000, Start: at, End: at.AddDate(1, 0, 0), Plan: &orders.Plan{ProductID: "flat", Credits: 500}}
		_, err := orders.Renew(t.Context(), env.DB, orders.RenewParams{
			SubID: "changed", PeriodStart: at, PeriodEnd: bought.End, Lines: []orders.Line{back, bought},
			Paid: &orders.Money{Amount: 1000, Currency: get(t, env.DB, "changed").Currency}, PayRef: "change", At: at,
		})
		require.NoError(t, err)
		assert.Less(t, granted("changed"), int64(600))
		refund("change", 1000, false)
		assert.EqualValues(t, 6000, granted("changed"), "the change is undone")
		report, err := audit.Verify(t.Context(), env.DB, audit.VerifyParams{UserUUID: user})
		require.NoError(t, err)
		assert.Empty(t, report.Breaches)
	})
}
