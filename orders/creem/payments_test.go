package creem_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/orders"
)

// A renewal's refund carries the metadata of the subscription's first checkout.
// It waits for its own payment and leaves the first order alone.
func TestRefundBeforeItsRenewal(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		s := newShop(t, env)
		s.order(t, "S1", orders.IntervalMonth)
		s.send(t, "checkout.completed", checkout("S1", m{"subscription": m{"id": "sub_1"}}))
		early := s.send(t, "refund.created", m{
			"id": "ref_1", "status": "succeeded", "refund_amount": 605,
			"transaction": m{"id": "tran_2", "amount": 1000, "amount_paid": 1210}, "checkout": m{"request_id": "S1"},
		})
		assert.Equal(t, orders.PaymentUnmatched, early.Order.Payment.Status)
		assert.EqualValues(t, 600, s.available(t), "the first order's credits stay")
		s.send(t, "subscription.paid", m{
			"id": "sub_1", "product": m{"id": "prod_1"}, "last_transaction_id": "tran_2",
			"current_period_start_date": s.now.AddDate(0, 1, 0).Format(time.RFC3339Nano),
			"current_period_end_date":   s.now.AddDate(0, 2, 0).Format(time.RFC3339Nano),
		})
		assert.EqualValues(t, 850, s.available(t), "half of the renewal was paid back")

		// A second payment of an order, and its refund.
		s.order(t, "A1", orders.IntervalOneTime)
		s.send(t, "checkout.completed", checkout("A1", nil))
		assert.EqualValues(t, 1350, s.available(t))
		again := s.send(t, "checkout.completed", checkout("A1", m{
			"order": m{"amount": 1000, "currency": "EUR", "transaction": "tran_again"},
		}))
		assert.Equal(t, orders.PaymentSurplus, again.Order.Payment.Status)
		s.send(t, "refund.created", m{
			"id": "ref_2", "status": "succeeded", "refund_amount": 1000,
			"transaction": m{"id": "tran_again", "amount_paid": 1000}, "checkout": m{"request_id": "A1"},
		})
		assert.EqualValues(t, 1350, s.available(t), "the first payment's credits stay")
	})
}

// Checkouts that do not name their transactions are told apart by Creem's orders, and
// so are their refunds, whichever comes first.
func TestASecondCheckoutIsSurplus(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		s := newShop(t, env)
		s.order(t, "A1", orders.IntervalOneTime)
		pay := func(id string) orders.PaymentStatus {
			return s.send(t, "checkout.completed", checkout("A1", m{
				"id": "ch_" + id, "order": m{"id": "ord_" + id, "amount": 1000, "currency": "EUR"},
			})).Order.Payment.Status
		}
		refund := func(id string, amount int64) {
			s.send(t, "refund.created", m{
				"id": "ref_" + id, "status": "succeeded", "refund_amount": amount, "refund_currency": "EUR",
				"transaction": m{"id": "tran_" + id, "amount": 1000, "order": "ord_" + id}, "checkout": m{"request_id": "A1"},
			})
		}
		assert.Equal(t, orders.PaymentPaid, pay("1"))
		assert.Equal(t, orders.PaymentSurplus, pay("2"))
		refund("2", 1000)
		refund("3", 1000)
		assert.Equal(t, orders.PaymentSurplus, pay("3"))
		assert.EqualValues(t, 600, s.available(t), "the first payment's credits stay")
		refund("1", 400)
		assert.EqualValues(t, 400, s.available(t))
	})
}
