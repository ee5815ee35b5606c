package stripe_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/affiliates"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/credits/audit"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/orders"
	"github.com/chameleon-go/chameleon/users"
)

// Random histories of one-time payments, told in order, shuffled, doubled or at
// once, leave what a model of the money says.
func TestOneTimePaymentsEqualTheModel(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		for seed := range enginetest.Histories(t, 4) {
			h := newOneTime(t, env, seed)
			h.tell(t)
			h.check(t)
			if t.Failed() {
				t.Fatalf("seed %d, mode %d", seed, h.mode)
			}
		}
		report, err := audit.Verify(t.Context(), env.DB, audit.VerifyParams{})
		require.NoError(t, err)
		assert.True(t, report.OK(), "%+v", report.Breaches)
	})
}

// oneTime is a customer's history: some orders, each paid once or twice.
type oneTime struct {
	*shop
	rand   *rand.Rand
	mode   int
	orders []*orders.Order
	sales  map[string][]*sale
	events []told
	spent  int64
}

func newOneTime(t *testing.T, env *enginetest.Env, seed uint64) *oneTime {
	t.Helper()
	name := fmt.Sprint("h", seed, "-")
	h := &oneTime{
		shop: newShop(t, env, name), rand: rand.New(rand.NewPCG(seed, 10)),
		mode: int(seed % 4), sales: map[string][]*sale{},
	}
	referrer, err := users.Create(t.Context(), env.DB, users.CreateParams{Email: name + "referrer@example.com"})
	require.NoError(t, err)
	_, err = env.DB.NewUpdate().Table("users").Set("invited_by = ?", referrer.User.UUID).Where("uuid = ?", h.user).Exec(t.Context())
	require.NoError(t, err)
	start := h.now.Add(-2 * time.Hour)
	for i := range 1 + h.rand.IntN(2) {
		price, no := 100+h.rand.Int64N(60_000), fmt.Sprint(name, i)
		created, err := orders.Create(t.Context(), env.DB, orders.CreateParams{
			OrderNo: no, UserUUID: h.user, ProductID: "pack", Amount: price, Currency: "USD",
			PayType: orders.PayTypeStripe, Credits: h.rand.Int64N(2000), At: start,
		})
		require.NoError(t, err)
		h.orders = append(h.orders, created.Order)
		for n := range 1 + h.rand.IntN(3)/2 {
			s := drawSale(h.rand, no, fmt.Sprint("pi_", no, "_", n), price)
			h.sales[no] = append(h.sales[no], s)
			h.events = append(h.events, s.events(h.rand, start.Add(time.Duration(20*i+7*n)*time.Minute))...)
		}
	}
	return h
}

// tell sends the events as the mode has it, and those again that are answered so.
func (h *oneTime) tell(t *testing.T) {
	t.Helper()
	queue := slices.Clone(h.events)
	slices.SortStableFunc(queue, func(a, b told) int { return a.at.Compare(b.at) })
	if h.mode > 0 {
		h.rand.Shuffle(len(queue), func(i, j int) { queue[i], queue[j] = queue[j], queue[i] })
	}
	if h.mode > 1 {
		queue = append(queue, queue...)
	}
	for round := 0; len(queue) > 0; round++ {
		require.Less(t, round, 20, "events are refused for ever: %v", queue)
		half := len(queue) / 2
		again := h.deliverAll(t, queue[:half])
		h.spend(t)
		queue = slices.Concat(again, h.deliverAll(t, queue[half:]))
	}
}

// deliverAll tells some events, at once in the last mode, and returns those that were
// not taken.
func (h *oneTime) deliverAll(t *testing.T, events []told) []told {
	t.Helper()
	var (
		again []told
		mutex sync.Mutex
		all   sync.WaitGroup
	)
	room := make(chan struct{}, 1)
	if h.mode == 3 {
		room = make(chan struct{}, 4)
	}
	for _, e := range events {
		s := *h.shop
		s.now = e.at
		body := s.body(t, e.kind, e.object)
		room <- struct{}{}
		all.Go(func() {
			defer func() { <-room }()
			if s.answer(t, body) != http.StatusOK {
				mutex.Lock()
				defer mutex.Unlock()
				again = append(again, e)
			}
		})
		if h.mode != 3 {
			all.Wait()
		}
	}
	all.Wait()
	return again
}

