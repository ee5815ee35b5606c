package orders_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/orders"
)

// A second subscription's first invoice is paid by the customer's balance, in part or as a
// whole, which its session does not say: the surplus is the money that came, less what
// was given back of it, whichever is told first, and whether it costs what the first did.
func TestSurplusThatTheBalanceShares(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx, db := t.Context(), env.DB
		user := signUp(t, db, "ada@example.com")
		usd := func(amount int64) *orders.Money { return &orders.Money{Amount: amount, Currency: "USD"} }
		n, surplus := 0, int64(0)
		for _, c := range []struct{ costs, paid int64 }{{1000, 600}, {1200, 600}, {1000, 0}, {1200, 0}} {
			costs, paid := c.costs, c.paid
			for _, told := range [][]string{
				{"session", "invoice", "note"}, {"invoice", "session", "note"}, {"session", "note", "invoice"}, {"invoice", "note", "session"},
			} {
				n++
				no, in := fmt.Sprint("P", n), fmt.Sprint("in_", n)
				must(orders.Create(ctx, db, orders.CreateParams{
					OrderNo: no, UserUUID: user, ProductID: "pro", Amount: 1000, Currency: "USD", PayType: orders.PayTypeStripe,
					Interval: orders.IntervalMonth, Credits: 1000,
				}))
				must(orders.MarkPaid(ctx, db, orders.MarkPaidParams{OrderNo: no, SubID: "sub_a" + no, Invoice: "in_a" + no, Paid: usd(1000)}))
				for _, what := range slices.Concat(told, told) {
					switch what {
					case "session":
						must(orders.MarkPaid(ctx, db, orders.MarkPaidParams{OrderNo: no, SubID: "sub_b" + no, Invoice: in, Paid: usd(costs)}))
					case "invoice":
						must(orders.MarkPaid(ctx, db, orders.MarkPaidParams{
							OrderNo: no, SubID: "sub_b" + no, Invoice: in, Paid: usd(paid), FromBalance: costs - paid, Tax: paid / 6,
						}))
					case "note":
						must(orders.Refund(ctx, db, orders.RefundParams{Provider: orders.PayTypeStripe, Invoice: in, Ref: "cn_1", Total: 200}))
					}
				}
				list, err := orders.ListPayments(ctx, db, orders.ListPaymentsParams{OrderNo: no, Status: orders.PaymentSurplus})
				require.NoError(t, err)
				require.Len(t, list.Items, 1, "%v", told)
				pm := list.Items[0]
				back := min(paid, 200)
				assert.Equal(t, []int64{paid, paid / 6, paid - paid/6, back}, []int64{pm.Gross, pm.Tax, pm.Net, pm.Refunded}, "%d of %d, %v", paid, costs, told)
				assert.EqualValues(t, 1000, get(t, db, no).Paid())
				surplus += paid - back
			}
		}
		got, err := orders.Revenue(ctx, db, orders.RevenueParams{Days: 7, Currency: "USD"})
		require.NoError(t, err)
		assert.Equal(t, []int64{surplus, int64(n) * 1000}, []int64{got.Totals[0].Surplus, got.Totals[0].Gross})
	})
}
