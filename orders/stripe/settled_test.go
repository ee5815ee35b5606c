package stripe_test

import (
	"fmt"
	"maps"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/orders"
)

// What settled an invoice is told apart: money, the customer's balance, credit notes
// from before the payment, and money that came another way.
func TestWhatSettledAnInvoice(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		for name, c := range map[string]struct {
			paid          int64
			more          m
			money, banked int64
			off, left     int64
		}{
			"a": {1000, m{"starting_balance": 0, "ending_balance": 0}, 1000, 0, 0, 0},
			"b": {400, m{"starting_balance": -600, "ending_balance": 0}, 400, 600, 0, 300},
			"c": {400, m{}, 400, 600, 0, 300},
			"d": {600, m{"starting_balance": 0, "ending_balance": 0, "pre_payment_credit_notes_amount": 400}, 600, 0, 400, 0},
			"e": {600, m{"pre_payment_credit_notes_amount": 400}, 600, 0, 400, 0},
			"f": {0, m{"starting_balance": 0, "ending_balance": 0, "paid_out_of_band": true}, 1000, 0, 0, 0},
			"g": {0, m{"paid_out_of_band": true}, 1000, 0, 0, 0},
			"h": {0, m{"starting_balance": -300, "ending_balance": 0}, 700, 300, 0, 150},
			"i": {1200, m{"starting_balance": 200, "ending_balance": 0}, 1200, 0, 0, 0},
		} {
			s := newShop(t, env, name)
			s.order(t, "S"+name, orders.IntervalMonth)
			inv := bill{
				id: "in_" + name, sub: "sub_" + name, order: "S" + name, reason: "subscription_create", paid: c.paid, intent: "pi_" + name,
				items: []item{whole("price_month", 1, s.now, s.now.AddDate(0, 1, 0))},
			}.json("current")
			maps.Copy(inv, c.more)
			s.send(t, "invoice.paid", inv)
			o, pm := s.stored(t, "S"+name), s.payment(t, "S"+name)
			assert.Equal(t, []int64{c.money, c.banked, c.off}, []int64{o.Paid(), o.FromBalance, pm.Discount}, name)
			assert.EqualValues(t, 600, s.available(t), name)
			s.send(t, "charge.refunded", m{"payment_intent": pm.Ref, "amount": c.money, "amount_refunded": c.money, "currency": "usd"})
			assert.Equal(t, 100+c.left, s.available(t), "%s: what the balance bought stays", name)
		}
		verified(t, env)
	})
}

// A credit note that gives money back to the customer's balance takes the credits for
// it: it will pay a later bill. Refunds of it are told by their own events.
func TestCreditNotes(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		s := newShop(t, env)
		s.order(t, "S1", orders.IntervalMonth)
		note := func(kind, id string, more m) bool {
			object := m{"id": id, "object": "credit_note", "invoice": "in_1", "currency": "usd", "type": "post_payment", "status": "issued"}
			maps.Copy(object, more)
			return s.send(t, kind, object).Order != nil
		}
		early := m{"id": "cn_1", "object": "credit_note", "invoice": "in_1", "type": "post_payment", "total": 500, "amount": 500}
		assert.ErrorIs(t, s.refused(t, "credit_note.created", early), orders.ErrNotFound, "its payment is not known yet")
		s.send(t, "invoice.paid", bill{
			id: "in_1", sub: "sub_1", order: "S1", reason: "subscription_create", paid: 1000, intent: "pi_1",
			items: []item{whole("price_month", 1, s.now, s.now.AddDate(0, 1, 0))},
		}.json("current"))
		assert.True(t, note("credit_note.created", "cn_1", m{"total": 500, "amount": 500, "customer_balance_transaction": "cbtxn_1"}))
		assert.EqualValues(t, 350, s.available(t))
		assert.False(t, note("credit_note.created", "cn_2", m{"total": 300, "amount": 300, "type": "pre_payment"}))
		assert.False(t, note("credit_note.created", "cn_3", m{"total": 200, "amount": 200, "refund": "re_1"}), "an older version's refund")
		assert.False(t, note("credit_note.created", "cn_4", m{
			"total": 200, "amount": 200, "refunds": []m{{"amount_refunded": 200, "refund": "re_1"}},
		}))
		s.send(t, "charge.refunded", m{"payment_intent": "pi_1", "amount": 1000, "amount_refunded": 200, "currency": "usd"})
		assert.EqualValues(t, 250, s.available(t), "beside the refund")
		assert.True(t, note("credit_note.created", "cn_5", m{
			"total": 400, "amount": 400, "type": "mixed", "pre_payment_amount": 100, "out_of_band_amount": 50,
			"refunds": []m{{"amount_refunded": 200, "refund": "re_1"}},
		}))
		assert.EqualValues(t, 200, s.available(t), "a quarter of it was left with the balance, or given back otherwise")
		assert.True(t, note("credit_note.voided", "cn_1", m{"total": 500, "amount": 500, "status": "void"}))
		assert.EqualValues(t, 450, s.available(t))

		verified(t, env)
	})
}

