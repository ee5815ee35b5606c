package creem_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/affiliates"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/orders"
	"github.com/chameleon-go/chameleon/orders/webhook"
	"github.com/chameleon-go/chameleon/users"
)

// invite makes somebody who invited the shop's customer.
func (s *shop) invite(t *testing.T) {
	t.Helper()
	r, err := users.Create(t.Context(), s.env.DB, users.CreateParams{Email: "grace@example.com"})
	require.NoError(t, err)
	_, err = s.env.DB.NewUpdate().Table("users").Set("invited_by = ?", r.User.UUID).Where("uuid = ?", s.user).Exec(t.Context())
	require.NoError(t, err)
}

func TestWhatCreemSaysWasPaid(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		s := newShop(t, env)
		s.invite(t)
		for no, c := range map[string]struct {
			order              m
			paid, tax, commiss int64
		}{
			"A1": {m{"amount": 1000, "amount_paid": 0}, 1000, 0, 50},                                          // nothing says otherwise
			"A2": {m{"amount": 1000, "amount_paid": 0, "amount_due": 1210, "tax_amount": 210}, 1210, 210, 50}, // recorded, and truly paid
			"A3": {m{"amount": 1000, "amount_paid": 0, "amount_due": 0, "discount_amount": 1000}, 0, 0, 0},
			"A4": {m{"amount": 1000, "amount_paid": 605, "amount_due": 605, "tax_amount": 105, "discount_amount": 500}, 605, 105, 25},
		} {
			s.order(t, no, orders.IntervalOneTime)
			c.order["currency"], c.order["transaction"] = "EUR", "tran_"+no
			paid := s.send(t, "checkout.completed", checkout(no, m{"order": c.order}))
			assert.Equal(t, c.paid, paid.Order.Order.Paid(), no)
			assert.Equal(t, c.tax, paid.Order.Payment.Tax, no)
			if c.commiss == 0 {
				assert.Nil(t, paid.Order.Commission, no)
				continue
			}
			require.NotNil(t, paid.Order.Commission, no)
			assert.Equal(t, c.commiss, paid.Order.Commission.CommissionAmount, no)
		}
		assert.EqualValues(t, 100+4*500, s.available(t))
		revenue, err := orders.Revenue(t.Context(), env.DB, orders.RevenueParams{Days: 1})
		require.NoError(t, err)
		assert.EqualValues(t, 1000+1210+605, revenue.Totals[0].Gross)
		assert.EqualValues(t, 210+105, revenue.Totals[0].Tax)
		_, err = affiliates.Get(t.Context(), env.DB, affiliates.GetParams{OrderNo: "A3"})
		require.ErrorIs(t, err, affiliates.ErrNotFound)
	})
}

func TestUnits(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		s := newShop(t, env)
		for _, no := range []string{"A1", "A2"} {
			s.order(t, no, orders.IntervalOneTime)
		}
		three := m{"units": 3, "order": m{"amount": 3000, "currency": "EUR", "transaction": "tran_A1"}}
		assert.EqualValues(t, 1500, s.send(t, "checkout.completed", checkout("A1", three)).Order.Order.Credits)
		s.order(t, "A1", orders.IntervalOneTime) // the order is still the one that was created
		one := m{"units": 3, "order": m{"amount": 1000, "currency": "EUR", "transaction": "tran_A2"}}
		assert.EqualValues(t, 500, s.send(t, "checkout.completed", checkout("A2", one)).Order.Order.Credits,
			"the order's price is that of all three")
		assert.EqualValues(t, 2100, s.available(t))
	})
}

func TestDisputesEnd(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		s := newShop(t, env)
		s.now = s.now.Add(-time.Hour)
		s.order(t, "A1", orders.IntervalOneTime)
		s.send(t, "checkout.completed", checkout("A1", nil))
		about := func(id, status string) m {
			return m{"id": id, "status": status, "amount": 1000, "transaction": m{"id": "tran_A1", "amount": 1000}}
		}
		s.send(t, "dispute.created", about("disp_1", ""))
		assert.EqualValues(t, 100, s.available(t))
		s.now = s.now.Add(time.Minute)
		s.send(t, "dispute.closed", about("disp_1", "won"))
		assert.EqualValues(t, 600, s.available(t))
		s.send(t, "dispute.created", about("disp_2", ""))
		assert.Equal(t, orders.StatusRefunded, s.send(t, "dispute.updated", about("disp_2", "lost")).Order.Order.Status)
		assert.EqualValues(t, 100, s.available(t))
	})
}

// A subscription that is paid before its checkout is reported; and a renewal
// that was refunded in full before it was reported, twice.
func TestASubscriptionThatNobodyKnowsYet(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		s := newShop(t, env)
		s.order(t, "S1", orders.IntervalMonth)
		period := func(months int, transaction string, metadata m) m {
			return m{
				"id": "sub_1", "product": m{"id": "prod_1"}, "last_transaction_id": transaction, "metadata": metadata,
				"last_transaction":          m{"id": transaction, "amount": 1000, "amount_paid": 1000, "currency": "EUR"},
				"current_period_start_date": s.now.AddDate(0, months, 0).Format(time.RFC3339Nano),
				"current_period_end_date":   s.now.AddDate(0, months+1, 0).Format(time.RFC3339Nano),
			}
		}
		foreign := s.refused(t, "subscription.paid", period(0, "tran_1", nil))
		require.ErrorIs(t, foreign, webhook.ErrNotOurs)
		assert.Equal(t, http.StatusNotFound, webhook.Status(foreign))
		for _, event := range []string{"trialing", "past_due", "unpaid", "expired", "active", "paused", "canceled"} {
			require.ErrorIs(t, s.refused(t, "subscription."+event, period(0, "tran_1", nil)), webhook.ErrNotOurs, event)
		}
		s.send(t, "subscription.paid", period(0, "tran_1", m{"order_no": "S1"}))
		assert.EqualValues(t, 600, s.available(t))
		again := s.send(t, "checkout.completed", checkout("S1", m{
			"subscription": m{"id": "sub_1"}, "order": m{"amount": 1000, "currency": "EUR", "transaction": "tran_1"},
		}))
		assert.True(t, again.Order.Replayed)
		s.send(t, "refund.created", m{
			"id": "ref_1", "status": "succeeded", "refund_amount": 1000, "transaction": m{"id": "tran_2", "amount_paid": 1000},
		})
		renewed := s.send(t, "subscription.paid", period(1, "tran_2", m{"order_no": "S1"}))
		assert.Equal(t, orders.StatusRefunded, renewed.Order.Order.Status)
		assert.EqualValues(t, 600, s.available(t))
		// The refund fails: the renewal is paid after all.
		s.send(t, "refund.updated", m{
			"id": "ref_1", "status": "failed", "refund_amount": 1000, "transaction": m{"id": "tran_2", "amount_paid": 1000},
		})
		assert.EqualValues(t, 1100, s.available(t))
	})
}
