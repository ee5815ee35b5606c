package stripe_test

import (
	"maps"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/orders"
	"github.com/chameleon-go/chameleon/orders/stripe"
)

// The customer has one balance: money that a change left there and that was given back
// otherwise, too, buys nothing, whatever it pays for: another subscription, a new one
// after the old, or something that is bought once. Which comes first does not matter, nor
// do taxes. Another of Stripe's customers has a balance of its own.
func TestMoneyOfTheBalanceIsFollowed(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		for _, what := range []string{"another", "after", "once", "taxed", "stranger"} {
			for _, first := range []string{"spent", "refunded", "at once"} {
				b := &spending{shop: newShop(t, env, what, first[:1]), id: what + first, what: what}
				b.run(t, first)
			}
		}
		verified(t, env)
	})
}

// spending is a subscription of which a part is with the balance, and what that pays for.
type spending struct {
	*shop
	id, what string
	start    time.Time
}

func (b *spending) run(t *testing.T, first string) {
	t.Helper()
	b.changes(t)
	once := b.what == "once"
	b.order(t, "B"+b.id, map[bool]orders.Interval{true: orders.IntervalOneTime, false: orders.IntervalMonth}[once])
	// Of 10.00 for 500 credits, 4.00 are kept, with taxes half of it. A stranger's balance
	// has nothing to do with it.
	kept := map[string]int64{"taxed": 250, "stranger": 500}[b.what]
	if kept == 0 {
		kept = 200
	}
	switch first {
	case "refunded":
		b.tell(t, b.refund("succeeded"), b.spends())
	case "spent":
		b.tell(t, b.spends())
		require.EqualValues(t, 800, b.available(t), "%s: all of it was paid for", b.id)
		b.tell(t, b.refund("succeeded"))
	default:
		var both sync.WaitGroup
		for _, body := range [][]byte{b.refund("succeeded")(t), b.spends()(t)} {
			both.Go(func() {
				_, err := stripe.Handle(t.Context(), b.env.DB, b.config, stripe.Request{Body: body, Signature: sign(body, signingKey, time.Now())})
				assert.NoError(t, err)
			})
		}
		both.Wait()
	}
	assert.Equal(t, 100+kept, b.available(t), b.id)
	b.tell(t, b.refund("failed"))
	assert.EqualValues(t, 800, b.available(t), "%s: nothing was given back twice", b.id)
}

// tell tells of events, twice.
func (b *spending) tell(t *testing.T, events ...func(*testing.T) []byte) {
	t.Helper()
	for _, event := range append(events, events...) {
		body := event(t)
		_, err := stripe.Handle(t.Context(), b.env.DB, b.config, stripe.Request{Body: body, Signature: sign(body, signingKey, time.Now())})
		require.NoError(t, err)
	}
}

// changes begins a month, of which six tenths are given to the balance.
func (b *spending) changes(t *testing.T) {
	t.Helper()
	b.start = b.now.AddDate(0, 0, -15)
	b.now = b.start
	b.order(t, "A"+b.id, orders.IntervalMonth)
	old := bill{
		id: "in_a" + b.id, sub: "sub_a" + b.id, order: "A" + b.id, reason: "subscription_create", paid: 1000, intent: "pi_a" + b.id,
		items: []item{whole("price_month", 1, b.start, b.start.AddDate(0, 1, 0))},
	}.json("current")
	old["customer"] = "cus_" + b.id
	b.send(t, "invoice.paid", old)
	require.EqualValues(t, 600, b.available(t))
	b.now = b.start.Add(time.Hour)
	less := bill{
		id: "in_less" + b.id, sub: "sub_a" + b.id, order: "A" + b.id, reason: "subscription_update",
		items: []item{{price: "price_month", quantity: 1, amount: -600, part: true, from: b.now, to: b.start.AddDate(0, 1, 0)}},
	}.json("current")
	maps.Copy(less, m{"starting_balance": 0, "ending_balance": -600, "customer": m{"id": "cus_" + b.id}})
	b.send(t, "invoice.paid", less)
	require.EqualValues(t, 300, b.available(t), "six tenths are with the balance")
	if b.what == "after" {
		b.send(t, "customer.subscription.deleted", m{"id": "sub_a" + b.id, "status": "canceled", "ended_at": b.now.Unix()})
	}
}

// spends is a bill that the balance pays with.
func (b *spending) spends() func(*testing.T) []byte {
	return func(t *testing.T) []byte {
		t.Helper()
		b.now = b.start.AddDate(0, 0, 5)
		inv := bill{
			id: "in_b" + b.id, sub: "sub_b" + b.id, order: "B" + b.id, reason: "subscription_create", paid: 400, intent: "pi_b" + b.id,
			items: []item{whole("price_month", 1, b.now, b.now.AddDate(0, 1, 0))},
		}.json("current")
		maps.Copy(inv, m{"starting_balance": -600, "ending_balance": 0, "customer": "cus_" + b.id})
		switch b.what {
		case "once":
			maps.Copy(inv, m{"parent": nil, "metadata": m{"order_no": "B" + b.id}})
		case "taxed":
			maps.Copy(inv, m{"total": 1200, "amount_paid": 600, "amount_due": 600, "total_taxes": []m{{"amount": 200, "tax_behavior": "exclusive"}}})
		case "stranger":
			inv["customer"] = "cus_other" + b.id
		}
		return b.body(t, "invoice.paid", inv)
	}
}

// refund is that of the month, all of it.
func (b *spending) refund(status string) func(*testing.T) []byte {
	return func(t *testing.T) []byte {
		t.Helper()
		b.now = b.start.AddDate(0, 0, 6)
		return b.body(t, "refund.updated", m{
			"id": "re_" + b.id, "payment_intent": "pi_a" + b.id, "amount": 1000, "currency": "usd", "created": b.now.Unix(), "status": status,
		})
	}
}
