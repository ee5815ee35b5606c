package stripe_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/credits/audit"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/orders"
)

// A renewal keeps what was unspent of a period that was corrected, whether the
// correction comes before it or after.
func TestCarryOverOfACorrectedPeriod(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		for name, late := range map[string]bool{"in order": false, "late": true} {
			s := newShop(t, env, name[:2])
			s.config.CarryOver = 1000
			id := name[:2]
			start, end := s.now.AddDate(0, 0, -20), s.now
			s.order(t, "S"+id, orders.IntervalMonth)
			s.at(t, start, "checkout.session.completed", session("S"+id, m{
				"mode": "subscription", "payment_intent": "pi_1" + id, "subscription": "sub_" + id, "amount_subtotal": 1000,
			}))
			_, err := credits.Charge(t.Context(), env.DB, credits.ChargeParams{UserUUID: s.user, Amount: 200, Key: "work"})
			require.NoError(t, err)
			corrects := func() {
				s.at(t, end.Add(-time.Hour), "customer.subscription.updated",
					subscriptions("sub_"+id, "active", start, end, m{"metadata": m{"order_no": "S" + id}})["current"])
			}
			if !late {
				corrects()
			}
			s.send(t, "invoice.paid", bill{
				id: "in_" + id, reason: "subscription_cycle", sub: "sub_" + id, order: "S" + id, paid: 1000, intent: "pi_2" + id,
				items: []item{whole("price_month", 1, end, end.AddDate(0, 1, 0))},
			}.json("current"))
			if late {
				corrects()
			}
			assert.EqualValues(t, 100+300+500, s.available(t), name)
			report, err := audit.Verify(t.Context(), env.DB, audit.VerifyParams{UserUUID: s.user})
			require.NoError(t, err)
			assert.Empty(t, report.Breaches)
		}
	})
}