// spend uses some of what there is.
func (h *oneTime) spend(t *testing.T) {
	t.Helper()
	b, err := credits.Balance(t.Context(), h.env.DB, credits.BalanceParams{UserUUID: h.user})
	require.NoError(t, err)
	if b.Available < 2 || h.spent > 0 {
		return
	}
	_, err = credits.Charge(t.Context(), h.env.DB, credits.ChargeParams{
		UserUUID: h.user, Amount: b.Available / 2, Type: credits.TypeAIGeneration, Key: "spent",
	})
	require.NoError(t, err)
	h.spent = b.Available / 2
}

// check compares what is stored with the model.
func (h *oneTime) check(t *testing.T) {
	t.Helper()
	want := 100 - h.spent
	for _, o := range h.orders {
		stored := h.stored(t, o.OrderNo)
		list, err := orders.ListPayments(t.Context(), h.env.DB, orders.ListPaymentsParams{OrderNo: o.OrderNo})
		require.NoError(t, err)
		require.Len(t, list.Items, len(h.sales[o.OrderNo]))
		var paid *sale
		for _, s := range h.sales[o.OrderNo] {
			i := slices.IndexFunc(list.Items, func(pm orders.Payment) bool { return pm.Ref == s.intent })
			require.GreaterOrEqual(t, i, 0)
			s.equals(t, &list.Items[i])
			if list.Items[i].Status == orders.PaymentPaid {
				require.Nil(t, paid, "one payment pays an order")
				paid = s
			}
		}
		require.NotNil(t, paid)
		want += paid.pays(t, stored)
		h.earned(t, stored, paid)
	}
	b, err := credits.Balance(t.Context(), h.env.DB, credits.BalanceParams{UserUUID: h.user})
	require.NoError(t, err)
	assert.Equal(t, want, b.Available-b.Debt)
}

// equals compares the payment's row.
func (s *sale) equals(t *testing.T, pm *orders.Payment) {
	t.Helper()
	assert.Equal(t, []int64{s.gross, s.tax, s.discount, s.gross - s.tax}, []int64{pm.Gross, pm.Tax, pm.Discount, pm.Net}, pm.Ref)
	refunds := *s
	refunds.outcome = ""
	back, _ := refunds.given()
	held := int64(0)
	if s.outcome == "open" || s.outcome == "lost" {
		held = s.disputed
	}
	assert.Equal(t, []int64{back, held}, []int64{pm.Refunded, pm.Disputed}, pm.Ref)
}

// pays compares the order, and returns what is left of its credits.
func (s *sale) pays(t *testing.T, o *orders.Order) int64 {
	t.Helper()
	all, final := s.given()
	status := orders.StatusPaid
	if final == s.gross {
		status = orders.StatusRefunded
	}
	assert.Equal(t, status, o.Status, o.OrderNo)
	assert.Equal(t, []int64{s.gross, s.tax, all}, []int64{o.Paid(), o.PaidTax, o.RefundedAmount}, o.OrderNo)
	assert.Equal(t, o.Credits*all/s.gross, o.RefundedCredits, o.OrderNo)
	return o.Credits - o.Credits*all/s.gross
}

// earned compares the commission, which is that of what is kept, without tax.
func (h *oneTime) earned(t *testing.T, o *orders.Order, s *sale) {
	t.Helper()
	net := s.gross * (s.gross - s.tax) / s.gross
	all, final := s.given()
	kept := (s.gross - all) * (s.gross - s.tax) / s.gross
	earned := affiliates.DefaultTiers().Commission(net, "USD")
	c, err := affiliates.Get(t.Context(), h.env.DB, affiliates.GetParams{OrderNo: o.OrderNo})
	if earned == 0 {
		return
	}
	require.NoError(t, err)
	assert.Equal(t, earned*kept/net, c.CommissionAmount, o.OrderNo)
	assert.Equal(t, final == s.gross, c.Status == affiliates.StatusRejected, o.OrderNo)
}
