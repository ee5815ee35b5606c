package stripe_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/credits/audit"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/orders"
	"github.com/chameleon-go/chameleon/orders/stripe"
	"github.com/chameleon-go/chameleon/orders/webhook"
)

// delivery is an event that the provider sends until it is taken.
type delivery struct {
	kind   string
	object m
	at     time.Time
}

// owed is what the model knows of one payment: what it bought, for how much, and
// what of it was given back.
type owed struct {
	credits, worth, paid, refunded float64
	start, end                     time.Time
	// into is the payment that replaced it, and moved the worth that went over.
	into  *owed
	moved float64
}

// share is the part of the payment that was given back.
func (o *owed) share() float64 {
	if o.paid == 0 {
		return 0
	}
	return o.refunded / o.paid
}

// kept is how many credits the customer has of all payments, in the order of
// their periods: the refund of a change undoes it, and money that is given back
// after it went over takes what it bought there.
func kept(all []*owed) float64 {
	lost := map[*owed]float64{}
	var sum float64
	for _, o := range all {
		lost[o] += o.share() * o.worth
		if o.into != nil {
			moved := o.moved * (1 - o.into.share())
			if over := lost[o] + moved - o.worth; over > 0 {
				lost[o.into] += over
			}
			lost[o] += moved
		}
		if o.worth > 0 {
			sum += o.credits * max(0, 1-lost[o]/o.worth)
		}
	}
	return sum
}

// history is what a customer does, as the provider reports it.
type history struct {
	rand   *rand.Rand
	shape  string
	name   string
	price  string
	seats  int64
	now    time.Time
	from   time.Time
	to     time.Time
	n      int
	events []delivery
	all    []*owed
	// running are the payments of the period that runs; intents name all of them.
	running []*owed
	intents map[*owed]string
	kept    float64
}

func (h *history) send(kind string, object m) {
	h.events = append(h.events, delivery{kind, object, h.now})
}

// invoice is paid: what is not paid with money is with the customer's balance.
func (h *history) invoice(b bill, worth, credits float64, start, end time.Time) *owed {
	h.n++
	b.id, b.sub, b.intent = fmt.Sprintf("in_%s_%d", h.name, h.n), "sub_"+h.name, fmt.Sprintf("pi_%s_%d", h.name, h.n)
	b.start = start
	if b.paid == 0 {
		b.intent = ""
	}
	h.send("invoice.paid", b.json(h.shape))
	o := &owed{credits: credits, worth: worth, paid: float64(b.paid), start: start, end: end}
	h.all, h.intents[o] = append(h.all, o), b.intent
	h.kept += float64(b.paid)
	return o
}

func (h *history) begin() {
	h.to = h.now.AddDate(0, 1, 0)
	h.from = h.now
	h.send("checkout.session.completed", session("O-"+h.name, m{
		"mode": "subscription", "payment_intent": nil, "subscription": "sub_" + h.name, "amount_subtotal": 1000,
	}))
	h.running = []*owed{h.invoice(bill{
		reason: "subscription_create", order: "O-" + h.name, paid: 1000,
		items: []item{whole("price_month", 1, h.from, h.to)},
	}, 1000, 1000, h.from, h.to)}
	h.status("active")
}

func (h *history) status(status string) {
	h.send("customer.subscription.updated", subscriptions("sub_"+h.name, status, h.from, h.to, nil)[h.shape])
}

// renew begins the next period when this one is over.
func (h *history) renew() {
	h.now = h.to
	h.from, h.to = h.to, h.to.AddDate(0, 1, 0)
	if h.price == "price_year" {
		h.to = h.from.AddDate(1, 0, 0)
	}
	full := whole(h.price, h.seats, h.from, h.to)
	h.running = []*owed{h.invoice(bill{
		reason: "subscription_cycle", paid: full.amount, items: []item{full},
	}, float64(full.amount), float64(planOf(h.price).Credits*h.seats), h.from, h.to)}
	h.status("active")
}

// change begins a period of another interval, and gives back the rest of this.
func (h *history) change() {
	price := "price_year"
	end := h.now.AddDate(1, 0, 0)
	if h.price == price {
		price, end = "price_month", h.now.AddDate(0, 1, 0)
	}
	back := unused(h.price, h.from, h.now, h.to)
	back.amount *= h.seats
	full := whole(price, 1, h.now, end)
	next := h.invoice(bill{
		reason: "subscription_update", paid: max(back.amount+full.amount, 0), items: []item{back, full},
	}, float64(full.amount), float64(planOf(price).Credits), h.now, end)
	var rest float64
	left := func(o *owed) float64 { return o.worth * o.end.Sub(h.now).Seconds() / o.end.Sub(o.start).Seconds() }
	for _, o := range h.running {
		rest += left(o)
	}
	for _, o := range h.running {
		o.into, o.moved = next, float64(-back.amount)*left(o)/rest
	}
	h.running, h.price, h.seats, h.from, h.to = []*owed{next}, price, 1, h.now, end
	h.status("active")
}

