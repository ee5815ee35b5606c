package stripe_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/affiliates"
	"github.com/chameleon-go/chameleon/orders"
	"github.com/chameleon-go/chameleon/users"
)

// A session says what it is of; its invoice says what of that the customer's balance paid.
// Whichever is told first, the order has the money that came, and so has its payment, and
// the commission is of that.
func TestSessionThatTheBalanceShares(t *testing.T) {
	t.Parallel()
	shapes(t, func(t *testing.T, s *shop, shape string) {
		referrer, err := users.Create(t.Context(), s.env.DB, users.CreateParams{Email: "ref-" + shape + "@example.com"})
		require.NoError(t, err)
		_, err = s.env.DB.NewUpdate().Table("users").Set("invited_by = ?", referrer.User.UUID).Where("uuid = ?", s.user).Exec(t.Context())
		require.NoError(t, err)
		start, end := s.now, s.now.AddDate(0, 1, 0)
		for _, paid := range []int64{600, 0} {
			for i, turn := range [][]int{{0, 1, 2}, {1, 0, 2}, {0, 2, 1}, {2, 1, 0}} {
				id := fmt.Sprintf("%s_%d_%d", shape, paid, i)
				no, in, pi := "B-"+id, "in_"+id, "pi_"+id
				if paid == 0 {
					pi = ""
				}
				s.order(t, no, orders.IntervalMonth)
				invoice := bill{id: in, reason: "subscription_create", sub: "sub_" + id, order: no, paid: paid, items: []item{whole("price_month", 1, start, end)}}
				if shape != "current" {
					invoice.intent = pi
				}
				told := invoice.json(shape)
				told["customer"], told["starting_balance"], told["ending_balance"] = "cus_"+id, paid-1000, 0
				events := []func(){
					func() {
						s.send(t, "checkout.session.completed", session(no, m{
							"id": "cs_" + id, "mode": "subscription", "payment_intent": nil, "invoice": in,
							"subscription": "sub_" + id, "amount_subtotal": 1000, "customer": "cus_" + id,
						}))
					},
					func() { s.send(t, "invoice.paid", told) },
					func() {
						if shape == "current" && paid > 0 {
							s.send(t, "invoice_payment.paid", m{
								"id": "inpay_" + id, "object": "invoice_payment", "invoice": in, "status": "paid", "amount_paid": paid, "currency": "usd",
								"payment": m{"type": "payment_intent", "payment_intent": pi},
							})
						}
					},
				}
				for _, k := range turn {
					events[k]()
				}
				o := s.stored(t, no)
				assert.Equal(t, []int64{paid, 1000 - paid, 0}, []int64{o.Paid(), o.FromBalance, o.RefundedAmount}, "%s, told %v", id, turn)
				c, err := affiliates.Get(t.Context(), s.env.DB, affiliates.GetParams{OrderNo: no})
				if paid > 0 {
					require.NoError(t, err)
					assert.EqualValues(t, 30, c.CommissionAmount, id)
					assert.Equal(t, []int64{600, 600}, []int64{s.payment(t, no).Gross, s.payment(t, no).Net}, "%s, told %v", id, turn)
					s.send(t, "charge.refunded", m{"payment_intent": pi, "amount_refunded": 300})
					assert.EqualValues(t, 150, s.stored(t, no).RefundedCredits, "%s: half of the money was three tenths of the price", id)
				} else if err == nil {
					assert.Zero(t, c.CommissionAmount, id)
				}
			}
		}
		verified(t, s.env)
	})
}
