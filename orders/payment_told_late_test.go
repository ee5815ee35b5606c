package orders_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/orders"
)

// A payment may be told after a credit note gave back all of the invoice that it paid,
// and money after an order was paid with nothing: the one is the order's, the other
// surplus, however often each is told.
func TestPaymentsToldLate(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		user := signUp(t, env.DB, "ada@example.com")
		p := pack(user)
		p.PayType, p.Amount, p.Credits, p.Currency = orders.PayTypeStripe, 1000, 600, "USD"
		pay := func(no, invoice, ref string, amount int64) *orders.Result {
			t.Helper()
			r, err := orders.MarkPaid(t.Context(), env.DB, orders.MarkPaidParams{
				OrderNo: no, Invoice: invoice, PayRef: ref, Paid: &orders.Money{Amount: amount, Currency: "USD"}, At: noon,
			})
			require.NoError(t, err)
			return r
		}
		for i, link := range []bool{false, true} {
			no := []string{"named", "linked"}[i]
			order(t, env.DB, no, p)
			pay(no, "in_"+no, "", 1000)
			note := orders.RefundParams{Provider: orders.PayTypeStripe, Invoice: "in_" + no, Ref: "cn_" + no, Total: 1000, At: noon}
			_, err := orders.Refund(t.Context(), env.DB, note)
			require.NoError(t, err)
			if link {
				_, err = orders.LinkPayment(t.Context(), env.DB, orders.LinkPaymentParams{
					Provider: orders.PayTypeStripe, PayRef: "pi_" + no, Invoice: "in_" + no, At: noon,
				})
				require.NoError(t, err)
			} else {
				pay(no, "in_"+no, "pi_"+no, 1000)
			}
			o, err := orders.Get(t.Context(), env.DB, orders.GetParams{PayRef: "pi_" + no})
			require.NoError(t, err, no)
			assert.Equal(t, orders.StatusRefunded, o.Status, no)
			note.Failed = true
			r, err := orders.Refund(t.Context(), env.DB, note)
			require.NoError(t, err)
			assert.Equal(t, []any{orders.StatusPaid, "pi_" + no}, []any{r.Order.Status, r.Payment.Ref}, no)
		}

		order(t, env.DB, "free", p)
		pay("free", "", "", 0)
		for range 2 {
			assert.Equal(t, orders.PaymentSurplus, pay("free", "", "pi_free", 1000).Payment.Status)
		}
		assert.Empty(t, get(t, env.DB, "free").PayRef)
		order(t, env.DB, "balance", p) // the customer's balance paid it, and a session tells the whole price
		pay("balance", "in_balance", "", 0)
		assert.Equal(t, orders.PaymentPaid, pay("balance", "in_balance", "", 1000).Payment.Status)
	})
}