// seat adds one for the rest of the period.
func (h *history) seat() {
	more := used(h.price, h.from, h.now, h.to)
	left := h.to.Sub(h.now).Seconds() / h.to.Sub(h.from).Seconds()
	h.running = append(h.running, h.invoice(bill{
		reason: "subscription_update", paid: more.amount, items: []item{more},
	}, float64(more.amount), float64(planOf(h.price).Credits)*left, h.now, h.to))
	h.seats++
}

// refund gives back a part of any payment, or all of it.
func (h *history) refund() {
	o := h.all[h.rand.IntN(len(h.all))]
	if o.paid == o.refunded {
		return
	}
	h.kept += o.refunded
	o.refunded = o.paid
	if h.rand.IntN(2) == 0 {
		o.refunded = float64(int64(o.paid / 2))
	}
	h.kept -= o.refunded
	h.send("charge.refunded", m{"payment_intent": h.intents[o], "amount_refunded": int64(o.refunded)})
}

// live is some months of a customer's.
func (h *history) live(until time.Time) {
	h.begin()
	for range 8 {
		h.now = h.now.Add(days(2 + h.rand.IntN(9)))
		if h.now.After(until) {
			break
		}
		if !h.now.Before(h.to) {
			h.renew()
			continue
		}
		switch h.rand.IntN(9) {
		case 0, 1, 2:
			h.change()
		case 3, 4:
			h.seat()
		case 5, 6:
			h.refund()
		}
	}
	h.send("customer.subscription.deleted", subscriptions("sub_"+h.name, "canceled", h.from, h.to, nil)[h.shape])
}

// deliver sends everything, some of it twice, in a random order, and again what
// was asked for again.
func (h *history) deliver(t *testing.T, s *shop, shuffled bool) {
	t.Helper()
	queue := append([]delivery{}, h.events...)
	if shuffled {
		queue = append(queue, h.events...)
		h.rand.Shuffle(len(queue), func(i, j int) { queue[i], queue[j] = queue[j], queue[i] })
	}
	for rounds := 0; len(queue) > 0; rounds++ {
		require.Less(t, rounds, 20, "events that nobody takes: %v", queue)
		var again []delivery
		for _, d := range queue {
			s.now = d.at
			body := s.body(t, d.kind, d.object)
			_, err := stripe.Handle(t.Context(), s.env.DB, s.config, stripe.Request{
				Body: body, Signature: sign(body, secret, time.Now()),
			})
			switch webhook.Status(err) {
			case http.StatusOK:
			case http.StatusNotFound, http.StatusConflict:
				again = append(again, d)
			default:
				require.NoError(t, err)
			}
		}
		queue = again
	}
}

// granted is how many credits the books have of the customer's payments.
func (s *shop) granted(t *testing.T) (sum int64) {
	t.Helper()
	list, err := orders.List(t.Context(), s.env.DB, orders.ListParams{UserUUID: s.user, Limit: 100})
	require.NoError(t, err)
	for _, o := range list.Orders {
		if o.PaidAmount != nil {
			sum += o.Credits - o.RefundedCredits
		}
	}
	return sum
}

// Whatever a customer does, and in whatever order it is told, the credits are
// those that the model says, and never more than what was kept of the money
// bought.
func TestHistoriesOfSubscriptions(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		n := 2
		if env.Engine == dialect.SQLite {
			n = 6
		}
		for i := range n {
			for j, shape := range []string{"current", "legacy"} {
				for _, shuffled := range []bool{false, true} {
					live(t, env, shape, shuffled, uint64(2*i+j))
				}
			}
		}
	})
}

func live(t *testing.T, env *enginetest.Env, shape string, shuffled bool, seed uint64) {
	t.Helper()
	name := fmt.Sprintf("%s-%d-%v", shape, seed, shuffled)
	s := newShop(t, env, name)
	s.config.Plan = planOf
	now := s.now
	_, err := orders.Create(t.Context(), env.DB, orders.CreateParams{
		OrderNo: "O-" + name, UserUUID: s.user, ProductID: "month", Amount: 1000, Currency: "USD",
		PayType: orders.PayTypeStripe, Interval: orders.IntervalMonth, Credits: 1000,
	})
	require.NoError(t, err)
	h := &history{
		rand: rand.New(rand.NewPCG(seed, 1)), shape: shape, name: name, price: "price_month", seats: 1,
		now: now.AddDate(0, 0, -80), intents: map[*owed]string{},
	}
	h.live(now)
	h.deliver(t, s, shuffled)
	got := float64(s.granted(t))
	assert.InDelta(t, kept(h.all), got, float64(2*len(h.all)), "%s: the model", name)
	assert.LessOrEqual(t, got, 1.2*h.kept+float64(2*len(h.all)), "%s: what the money that was kept buys", name)
	assert.Equal(t, orders.SubCancelled, s.subscription(t, "sub_"+name).Status, name)
	result, err := audit.Verify(t.Context(), env.DB, audit.VerifyParams{UserUUID: s.user})
	require.NoError(t, err)
	assert.Empty(t, result.Breaches, name)
}
