package orders_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/orders"
)

// An end that is told once it has passed leaves a customer what the same end leaves that was
// told in time: what was spent before is owed to nobody, and what is left is over.
func TestAnEndThatIsToldOnceItHasPassed(t *testing.T) {
	t.Parallel()
	day := 24 * time.Hour
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		for i, c := range []struct {
			renewed      bool // the period carries 400 over
			refund       int64
			spent        []int // days on which 300 are spent
			left, settle int64 // without the 100 of the welcome, before and after the refund
		}{
			{spent: []int{1}},
			{spent: []int{1, 3, 5}},
			{spent: []int{1}, refund: 500},
			{spent: []int{1, 3, 5}, refund: 500, settle: -400},
			{spent: []int{1}, refund: 1000, settle: -300},
			{renewed: true, spent: []int{1}},
			{renewed: true, spent: []int{1, 3, 5}},
			{renewed: true, spent: []int{1, 3, 5, 7}, refund: 1000, settle: -1000},
		} {
			var lives [2][]int64
			for life, told := range []int{9, 12} {
				id := fmt.Sprintf("%d-%d", i, told)
				user := signUp(t, env.DB, id+"@example.com")
				p := pack(user)
				p.Interval, p.SubID, p.OrderNo, p.Amount, p.Credits = orders.IntervalMonth, "sub_"+id, "O"+id, 1000, 1000
				_, err := orders.Create(t.Context(), env.DB, p)
				require.NoError(t, err)
				start, ref := noon, "pi_1"+id
				pay := orders.MarkPaidParams{OrderNo: p.OrderNo, PayRef: ref, PeriodStart: start, PeriodEnd: start.Add(30 * day), At: start}
				if c.renewed {
					pay.PeriodStart, pay.PeriodEnd, pay.At = start.Add(-30*day), start, start.Add(-30*day)
				}
				_, err = orders.MarkPaid(t.Context(), env.DB, pay)
				require.NoError(t, err)
				if ref = "pi_2" + id; c.renewed {
					_, err = orders.Renew(t.Context(), env.DB, orders.RenewParams{
						SubID: p.SubID, PeriodStart: start, PeriodEnd: start.Add(30 * day), CarryOver: 400, PayRef: ref, At: start,
					})
					require.NoError(t, err)
				} else {
					ref = "pi_1" + id
				}
				for n, at := range c.spent {
					_, err = credits.Charge(t.Context(), env.DB, credits.ChargeParams{
						UserUUID: user, Amount: 300, Key: fmt.Sprint("work", n), At: start.Add(time.Duration(at) * day),
					})
					require.NoError(t, err)
				}
				balance := func(at time.Time) {
					b, err := credits.Balance(t.Context(), env.DB, credits.BalanceParams{UserUUID: user, At: at})
					require.NoError(t, err)
					lives[life] = append(lives[life], b.Available-b.Debt)
				}
				for range 2 {
					_, err = orders.SyncSubscription(t.Context(), env.DB, orders.SyncSubscriptionParams{
						Provider: orders.PayTypeStripe, SubID: p.SubID, Status: orders.SubActive,
						PeriodStart: start, PeriodEnd: start.Add(10 * day), At: start.Add(time.Duration(told) * day),
					})
					require.NoError(t, err)
				}
				balance(start.Add(13 * day))
				if c.refund > 0 {
					for range 2 {
						_, err = orders.Refund(t.Context(), env.DB, orders.RefundParams{
							Provider: orders.PayTypeStripe, PayRef: ref, Ref: "re_" + id, Total: c.refund, At: start.Add(14 * day),
						})
						require.NoError(t, err)
					}
				}
				balance(start.Add(15 * day))
			}
			assert.Equal(t, lives[0], lives[1], "%+v", c)
			assert.Equal(t, []int64{100 + c.left, 100 + c.settle}, lives[1], "%+v", c)
		}
		verify(t, env.DB)
	})
}