// A credit note is of the whole bill: what the customer's balance paid of that is there
// again, and buys something else. A refund and a dispute are of the money alone.
func TestCreditNotesOfWhatTheBalancePaid(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		for i, c := range []struct{ paid, half, whole int64 }{{0, 250, 500}, {400, 250, 500}, {1000, 250, 500}} {
			s := newShop(t, env, fmt.Sprint("note", i))
			no, in := fmt.Sprint("N", i), fmt.Sprint("in_n", i)
			s.order(t, no, orders.IntervalMonth)
			s.send(t, "invoice.paid", bill{
				id: in, sub: "sub_" + no, order: no, reason: "subscription_create", paid: c.paid, intent: "pi_" + no,
				items: []item{whole("price_month", 1, s.now, s.now.AddDate(0, 1, 0))},
			}.json("current"))
			note := func(kind, id string, amount int64) *orders.Order {
				object := m{
					"id": id + no, "object": "credit_note", "invoice": in, "currency": "usd", "type": "post_payment",
					"total": amount, "amount": amount,
				}
				return s.send(t, kind, object).Order.Order
			}
			o := note("credit_note.created", "cn_1", 500)
			assert.Equal(t, 600-c.half, s.available(t), "half of it, of which %d was money", c.paid)
			assert.Equal(t, []int64{min(c.paid, 500), 500 - min(c.paid, 500)}, []int64{o.RefundedAmount, o.RefundedBalance})
			o = note("credit_note.created", "cn_2", 500)
			assert.Equal(t, 600-c.whole, s.available(t))
			assert.Equal(t, orders.StatusRefunded, o.Status)
			o = note("credit_note.voided", "cn_1", 500)
			assert.Equal(t, 600-c.half, s.available(t))
			assert.Equal(t, c.paid == 400, o.Status == orders.StatusRefunded, "of its money nothing is left")
			if c.paid == 0 {
				continue
			}
			s.send(t, "charge.refunded", m{"payment_intent": "pi_" + no, "amount": c.paid, "amount_refunded": c.paid, "currency": "usd"})
			assert.Equal(t, 600-min(c.paid/2+250, 500), s.available(t), "a refund of %d, and the note", c.paid)
			s.send(t, "charge.dispute.created", m{
				"id": "dp_" + no, "payment_intent": "pi_" + no, "amount": c.paid, "currency": "usd", "status": "needs_response",
			})
			assert.Equal(t, 600-min(c.paid/2+250, 500), s.available(t), "no more than the payment was")
		}
		verified(t, env)
	})
}

