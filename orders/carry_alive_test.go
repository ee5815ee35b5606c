package orders_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/orders"
)

// A renewal may come before the credits of its predecessor expire: early, or in the time of
// grace. What comes back meanwhile is the customer's until they do, and the renewal keeps its part.
func TestWhatComesBackBeforeItExpires(t *testing.T) {
	t.Parallel()
	day := 24 * time.Hour
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		for id, returned := range map[string]func(at time.Time, ref string) error{
			"won": func(at time.Time, ref string) error {
				_, err := orders.Dispute(t.Context(), env.DB, orders.DisputeParams{
					Provider: orders.PayTypeStripe, PayRef: ref, Ref: "dp" + ref, Amount: 1000, Outcome: orders.DisputeWon, At: at,
				})
				return err
			},
			"failed": func(at time.Time, ref string) error {
				_, err := orders.Refund(t.Context(), env.DB, orders.RefundParams{
					Provider: orders.PayTypeStripe, PayRef: ref, Ref: "re" + ref, Total: 1000, Failed: true, At: at,
				})
				return err
			},
		} {
			user := signUp(t, env.DB, id+"@example.com")
			p := pack(user)
			p.Interval, p.SubID, p.OrderNo, p.Amount, p.Credits = orders.IntervalMonth, "sub_"+id, "O"+id, 1000, 1000
			_, err := orders.Create(t.Context(), env.DB, p)
			require.NoError(t, err)
			ref, end := "pi_"+id, noon.Add(30*day)
			_, err = orders.MarkPaid(t.Context(), env.DB, orders.MarkPaidParams{
				OrderNo: p.OrderNo, PayRef: ref, PeriodStart: noon, PeriodEnd: end, Grace: 10 * day, At: noon,
			})
			require.NoError(t, err)
			if id == "won" {
				_, err = orders.Dispute(t.Context(), env.DB, orders.DisputeParams{
					Provider: orders.PayTypeStripe, PayRef: ref, Ref: "dp" + ref, Amount: 1000, Outcome: orders.DisputeOpen, At: noon.Add(day),
				})
			} else {
				_, err = orders.Refund(t.Context(), env.DB, orders.RefundParams{
					Provider: orders.PayTypeStripe, PayRef: ref, Ref: "re" + ref, Total: 1000, At: noon.Add(day),
				})
			}
			require.NoError(t, err)
			_, err = orders.Renew(t.Context(), env.DB, orders.RenewParams{
				SubID: p.SubID, PeriodStart: end, PeriodEnd: end.Add(30 * day), CarryOver: 400, PayRef: ref + "2", At: end,
			})
			require.NoError(t, err)
			balance := func(at time.Time) int64 {
				b, err := credits.Balance(t.Context(), env.DB, credits.BalanceParams{UserUUID: user, At: at})
				require.NoError(t, err)
				return b.Available - b.Debt
			}
			require.EqualValues(t, 100+1000, balance(end.Add(day)), id)
			for range 2 {
				require.NoError(t, returned(end.Add(2*day), ref), id)
			}
			assert.EqualValues(t, 100+2000, balance(end.Add(3*day)), id)
			_, err = credits.Charge(t.Context(), env.DB, credits.ChargeParams{UserUUID: user, Amount: 600, Key: "work", At: end.Add(4 * day)})
			require.NoError(t, err)
			assert.EqualValues(t, 100+1400, balance(end.Add(11*day)), id)
			// 600 were spent, and 400 kept.
			for _, total := range []int64{500, 1000} {
				_, err = orders.Refund(t.Context(), env.DB, orders.RefundParams{
					Provider: orders.PayTypeStripe, PayRef: ref, Ref: "later" + ref, Total: total, At: end.Add(12 * day),
				})
				require.NoError(t, err)
			}
			assert.EqualValues(t, 100+1400-1000, balance(end.Add(13*day)), id)
		}
		verify(t, env.DB)
	})
}
