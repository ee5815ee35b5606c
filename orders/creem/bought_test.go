package creem_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/orders"
)

// Options.Bought is asked of the first payment, too, by whichever event tells it.
func TestBoughtIsAskedOfTheFirstPayment(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		s := newShop(t, env)
		asked := 0
		s.config.Bought = func(p orders.Purchase) *orders.Bought {
			asked++
			assert.Equal(t, orders.ReasonFirst, p.Reason)
			assert.Equal(t, []int64{2000, 2000, 2}, []int64{p.Paid, p.Lines[0].Amount, p.Lines[0].Quantity})
			assert.Equal(t, "pro", p.Lines[0].PriceID)
			return &orders.Bought{Credits: 700}
		}
		for i, no := range []string{"S1", "S2"} {
			s.order(t, no, orders.IntervalMonth)
			period := month("pro", 1000, 2, 2000, s.now, "tran_"+no)
			period["id"], period["metadata"] = "sub_"+no, m{"order_no": no}
			done := checkout(no, m{"subscription": period, "order": m{"amount": 2000, "currency": "EUR", "transaction": "tran_" + no}})
			if i == 0 {
				s.send(t, "checkout.completed", done)
				s.send(t, "subscription.paid", period)
			} else {
				s.send(t, "subscription.paid", period)
				s.send(t, "checkout.completed", done)
			}
			assert.EqualValues(t, 100+700*(i+1), s.available(t))
		}
		assert.Equal(t, 8, asked, "each event, sent twice")
		verified(t, s)
	})
}