// A year that is paid out month by month goes on for the part that the customer's balance
// paid, where the money was given back.
func TestMonthsThatTheBalancePaid(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		s := newShop(t, env)
		start := s.now.AddDate(0, -2, -1)
		s.now = start
		_, err := orders.Create(t.Context(), env.DB, orders.CreateParams{
			OrderNo: "Y1", UserUUID: s.user, ProductID: "year", Amount: 1000, Currency: "USD", PayType: orders.PayTypeStripe,
			Interval: orders.IntervalYear, Monthly: true, Credits: 500,
		})
		require.NoError(t, err)
		s.send(t, "invoice.paid", bill{
			id: "in_y", sub: "sub_y", order: "Y1", reason: "subscription_create", paid: 400, intent: "pi_y",
			items: []item{{price: "price_year", quantity: 1, amount: 1000, from: start, to: start.AddDate(1, 0, 0)}},
		}.json("current"))
		s.send(t, "charge.refunded", m{"payment_intent": "pi_y", "amount": 400, "amount_refunded": 400, "currency": "usd"})
		_, err = orders.PayOut(t.Context(), env.DB, orders.PayOutParams{})
		require.NoError(t, err)
		assert.EqualValues(t, 100+300, s.available(t), "the third month; the others are over")
		s.send(t, "credit_note.created", m{
			"id": "cn_y", "object": "credit_note", "invoice": "in_y", "currency": "usd", "type": "post_payment", "total": 1000, "amount": 1000,
		})
		assert.EqualValues(t, 100, s.available(t))
		assert.Equal(t, orders.StatusRefunded, s.stored(t, "Y1").Status)
		_, err = orders.PayOut(t.Context(), env.DB, orders.PayOutParams{At: s.now.AddDate(0, 3, 1), MaxAhead: credits.AnyTime})
		require.NoError(t, err)
		assert.EqualValues(t, 100, s.available(t))
		verified(t, env)
	})
}

// Only what was captured was paid, and a charge without a payment intent is a payment
// of its own, whatever order its metadata names.
func TestChargesOfEveryKind(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		s := newShop(t, env)
		s.order(t, "A1", orders.IntervalOneTime)
		s.send(t, "checkout.session.completed", session("A1", nil))
		charge := func(more m) m {
			object := m{"id": "ch_1", "object": "charge", "payment_intent": "pi_A1", "currency": "usd"}
			maps.Copy(object, more)
			return object
		}
		released := charge(m{"captured": false, "amount": 1000, "amount_refunded": 1000, "refunded": true})
		assert.NotEmpty(t, s.send(t, "charge.refunded", released).Ignored)
		alien := charge(m{"payment_intent": nil, "metadata": m{"order_no": "A1"}, "amount": 1000, "amount_refunded": 1000})
		assert.Equal(t, orders.PaymentUnmatched, s.send(t, "charge.refunded", alien).Order.Payment.Status)
		s.send(t, "charge.dispute.created", m{
			"id": "dp_1", "charge": "ch_1", "amount": 1000, "currency": "usd", "status": "needs_response", "metadata": m{"order_no": "A1"},
		})
		s.send(t, "refund.created", m{"id": "re_1", "charge": "ch_1", "amount": 1000, "currency": "usd", "metadata": m{"order_no": "A1"}})
		assert.EqualValues(t, 600, s.available(t), "A1 was paid by another payment")

		// 1,000 of 1,500 were captured: the rest counts as given back from the beginning.
		part := func(refunded int64, all bool) m {
			return charge(m{"captured": true, "amount": 1500, "amount_captured": 1000, "amount_refunded": refunded, "refunded": all})
		}
		s.send(t, "charge.refunded", part(500, false))
		assert.EqualValues(t, 600, s.available(t))
		s.now = s.now.Add(1)
		s.send(t, "charge.refunded", part(700, false))
		assert.EqualValues(t, 500, s.available(t), "a fifth of 500")
		s.send(t, "charge.refunded", part(1500, true))
		assert.EqualValues(t, 100, s.available(t))
		assert.Equal(t, orders.StatusRefunded, s.stored(t, "A1").Status)

		// An order that a charge paid is known by its name, or by its metadata.
		for i, ref := range []string{"ch_2", ""} {
			no := []string{"A2", "A3"}[i]
			s.order(t, no, orders.IntervalOneTime)
			_, err := orders.MarkPaid(t.Context(), env.DB, orders.MarkPaidParams{OrderNo: no, PayRef: ref})
			assert.NoError(t, err)
			s.send(t, "charge.refunded", m{
				"id": "ch_" + no[1:], "amount": 1000, "amount_refunded": 1000, "currency": "usd", "metadata": m{"order_no": no},
			})
			assert.EqualValues(t, 100, s.available(t), no)
		}

		// What failed may not say of what.
		s.order(t, "A4", orders.IntervalOneTime)
		s.send(t, "checkout.session.async_payment_failed", m{"id": "cs_4", "client_reference_id": "A4", "mode": "payment", "currency": nil})
		assert.Equal(t, orders.StatusFailed, s.stored(t, "A4").Status)
		verified(t, env)
	})
}
