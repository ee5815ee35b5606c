package stripe_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/orders"
)

// sold makes an order for 1,000 and tells its session, whose sum is all that it says, and its
// invoice, in either order.
func (s *shop) sold(t *testing.T, no string, sessionFirst bool, start time.Time, items ...item) {
	t.Helper()
	s.order(t, no, orders.IntervalMonth)
	var sum int64
	for _, it := range items {
		sum += it.amount
	}
	begun := session(no, m{
		"mode": "subscription", "payment_intent": nil, "invoice": "in_" + no, "subscription": "sub_" + no,
		"amount_total": sum, "amount_subtotal": sum,
	})
	inv := bill{
		id: "in_" + no, sub: "sub_" + no, order: no, reason: "subscription_create", paid: sum, intent: "pi_" + no, items: items,
	}.json("legacy")
	lines, _ := inv["lines"].(m)["data"].([]m)
	for i, it := range items {
		if it.price == "price_setup" { // it is billed once
			lines[i]["type"] = "invoiceitem"
		}
	}
	if sessionFirst {
		s.send(t, "checkout.session.completed", begun)
	}
	s.send(t, "invoice.paid", inv)
	if !sessionFirst {
		s.send(t, "checkout.session.completed", begun)
	}
}

// A session says what was paid, and not for what: a setup fee or an add-on that costs as much as
// the plan is no second seat, and two seats with an add-on are two, whichever of session and
// invoice is told first. What is unused of it later is that of the plan.
func TestWhatASessionSoldIsSaidByItsInvoice(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		for _, first := range []bool{true, false} {
			s := newShop(t, env, fmt.Sprint(first))
			start := s.now.AddDate(0, 0, -10)
			s.now = start
			end := start.AddDate(0, 1, 0)
			no := func(what string) string { return fmt.Sprint(what, first) }
			setup := item{price: "price_setup", quantity: 1, amount: 1000, from: start, to: start}
			addon := item{price: "price_addon", quantity: 1, amount: 1000, from: start, to: end}
			half := addon
			half.amount = 500
			s.sold(t, no("fee"), first, start, setup, whole("price_month", 1, start, end))
			assert.EqualValues(t, 600, s.available(t), "a fee, session first: %v", first)
			s.sold(t, no("addon"), first, start, whole("price_month", 1, start, end), addon)
			assert.EqualValues(t, 1100, s.available(t), "an add-on, session first: %v", first)
			s.sold(t, no("seats"), first, start, whole("price_month", 2, start, end), half)
			assert.EqualValues(t, 2100, s.available(t), "two seats and an add-on, session first: %v", first)
			assert.EqualValues(t, 2, s.stored(t, no("seats")).Quantity)

			// A half of the month is unused when a year begins: so are its credits.
			at := start.Add(end.Sub(start) / 2)
			changed := bill{
				id: no("in_change"), sub: "sub_" + no("fee"), order: no("fee"), reason: "subscription_update", paid: 9500, intent: no("pi_change"),
				items: []item{unused("price_month", start, at, end), whole("price_year", 1, at, at.AddDate(1, 0, 0))},
			}
			s.now = at
			if s.now.After(time.Now()) {
				s.now = time.Now().UTC().Truncate(time.Second)
			}
			s.send(t, "invoice.paid", changed.json("legacy"))
			assert.EqualValues(t, 250, s.stored(t, no("fee")).RefundedCredits, "session first: %v", first)
			verified(t, env)
		}
	})
}

// A renewal at another price than was ordered buys what its money does, also where it is told
// before anything has said which price was ordered. Without a plan it bought a whole period of the
// first one: of a cheap price too much, of a dear one too little.
func TestAnotherPriceBeforeTheFirstIsKnown(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		for _, c := range []struct {
			it   item
			want int64
		}{
			{item{price: "price_mini", quantity: 1, amount: 100}, 50},
			{item{price: "price_team", quantity: 1, amount: 5000}, 2500},
			{item{price: "price_month", quantity: 3, amount: 3000}, 1500},
		} {
			s := newShop(t, env, c.it.price)
			no := "S-" + c.it.price
			s.now = s.now.AddDate(0, -1, -5)
			start := s.now
			s.order(t, no, orders.IntervalMonth)
			s.send(t, "checkout.session.completed", session(no, m{
				"mode": "subscription", "payment_intent": nil, "subscription": "sub_" + no, "amount_subtotal": 1000,
			}))
			s.now = start.AddDate(0, 1, 0)
			c.it.from, c.it.to = s.now, s.now.AddDate(0, 1, 0)
			extra := item{price: "price_addon", quantity: 1, amount: 250, from: c.it.from, to: c.it.to}
			items := []item{c.it}
			if c.it.price == "price_month" {
				items = append(items, extra)
			}
			renewed := s.send(t, "invoice.paid", bill{
				id: "in_" + no, sub: "sub_" + no, reason: "subscription_cycle", paid: c.it.amount, intent: "pi_2" + no, items: items,
			}.json("legacy")).Order.Order
			assert.Equal(t, c.want, renewed.Credits, c.it.price)
		}
		verified(t, env)
	})
}

// An invoice whose first attempt failed is paid by another one: that has the invoice from then on,
// and nothing of the first is taken for money.
func TestAnotherIntentPaysTheFirstInvoice(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		s := newShop(t, env)
		s.order(t, "S1", orders.IntervalMonth)
		first := bill{
			id: "in_1", sub: "sub_1", order: "S1", reason: "subscription_create", paid: 1000, intent: "pi_1",
			items: []item{whole("price_month", 1, s.now, s.now.AddDate(0, 1, 0))},
		}
		s.send(t, "invoice.payment_failed", first.json("legacy"))
		first.intent = "pi_2"
		s.send(t, "invoice.paid", first.json("legacy"))
		s.send(t, "checkout.session.completed", session("S1", m{
			"mode": "subscription", "payment_intent": nil, "subscription": "sub_1", "invoice": "in_1", "amount_subtotal": 1000,
		}))
		list, err := orders.ListPayments(t.Context(), env.DB, orders.ListPaymentsParams{OrderNo: "S1"})
		require.NoError(t, err)
		got := map[string][]any{}
		for _, pm := range list.Items {
			got[pm.Ref] = []any{pm.Status, pm.Invoice, pm.PartOf}
		}
		assert.Equal(t, map[string][]any{
			"pi_1": {orders.PaymentFailed, "", "in_1"}, "pi_2": {orders.PaymentPaid, "in_1", ""},
		}, got)
		assert.EqualValues(t, 600, s.available(t))
		verified(t, env)
	})
}

// A first period until a fixed day costs its part of the month that ends then, as Stripe has it:
// from 10 to 25 June that is 15 of 31 days, and fewer than 15 of 30.
func TestAFirstPeriodIsAPartOfTheMonthThatEnds(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		s := newShop(t, env)
		s.order(t, "S1", orders.IntervalMonth)
		start := time.Date(2026, 6, 10, 12, 0, 0, 0, time.UTC)
		s.now = start
		part := item{price: "price_month", quantity: 1, amount: 1000 * 15 / 31, part: true, from: start, to: start.AddDate(0, 0, 15)}
		paid := s.send(t, "invoice.paid", bill{
			id: "in_1", sub: "sub_1", order: "S1", reason: "subscription_create", paid: part.amount, intent: "pi_1", items: []item{part},
		}.json("legacy")).Order.Order
		assert.EqualValues(t, 500*part.amount/1000, paid.Credits)
	})
}
