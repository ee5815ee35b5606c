package creem_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/orders"
	"github.com/chameleon-go/chameleon/orders/webhook"
)

// sold is a checkout as Creem documents it: it names its product and no period.
func sold(no string, amount int64, transaction any) m {
	order := m{"id": "ord_" + no, "amount": amount, "currency": "EUR", "status": "paid", "type": "recurring"}
	if transaction != nil {
		order["transaction"] = transaction
	}
	return checkout(no, m{
		"order": order, "product": m{"id": "pro", "price": 1000},
		"subscription": m{"id": "sub_" + no, "product": "pro", "status": "active"}, "metadata": m{"order_no": no},
	})
}

// A change that is told between such a checkout and the payment which states the period is one of
// that period: it buys the difference, and not a period of its own, nor nothing. Where the checkout
// does not name its payment either, the change waits for it.
func TestAChangeAfterACheckoutWithoutAPeriod(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		for _, what := range []string{"seats", "product", "period", "waits"} {
			s := newShopOf(t, env, what+"@example.com")
			now := s.now
			start := now.AddDate(0, 0, -10)
			of := func(p m) m {
				p["id"], p["metadata"] = "sub_"+what, m{"order_no": what}
				return p
			}
			s.order(t, what, orders.IntervalMonth)
			s.now = start
			own := "tran_" + what
			if what == "waits" {
				s.send(t, "checkout.completed", sold(what, 1000, nil))
			} else {
				s.send(t, "checkout.completed", sold(what, 1000, own))
			}
			s.now = now
			// 20 days and some are left of the month.
			rest := int64(float64(1000) * start.AddDate(0, 1, 0).Sub(now).Seconds() / start.AddDate(0, 1, 0).Sub(start).Seconds())
			paid, change := 2*rest, of(month("pro", 1000, 3, 2*rest, start, own+"_up"))
			switch what {
			case "product", "waits":
				paid, change = 4*rest, of(month("team", 5000, 1, 4*rest, start, own+"_up"))
			case "period":
				paid = 5000 - rest
				change = of(month("team", 5000, 1, paid, now, own+"_up"))
				change["created_at"] = start
			}
			if what == "waits" {
				err := s.refused(t, "subscription.paid", change)
				require.ErrorIs(t, err, orders.ErrNotStarted)
				assert.Equal(t, http.StatusConflict, webhook.Status(err))
			} else {
				s.send(t, "subscription.paid", change)
			}
			s.now = start
			s.send(t, "subscription.paid", of(month("pro", 1000, 1, 1000, start, own)))
			s.now = now
			s.send(t, "subscription.paid", change)
			assert.InDelta(t, 100+500+float64(paid)/2, s.available(t), 3, what)
			verified(t, s)
		}
	})
}

// Units that a checkout does not tell are those that its product's price does; where neither
// does, the payment of the period tells them.
func TestUnitsThatTheCheckoutDoesNotTell(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		s := newShop(t, env)
		s.order(t, "S1", orders.IntervalMonth)
		s.send(t, "checkout.completed", sold("S1", 3000, "tran_1"))
		assert.EqualValues(t, 1600, s.available(t), "three for 1,000 each")
		period := month("pro", 1000, 3, 3000, s.now, "tran_1")
		period["id"] = "sub_S1"
		s.send(t, "subscription.paid", period)
		assert.EqualValues(t, 1600, s.available(t))
		verified(t, s)
	})
}

// A refund takes the part of the credits that it is of its payment, also where it is told before
// that, whose event does not tell the tax: half of 12.10 is half of what 10.00 bought. So it does of
// a payment that is surplus.
func TestARefundBeforeAPaymentInAnotherUnit(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		for _, early := range []bool{true, false} {
			s := newShopOf(t, env, fmt.Sprint(early, "@example.com"))
			no := fmt.Sprint("S", early)
			s.order(t, no, orders.IntervalMonth)
			refund := func(of string) {
				s.send(t, "refund.created", m{
					"id": "ref_" + of, "status": "succeeded", "refund_amount": 605, "refund_currency": "EUR",
					"transaction": m{"id": of, "amount": 1000, "amount_paid": 1210, "tax_amount": 210, "currency": "EUR", "subscription": "sub_" + no},
				})
			}
			own, second := "tran_"+no, "tran_2"+no
			if early {
				refund(own)
				refund(second)
			}
			s.send(t, "checkout.completed", sold(no, 1000, own))
			s.send(t, "checkout.completed", sold(no, 1000, second))
			if !early {
				refund(own)
				refund(second)
			}
			assert.EqualValues(t, 350, s.available(t), "early: %v", early)
			list, err := orders.ListPayments(t.Context(), env.DB, orders.ListPaymentsParams{OrderNo: no})
			require.NoError(t, err)
			require.Len(t, list.Items, 2)
			for _, pm := range list.Items {
				assert.EqualValues(t, 500, pm.Refunded, "%s, early: %v", pm.Status, early)
			}
			verified(t, s)
		}
	})
}
