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

// A renewal keeps what is unspent of credits that the original application granted.
func TestCarryOverOfAnAdoptedGrant(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		user := signUp(t, env.DB, "ada@example.com")
		end := noon.Add(30 * 24 * time.Hour)
		_, err := credits.Grant(t.Context(), env.DB, credits.GrantParams{
			UserUUID: user, Amount: 1000, Key: "of the original", Type: credits.TypeOrderPay, ExpiresAt: end, At: noon,
		})
		require.NoError(t, err)
		_, err = env.DB.NewInsert().Model(&orders.Order{
			OrderNo: "O", UserUUID: user, SubID: "sub_1", Amount: 1000, Currency: "USD", Status: orders.StatusPaid, Interval: orders.IntervalMonth,
			CreatedAt: noon, PaidAt: noon, PeriodStart: noon, PeriodEnd: end, Credits: 1000, CreditsExpireAt: end, GrantKey: "of the original",
		}).Exec(t.Context())
		require.NoError(t, err)
		renew := orders.RenewParams{SubID: "sub_1", PeriodStart: end, CarryOver: 300, At: end}
		for replayed := range 2 {
			r, err := orders.Renew(t.Context(), env.DB, renew)
			require.NoError(t, err)
			assert.Equal(t, replayed == 1, r.Replayed)
			assert.EqualValues(t, 100+300+1000, balanceAt(t, env.DB, user, end.Add(time.Hour)))
		}
		verify(t, env.DB)
	})
}

// A renewal that kept credits of the period before ends, with them, when the provider
// states its end otherwise: later or earlier, before the old end or after it, once or
// twice. What was spent stays spent, and refunds find their own credits, before and after.
func TestEndOfARenewalThatCarriedOver(t *testing.T) {
	t.Parallel()
	day := 24 * time.Hour
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		for i, c := range []struct {
			name string
			// ends are the ends that are stated, in days after the renewal, each told so many
			// days after it.
			ends, told []int
			last       int
		}{
			{"later", []int{40}, []int{2}, 40},
			{"earlier", []int{10}, []int{2}, 10},
			{"after the old end", []int{40}, []int{35}, 40},
			{"twice", []int{40, 20}, []int{2, 3}, 20},
		} {
			for _, refunded := range []string{"", "the period before", "the renewal", "both"} {
				var want int64 // whenever the refund comes
				for _, early := range []bool{true, false} {
					if refunded == "" && early {
						continue
					}
					id := fmt.Sprintf("%d-%s-%v", i, refunded[:min(len(refunded), 8)], early)
					id = fmt.Sprintf("%x", id)
					name := c.name + ", refunded: " + refunded + fmt.Sprint(early)
					user := signUp(t, env.DB, id+"@example.com")
					p := pack(user)
					p.Interval, p.SubID, p.OrderNo, p.Amount = orders.IntervalMonth, "sub_"+id, "O"+id, 1000
					_, err := orders.Create(t.Context(), env.DB, p)
					require.NoError(t, err)
					start := noon.AddDate(0, 0, 20)
					next := start.Add(28 * day)
					_, err = orders.MarkPaid(t.Context(), env.DB, orders.MarkPaidParams{
						OrderNo: p.OrderNo, PeriodStart: start, PeriodEnd: next, PayRef: "pi_1" + id, At: start,
						Paid: &orders.Money{Amount: 1000, Currency: "USD"},
					})
					require.NoError(t, err)
					_, err = orders.Renew(t.Context(), env.DB, orders.RenewParams{
						SubID: p.SubID, PeriodStart: next, PeriodEnd: next.Add(30 * day), CarryOver: 400, PayRef: "pi_2" + id, At: next,
						Paid: &orders.Money{Amount: 1000, Currency: "USD"},
					})
					require.NoError(t, err)
					// 1,000 + 400 + the welcome
					_, err = credits.Charge(t.Context(), env.DB, credits.ChargeParams{
						UserUUID: user, Amount: 300, Key: "work", Type: credits.TypeAIGeneration, At: next.Add(day),
					})
					require.NoError(t, err)
					refund := func(at time.Time) {
						for ref, when := range map[string]string{"pi_1": "the period before", "pi_2": "the renewal"} {
							if refunded != when && refunded != "both" {
								continue
							}
							_, err := orders.Refund(t.Context(), env.DB, orders.RefundParams{
								Provider: orders.PayTypeStripe, PayRef: ref + id, Ref: "re_" + ref + id, Total: 500, At: at,
							})
							require.NoError(t, err)
						}
					}
					balance := func(at time.Time) int64 {
						b, err := credits.Balance(t.Context(), env.DB, credits.BalanceParams{UserUUID: user, At: at})
						require.NoError(t, err)
						return b.Available - b.Debt
					}
					if early {
						refund(next.Add(day + time.Hour))
					}
					before := balance(next.Add(day + 2*time.Hour))
					for range 2 {
						for n := range c.ends {
							_, err = orders.SyncSubscription(t.Context(), env.DB, orders.SyncSubscriptionParams{
								Provider: orders.PayTypeStripe, SubID: p.SubID, Status: orders.SubActive,
								PeriodStart: next, PeriodEnd: next.Add(time.Duration(c.ends[n]) * day), At: next.Add(time.Duration(c.told[n]) * day),
							})
							require.NoError(t, err)
						}
					}
					if !early {
						refund(next.Add(time.Duration(c.told[len(c.told)-1])*day + time.Hour))
					}
					end := next.Add(time.Duration(c.last) * day)
					after := balance(end.Add(-time.Hour))
					if early || refunded == "" {
						want = before
					}
					assert.Equal(t, want, after, name)
					assert.LessOrEqual(t, balance(end.Add(time.Hour)), int64(100), name)
				}
			}
		}
		verify(t, env.DB)
	})
}
