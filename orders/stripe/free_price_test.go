package stripe_test

import (
	"maps"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/orders"
)

// A price of nothing is no trial: what its order says is granted, in every API version,
// though since 2025-03-31 an invoice does not say what a price is.
func TestFreePrices(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		for _, shape := range []string{"current", "legacy"} {
			for _, price := range []int64{0, 1000} {
				for _, bySession := range []bool{false, true} {
					id := shape + map[int64]string{0: "free", 1000: "trial"}[price] + map[bool]string{true: "session"}[bySession]
					s := newShop(t, env, id)
					s.config.TrialCredits = 7
					_, err := orders.Create(t.Context(), env.DB, orders.CreateParams{
						OrderNo: id, UserUUID: s.user, ProductID: "free", Amount: price, Currency: "USD", PayType: orders.PayTypeStripe,
						Interval: orders.IntervalMonth, Credits: 50,
					})
					require.NoError(t, err)
					begin := session(id, m{
						"mode": "subscription", "payment_intent": nil, "subscription": "sub_" + id, "amount_total": 0, "amount_subtotal": 0,
						"payment_status": "no_payment_required", "invoice": "in_" + id,
					})
					if bySession {
						s.send(t, "checkout.session.completed", begin)
					}
					free := item{price: "price_" + id, quantity: 1, from: s.now, to: s.now.AddDate(0, 1, 0)}
					inv := bill{id: "in_" + id, sub: "sub_" + id, order: id, reason: "subscription_create", items: []item{free}}.json(shape)
					line, _ := inv["lines"].(m)["data"].([]m)
					if shape == "legacy" {
						line[0]["price"] = m{"id": "price_" + id, "unit_amount": price}
					}
					want := map[int64]orders.Status{0: orders.StatusPaid, 1000: orders.StatusPending}[price]
					for _, event := range []struct {
						name string
						of   m
					}{{"invoice.paid", inv}, {"checkout.session.completed", begin}} {
						s.send(t, event.name, event.of)
						assert.Equal(t, want, s.stored(t, id).Status, id+" after "+event.name)
						assert.Equal(t, map[int64]int64{0: 150, 1000: 107}[price], s.available(t), id+" after "+event.name)
					}
				}
			}
		}
		verified(t, env)
	})
}

// A change to a price of nothing, without any proration, begins no trial where the
// subscription is known to run.
func TestAChangeToAFreePrice(t *testing.T) {
	t.Parallel()
	shapes(t, func(t *testing.T, s *shop, shape string) {
		s.config.TrialCredits = 500
		start, end := s.subscribe(t)
		s.now = start.AddDate(0, 0, 3)
		s.send(t, "customer.subscription.updated", m{
			"id": "sub_" + shape, "status": "active", "current_period_start": s.now.Unix(), "current_period_end": end.Unix(),
		})
		inv := bill{
			id: "in_free" + shape, sub: "sub_" + shape, reason: "subscription_update",
			items: []item{{price: "price_free", quantity: 1, from: s.now, to: s.now.AddDate(0, 1, 0)}},
		}.json(shape)
		inv["created"] = s.now.Unix()
		line, _ := inv["lines"].(m)["data"].([]m)
		if shape == "legacy" {
			line[0]["price"] = m{"id": "price_free", "unit_amount": 0}
		}
		free := s.send(t, "invoice.paid", inv)
		assert.Zero(t, free.Order.Order.Credits)
		assert.Equal(t, orders.SubActive, s.subscription(t, "sub_"+shape).Status)
		assert.EqualValues(t, 1100, s.available(t), "it grants no trial")
	})
}

// What is measured by its money is measured in its own currency: a bill in another one
// than the order that began the subscription is refused where nobody answers for it. What
// was used beside the plan grants nothing, in any.
func TestBillsInAnotherCurrency(t *testing.T) {
	t.Parallel()
	shapes(t, func(t *testing.T, s *shop, shape string) {
		start, end := s.subscribe(t)
		rupiah := func(id string, more m, items ...item) m {
			var sum int64
			for _, it := range items {
				sum += it.amount
			}
			inv := bill{id: id + shape, sub: "sub_" + shape, reason: "subscription_update", paid: sum, intent: "pi_" + id + shape, items: items}.json(shape)
			inv["currency"] = "idr"
			maps.Copy(inv, more)
			return inv
		}
		part := item{price: "price_more", quantity: 1, amount: 5_000_000, part: true, from: start.Add(time.Hour), to: end}
		require.ErrorIs(t, s.refused(t, "invoice.paid", rupiah("in_part", nil, part)), orders.ErrCurrency)
		s.config.Plan = nil
		other := whole("price_other", 1, end, end.AddDate(0, 1, 0))
		other.amount = 16_000_000
		require.ErrorIs(t, s.refused(t, "invoice.paid", rupiah("in_other", nil, other)), orders.ErrCurrency)
		s.config.Plan = planOf
		used := item{price: "price_usage", quantity: 3, amount: 900_000, from: start, to: end}
		bill := rupiah("in_used", m{"billing_reason": "subscription_threshold"}, used)
		paid := s.send(t, "invoice.paid", bill).Order
		assert.Equal(t, []any{"IDR", int64(900_000), int64(0)}, []any{paid.Order.Currency, paid.Order.Paid(), paid.Order.Credits})
		s.send(t, "charge.refunded", m{"payment_intent": "pi_in_used" + shape, "amount": 900_000, "amount_refunded": 900_000, "currency": "idr"})
		assert.EqualValues(t, 1100, s.available(t))
		same := whole("price_month", 1, end, end.AddDate(0, 1, 0))
		same.amount = 16_000_000
		renewed := s.send(t, "invoice.paid", rupiah("in_same", m{"billing_reason": "subscription_cycle"}, same)).Order.Order
		assert.EqualValues(t, 1000, renewed.Credits, "its plan is answered for")
	})
}
