package stripe_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/orders"
)

// A change that is topped up waits for Stripe to state the first period, of which the
// session says nothing: the customer has the first period's credits meanwhile, and the
// change's as soon as the first invoice or the subscription is told, whichever comes.
func TestATopUpWaitsForTheFirstPeriod(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		for _, by := range []string{"invoice", "subscription"} {
			s := newShop(t, env, by[:2])
			s.config.Plan, s.config.Change = planOf, orders.ChangeTopUp
			no, sub := "S-"+by, "sub_"+by
			start := s.now.AddDate(0, 0, -10)
			end := start.AddDate(0, 0, 30)
			s.order(t, no, orders.IntervalMonth)
			s.at(t, start, "checkout.session.completed", session(no, m{
				"mode": "subscription", "payment_intent": nil, "invoice": "in_1" + by, "subscription": sub, "amount_subtotal": 1000,
			}))
			back := unused("price_month", start, s.now, end)
			change := bill{
				id: "in_2" + by, reason: "subscription_update", sub: sub, order: no, paid: 10_000 + back.amount,
				items: []item{back, whole("price_year", 1, s.now, s.now.AddDate(1, 0, 0))},
			}.json("current")
			assert.ErrorIs(t, s.refused(t, "invoice.paid", change), orders.ErrNotStarted)
			assert.EqualValues(t, 100+500, s.available(t), "the first period's stay")
			if by == "invoice" {
				s.send(t, "invoice.paid", bill{
					id: "in_1" + by, reason: "subscription_create", sub: sub, order: no, paid: 1000, items: []item{whole("price_month", 1, start, end)},
				}.json("current"))
			} else {
				s.at(t, start, "customer.subscription.created", subscriptions(sub, "active", start, end, m{"metadata": m{"order_no": no}})["current"])
			}
			s.send(t, "invoice.paid", change)
			assert.EqualValues(t, 100+500+12000-334, s.available(t), by)
		}
		verified(t, env)
	})
}

// The difference that a change grants is measured again when the period that it goes beyond
// turns out to have bought something else.
func TestATopUpIsMeasuredAgain(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		for _, late := range []bool{false, true} {
			for _, bonus := range []int64{400, -250} {
				s := newShop(t, env, s2(late), s2(bonus > 0))
				s.config.Plan, s.config.Change = planOf, orders.ChangeTopUp
				s.config.Bought = func(p orders.Purchase) *orders.Bought {
					if p.Reason == orders.ReasonFirst {
						return &orders.Bought{Credits: 500 + bonus}
					}
					return nil
				}
				no := "S-" + s.user
				start := s.now.AddDate(0, 0, -10)
				end := start.AddDate(0, 0, 30)
				s.order(t, no, orders.IntervalMonth)
				s.at(t, start, "checkout.session.completed", session(no, m{
					"mode": "subscription", "payment_intent": nil, "invoice": "in_1" + no, "subscription": "sub" + no, "amount_subtotal": 1000,
				}))
				s.at(t, start, "customer.subscription.created", subscriptions("sub"+no, "active", start, end, m{"metadata": m{"order_no": no}})["current"])
				back := unused("price_month", start, s.now, end)
				change := bill{
					id: "in_2" + no, reason: "subscription_update", sub: "sub" + no, order: no, paid: 10_000 + back.amount,
					items: []item{back, whole("price_year", 1, s.now, s.now.AddDate(1, 0, 0))},
				}.json("current")
				first := bill{
					id: "in_1" + no, reason: "subscription_create", sub: "sub" + no, order: no, paid: 1000, items: []item{whole("price_month", 1, start, end)},
				}.json("current")
				if late {
					change, first = first, change
				}
				s.send(t, "invoice.paid", first)
				s.send(t, "invoice.paid", change)
				left := (500 + bonus) * 2
				assert.Equal(t, 100+500+bonus+12000-(left+2)/3, s.available(t), "%t %d", late, bonus)
				s.send(t, "invoice.paid", first)
				assert.Equal(t, 100+500+bonus+12000-(left+2)/3, s.available(t), "%t %d, told again", late, bonus)
			}
		}
		verified(t, env)
	})
}

func s2(is bool) string { return map[bool]string{true: "a", false: "b"}[is] }
