package stripe_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/credits/audit"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/orders"
	"github.com/chameleon-go/chameleon/orders/webhook"
)

// policy is a shop on one engine with a policy of its own, which began a month of
// 1,000 credits ten days ago.
func policy(t *testing.T, env *enginetest.Env, name string, set func(s *shop)) (s *shop, start, end time.Time) {
	t.Helper()
	s = newShop(t, env, name)
	s.shape, s.config.Plan = name, planOf
	s.now = s.now.AddDate(0, 0, -10)
	set(s)
	start, end = s.now, s.now.AddDate(0, 0, 30)
	s.order(t, "S-"+name, orders.IntervalMonth)
	s.pay(t, bill{
		reason: "subscription_create", order: "S-" + name, paid: 1000, items: []item{whole("price_month", 1, start, end)},
	})
	require.EqualValues(t, 600, s.available(t))
	s.now = s.now.AddDate(0, 0, 9)
	return s, start, end
}

// balance is what can be spent at a moment.
func (s *shop) balance(t *testing.T, at time.Time) int64 {
	t.Helper()
	b, err := credits.Balance(t.Context(), s.env.DB, credits.BalanceParams{UserUUID: s.user, At: at})
	require.NoError(t, err)
	return b.Available - b.Debt
}

// What each policy of a change of plans leaves: the order grants 500, of which two
// thirds are unused.
func TestPoliciesOfAChange(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		for change, want := range map[orders.ChangePolicy]struct{ at, later, refunded int64 }{
			"":                   {100 + 167 + 12000 - 1, 100 + 12000, 600},
			orders.ChangeReplace: {100 + 167 + 12000 - 1, 100 + 12000, 600},
			orders.ChangeTopUp:   {100 + 500 + 12000 - 334, 100 + 12000 - 334, 600},
			orders.ChangeKeep:    {100 + 500 + 12000, 100 + 12000, 600},
		} {
			name := "c" + string(change)
			s, start, end := policy(t, env, name, func(s *shop) { s.config.Change = change })
			at := start.AddDate(0, 0, 10)
			s.now = at
			back := unused("price_month", start, at, end)
			s.pay(t, bill{
				reason: "subscription_update", intent: "pi_" + name, paid: 10_000 + back.amount,
				items: []item{back, whole("price_year", 1, at, at.AddDate(1, 0, 0))},
			})
			assert.Equal(t, want.at, s.available(t), "%q", change)
			assert.Equal(t, want.later, s.balance(t, end), "%q: the month is over", change)
			s.send(t, "charge.refunded", m{
				"payment_intent": "pi_" + name, "amount": 10_000 + back.amount, "amount_refunded": 10_000 + back.amount,
			})
			assert.Equal(t, want.refunded, s.available(t), "%q: the change is refunded", change)
		}
		verified(t, env)
	})
}

func verified(t *testing.T, env *enginetest.Env) {
	t.Helper()
	report, err := audit.Verify(t.Context(), env.DB, audit.VerifyParams{})
	require.NoError(t, err)
	assert.Empty(t, report.Breaches)
}

// Bought is asked with everything, and its answer counts: credits, when they
// expire, and what orders say was bought.
func TestWhatBoughtAnswers(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		var asked []orders.Purchase
		until := time.Now().UTC().Truncate(time.Second).AddDate(0, 0, 90)
		s, start, end := policy(t, env, "bought", func(s *shop) {
			s.config.Bought = func(p orders.Purchase) *orders.Bought {
				if p.Reason == orders.ReasonFirst && !p.Trial {
					return nil
				}
				asked = append(asked, p)
				return &orders.Bought{
					Credits: 70 * int64(len(p.Lines)), ExpiresAt: until, Plan: &orders.Plan{ProductID: "made-up", Credits: 9},
				}
			}
		})
		up := []item{unused("price_month", start, s.now, end), used("price_team", start, s.now, end)}
		sum := up[0].amount + up[1].amount
		part := s.pay(t, bill{id: "in_up", reason: "subscription_update", items: up, paid: sum, intent: "pi_up"})
		assert.EqualValues(t, 140, part.Order.Order.Credits)
		renewal := whole("price_team", 2, end, end.AddDate(0, 1, 0))
		renewal.discount = 4000
		next := s.pay(t, bill{id: "in_next", reason: "subscription_cycle", items: []item{renewal}, paid: 6000, intent: "pi_next"})
		assert.EqualValues(t, 70, next.Order.Order.Credits)
		assert.Equal(t, "made-up", next.Order.Order.ProductID)
		trial := item{price: "price_month", quantity: 3, from: s.now, to: end}
		s.order(t, "S-trial", orders.IntervalMonth)
		object := bill{id: "in_trial", sub: "sub_trial", order: "S-trial", reason: "subscription_create", items: []item{trial}}
		s.send(t, "invoice.paid", object.json("current"))
		assert.EqualValues(t, 100+140+70+70, s.balance(t, until.Add(-time.Second)), "they outlive their periods")
		assert.EqualValues(t, 100, s.balance(t, until))

		require.Len(t, asked, 6, "each twice")
		change, cycle, free := asked[0], asked[2], asked[4]
		assert.Equal(t, orders.ReasonChange, change.Reason)
		assert.True(t, change.Lines[0].Proration && change.Lines[0].Amount == up[0].amount && change.Lines[1].End.Equal(end))
		assert.Equal(t, []int64{sum, 0, sum, sum}, []int64{change.Subtotal, change.Discount, change.Total, change.Paid})
		assert.Equal(t, orders.ReasonRenewal, cycle.Reason)
		assert.Equal(t, []int64{10_000, 4000, 6000, 6000}, []int64{cycle.Subtotal, cycle.Discount, cycle.Total, cycle.Paid})
		assert.Equal(t, []any{"price_team", int64(2), int64(6000), "USD"},
			[]any{cycle.Lines[0].PriceID, cycle.Lines[0].Quantity, cycle.Lines[0].Amount, cycle.Currency})
		assert.True(t, free.Trial)
		assert.EqualValues(t, 3, free.Lines[0].Quantity)
		verified(t, env)
	})
}

