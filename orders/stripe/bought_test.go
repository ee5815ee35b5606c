package stripe_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/orders"
)

// Options.Bought is asked of the first payment, too, with its lines, and its answer
// counts whether the session or the invoice comes first, and what was spent and refunded
// meanwhile.
func TestBoughtIsAskedOfTheFirstPayment(t *testing.T) {
	t.Parallel()
	shapes(t, func(t *testing.T, s *shop, shape string) {
		start, end := s.now, s.now.AddDate(0, 1, 0)
		until := end.Add(48 * time.Hour)
		s.config.Bought = func(p orders.Purchase) *orders.Bought {
			require.NotEmpty(t, p.Lines[0].PriceID, "every line has its price")
			assert.Equal(t, orders.ReasonFirst, p.Reason)
			assert.EqualValues(t, 1000, p.Paid)
			return &orders.Bought{Credits: 700, ExpiresAt: until}
		}
		for _, turn := range [][]string{
			{"session", "invoice", "spend", "refund"},
			{"invoice", "session", "spend", "refund"},
			{"session", "spend", "refund", "invoice"},
			{"refund", "session", "spend", "invoice"},
		} {
			id := s.next("turn") + shape
			_, err := orders.Create(t.Context(), s.env.DB, orders.CreateParams{
				OrderNo: id, UserUUID: s.user, ProductID: "month", Amount: 1000, Currency: "USD",
				PayType: orders.PayTypeStripe, Interval: orders.IntervalMonth, Credits: 500,
			})
			require.NoError(t, err)
			before := s.balance(t, end.Add(24*time.Hour))
			for _, what := range turn {
				switch what {
				case "session":
					s.send(t, "checkout.session.completed", session(id, m{
						"mode": "subscription", "payment_intent": nil, "invoice": "in_" + id, "subscription": "sub_" + id, "amount_subtotal": 1000,
					}))
				case "invoice":
					s.send(t, "invoice.paid", bill{
						id: "in_" + id, sub: "sub_" + id, order: id, reason: "subscription_create", paid: 1000, intent: "pi_" + id,
						items: []item{whole("price_month", 1, start, end)},
					}.json(shape))
				case "spend":
					_, err := credits.Charge(t.Context(), s.env.DB, credits.ChargeParams{UserUUID: s.user, Amount: 50, Key: "work-" + id})
					require.NoError(t, err)
				case "refund":
					s.send(t, "charge.refunded", m{"payment_intent": "pi_" + id, "amount": 1000, "amount_refunded": 100, "currency": "usd"})
				}
			}
			s.send(t, "invoice_payment.paid", m{
				"id": "inpay_" + id, "invoice": "in_" + id, "amount_paid": 1000, "currency": "usd",
				"payment": m{"type": "payment_intent", "payment_intent": "pi_" + id}, "status": "paid",
			})
			o := s.stored(t, id)
			assert.Equal(t, []int64{700, 70, 100}, []int64{o.Credits, o.RefundedCredits, o.RefundedAmount}, "%v", turn)
			assert.True(t, until.Equal(o.CreditsExpireAt), "%v", turn)
			assert.Equal(t, before+700-70-50, s.balance(t, end.Add(24*time.Hour)), "%v", turn)
		}
	})
}