// Lines that an event has no room for are asked for, or taken for a period of the
// subscription's price.
func TestInvoiceWithManyLines(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		for _, asks := range []bool{false, true} {
			name := map[bool]string{false: "guess", true: "asks"}[asks]
			s, start, end := policy(t, env, name, func(*shop) {})
			s.send(t, "customer.subscription.updated", subscriptions("sub_"+name, "active", start, end, m{
				"metadata": m{"order_no": "S-" + name},
			})["current"])
			var items []item
			for i := range 10 { // a seat more and a seat less, each day
				it := used("price_month", start, start.AddDate(0, 0, i/2), end)
				it.amount *= int64(1 - 2*(i%2))
				items = append(items, it)
			}
			items = append(items, whole("price_month", 3, end, end.AddDate(0, 1, 0)))
			object := bill{
				id: "in_" + name, sub: "sub_" + name, order: "S-" + name, reason: "subscription_cycle", paid: 3000, items: items,
				shown: 10, start: end,
			}
			if asks {
				s.config.InvoiceLines = func(_ context.Context, invoice string) ([]byte, error) {
					all := object
					all.shown = 0
					assert.Equal(t, object.id, invoice)
					return json.Marshal(all.json("current")["lines"])
				}
			}
			paid := s.send(t, "invoice.paid", object.json("current"))
			want := map[bool]int64{false: 3 * 500, true: 3000}[asks] // price_pro is of no plan
			assert.Equal(t, want, paid.Order.Order.Credits, name)
			assert.True(t, end.Equal(paid.Order.Order.PeriodStart), name)
		}
	})
}

// A trial grants nothing, a number of its own or what the order does, and it ends.
func TestPoliciesOfATrial(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		for name, grants := range map[string]int64{"none": 0, "own": 70, "full": orders.TrialFull} {
			s := newShop(t, env, name)
			s.shape, s.config.TrialCredits = name, grants
			want := map[string]int64{"none": 0, "own": 70, "full": 500}[name]
			s.order(t, "S-"+name, orders.IntervalMonth)
			end := s.now.AddDate(0, 0, 7)
			begins := item{price: "price_month", quantity: 1, from: s.now, to: end}
			s.pay(t, bill{reason: "subscription_create", order: "S-" + name, items: []item{begins}})
			assert.Equal(t, 100+want, s.available(t), name)
			assert.EqualValues(t, 100, s.balance(t, end), name)
			assert.Equal(t, orders.StatusPending, s.stored(t, "S-"+name).Status, name)
			first := s.pay(t, bill{reason: "subscription_cycle", paid: 1000, items: []item{whole("price_month", 1, end, end.AddDate(0, 1, 0))}})
			assert.Equal(t, "S-"+name, first.Order.Order.OrderNo)
			assert.EqualValues(t, 600, s.balance(t, end), "%s: the first month alone", name)
		}
	})
}

// A downgrade at the end of the period is the next period's price, and the credits
// of a period that is paid stay until then.
func TestDowngradeAtPeriodEnd(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		s, start, end := policy(t, env, "down", func(s *shop) { s.config.Grace = 2 * time.Hour })
		s.send(t, "customer.subscription.updated", subscriptions("sub_down", "active", start, end, m{
			"metadata": m{"order_no": "S-down"}, "schedule": "sub_sched_1",
		})["current"])
		assert.EqualValues(t, 600, s.available(t))
		cheaper := item{price: "price_small", quantity: 1, amount: 400, from: end, to: end.AddDate(0, 1, 0)}
		s.config.Plan = func(id string) *orders.Plan {
			if id == "price_small" {
				return &orders.Plan{ProductID: "small", Credits: 150}
			}
			return planOf(id)
		}
		paid := s.pay(t, bill{reason: "subscription_cycle", paid: 400, items: []item{cheaper}})
		assert.Equal(t, "small", paid.Order.Order.ProductID)
		assert.EqualValues(t, 100+500+150, s.balance(t, end.Add(time.Hour)), "the grace of the old period")
		assert.EqualValues(t, 250, s.balance(t, end.Add(2*time.Hour)))
	})
}

// An invoice of money that shows no lines at all is refused, so that Stripe tells of it
// again, and nobody pays for nothing without a word; where somebody can ask for its lines
// they are asked.
func TestInvoiceWithoutLines(t *testing.T) {
	t.Parallel()
	shapes(t, func(t *testing.T, s *shop, shape string) {
		no := "S-" + shape
		s.order(t, no, orders.IntervalMonth)
		next := bill{
			id: "in_1" + shape, reason: "subscription_create", sub: "sub_" + shape, order: no, paid: 1000,
			items: []item{whole("price_month", 1, s.now, s.now.AddDate(0, 1, 0))},
		}.json(shape)
		lines := next["lines"]
		for _, none := range []any{nil, m{"data": []m{}, "has_more": false}} {
			next["lines"] = none
			require.ErrorIs(t, s.refused(t, "invoice.paid", next), webhook.ErrPayload)
		}
		s.config.InvoiceLines = func(context.Context, string) ([]byte, error) { return json.Marshal(lines) }
		assert.Equal(t, orders.StatusPaid, s.send(t, "invoice.paid", next).Order.Order.Status)
	})
}
