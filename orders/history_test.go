package orders_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/affiliates"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/orders"
)

const (
	histories        = 3  // of each engine, unless the environment asks for more
	eventsPerHistory = 50 // about: duplicates included
	workers          = 4
)

// event is a webhook: a call that is made again until it is answered.
type event struct {
	name string
	do   func(ctx context.Context, db bun.IDB) error
}

// Histories as payment providers tell them: shuffled, with duplicates, several
// at a time, each call dying at a random statement now and then, and delivered
// again. They end where a plain model of what was bought and given back ends.
func TestShuffledHistories(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		db := env.DB.WithQueryHook(enginetest.Crasher{})
		for seed := range enginetest.Histories(t, histories) {
			t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
				h := newHistory(t, db, rand.New(rand.NewPCG(seed, 7)))
				h.deliver(t, db)
				h.check(t, env.DB)
				verify(t, env.DB)
			})
		}
	})
}

// model is what an order is expected to end as.
type model struct {
	no     string // empty for a renewal, which is found by its period
	sub    string
	start  time.Time
	failed bool
	cancel bool
	paid   bool
	amount int64
	// credits is what the order grants.
	credits int64
	// refunded is for good, disputed what a dispute holds that did not end.
	refunded, disputed int64
}

func (m *model) back() int64    { return min(m.refunded+m.disputed, m.amount) }
func (m *model) full() bool     { return m.paid && m.refunded >= m.amount }
func (m *model) clawed() int64  { return m.credits * m.back() / m.amount }
func (m *model) percent() int64 { return affiliates.DefaultTiers().Percent(m.amount, "USD") }

// earned is the commission that is left.
func (m *model) earned() int64 {
	whole := m.amount * m.percent() / 100
	return whole * (m.amount - m.back()) / m.amount
}

// statuses are those that the order may end in: without a payment the failure
// or the cancellation came first.
func (m *model) statuses() []orders.Status {
	switch {
	case m.full():
		return []orders.Status{orders.StatusRefunded}
	case m.paid:
		return []orders.Status{orders.StatusPaid}
	case m.failed && m.cancel:
		return []orders.Status{orders.StatusFailed, orders.StatusCancelled}
	case m.failed:
		return []orders.Status{orders.StatusFailed}
	case m.cancel:
		return []orders.Status{orders.StatusCancelled}
	}
	return []orders.Status{orders.StatusPending}
}

type history struct {
	rand            *rand.Rand
	referrer, buyer string
	models          []*model
	events          []event
	mu              sync.Mutex
	spent           map[string]int64 // by key: who died after COMMIT hears of it later
}

func newHistory(t *testing.T, db bun.IDB, r *rand.Rand) *history {
	t.Helper()
	h := &history{rand: r, spent: map[string]int64{}}
	tag := fmt.Sprintf("%x", r.Uint64())
	h.referrer, h.buyer = invited(t, db, tag)
	for i := range 3 {
		h.oneTime(fmt.Sprintf("ORD-%s-%d", tag, i))
	}
	h.subscription("ORD-"+tag+"-S", "sub_"+tag)
	for i := range 5 {
		h.charge(fmt.Sprintf("charge-%s-%d", tag, i), 1+r.Int64N(400))
	}
	for i := len(h.events); i < eventsPerHistory; i++ {
		h.events = append(h.events, h.events[r.IntN(len(h.events))])
	}
	r.Shuffle(len(h.events), func(i, j int) { h.events[i], h.events[j] = h.events[j], h.events[i] })
	return h
}

func (h *history) chance(percent int) bool { return h.rand.IntN(100) < percent }

func (h *history) add(name string, do func(ctx context.Context, db bun.IDB) error) {
	h.events = append(h.events, event{name, do})
}

func (h *history) create(m *model, interval orders.Interval) {
	h.models = append(h.models, m)
	h.add("create "+m.no, func(ctx context.Context, db bun.IDB) error {
		_, err := orders.Create(ctx, db, orders.CreateParams{
			OrderNo: m.no, UserUUID: h.buyer, ProductID: "pack", Amount: m.amount, Currency: "USD",
			PayType: orders.PayTypeStripe, Interval: interval, Credits: m.credits, At: noon,
		})
		return err
	})
}

func (h *history) oneTime(no string) {
	m := &model{
		no: no, amount: 1 + h.rand.Int64N(60_000), credits: 1 + h.rand.Int64N(3000),
		failed: h.chance(40), cancel: h.chance(30), paid: h.chance(80),
	}
	h.create(m, orders.IntervalOneTime)
	if m.failed {
		h.add("fail "+no, func(ctx context.Context, db bun.IDB) error {
			_, err := orders.MarkFailed(ctx, db, orders.MarkFailedParams{OrderNo: no, At: noon})
			return err
		})
	}
	if m.cancel {
		h.add("cancel "+no, func(ctx context.Context, db bun.IDB) error {
			_, err := orders.Cancel(ctx, db, orders.CancelParams{OrderNo: no, At: noon})
			return err
		})
	}
	if m.paid {
		h.add("pay "+no, func(ctx context.Context, db bun.IDB) error {
			_, err := orders.MarkPaid(ctx, db, orders.MarkPaidParams{OrderNo: no, PayRef: "pi_" + no, At: noon})
			return err
		})
		h.reversals(m, "pi_"+no)
	}
}

// subscription is a first order, renewals of which some failed first, and the
// first period told again as a renewal.
func (h *history) subscription(no, sub string) {
	first := &model{no: no, amount: 1 + h.rand.Int64N(60_000), credits: 1 + h.rand.Int64N(3000), paid: true}
	h.create(first, orders.IntervalMonth)
	h.add("pay "+no, func(ctx context.Context, db bun.IDB) error {
		_, err := orders.MarkPaid(ctx, db, orders.MarkPaidParams{OrderNo: no, PayRef: "pi_" + no, SubID: sub, At: noon})
		return err
	})
	h.reversals(first, "pi_"+no)
	for i := range 4 {
		m := &model{
			sub: sub, start: addMonth(i), amount: first.amount, credits: first.credits,
			failed: i > 0 && h.chance(40), paid: i == 0 || h.chance(80),
		}
		ref := "pi_" + no
		if i > 0 {
			ref = fmt.Sprintf("pi_%s_%d", no, i)
		}
		if i > 0 && (m.failed || m.paid) {
			h.models = append(h.models, m)
		}
		if m.failed {
			h.add(fmt.Sprint("fail renewal ", i), func(ctx context.Context, db bun.IDB) error {
				_, err := orders.FailRenewal(ctx, db, orders.FailRenewalParams{SubID: sub, PeriodStart: m.start, At: noon})
				return err
			})
		}
		if m.paid {
			h.add(fmt.Sprint("renew ", i), func(ctx context.Context, db bun.IDB) error {
				_, err := orders.Renew(ctx, db, orders.RenewParams{SubID: sub, PeriodStart: m.start, PayRef: ref, At: noon})
				return err
			})
			if i > 0 {
				h.reversals(m, ref)
			}
		}
	}
	h.add("end "+sub, func(ctx context.Context, db bun.IDB) error {
		_, err := orders.EndSubscription(ctx, db, orders.EndSubscriptionParams{SubID: sub, At: noon})
		return err
	})
}

func addMonth(i int) time.Time { return date(time.January+time.Month(i), []int{31, 28, 31, 30}[i]) }

// reversals are rising totals, refunds by name, and a dispute. Money of a paid
// order goes back by its payment's name, so that it is told apart from renewals.
func (h *history) reversals(m *model, ref string) {
	refund := func(name string, total int64) {
		h.add(fmt.Sprint("refund ", ref, " ", name, " ", total), func(ctx context.Context, db bun.IDB) error {
			_, err := orders.Refund(ctx, db, orders.RefundParams{PayRef: ref, Ref: name, Total: total, At: noon})
			return err
		})
	}
	if h.chance(50) {
		var total int64
		for range 1 + h.rand.IntN(3) {
			total += 1 + h.rand.Int64N(m.amount)
			refund("", total)
		}
		m.refunded += total
	}
	if h.chance(20) {
		total := 1 + h.rand.Int64N(m.amount)
		refund("re_1", total)
		m.refunded += total
	}
	if h.chance(70) {
		h.dispute(m, ref)
	}
	if h.chance(60) {
		h.payOut(ref)
	}
}

func (h *history) dispute(m *model, ref string) {
	amount := 1 + h.rand.Int64N(m.amount)
	report := func(outcome orders.DisputeOutcome) {
		h.add(fmt.Sprint("dispute ", ref, " ", outcome), func(ctx context.Context, db bun.IDB) error {
			_, err := orders.Dispute(ctx, db, orders.DisputeParams{
				PayRef: ref, Ref: "dp_" + ref, Amount: amount, Outcome: outcome, At: noon,
			})
			return err
		})
	}
	report(orders.DisputeOpen)
	switch h.rand.IntN(3) {
	case 0:
		m.disputed += amount
	case 1:
		report(orders.DisputeWon)
	case 2:
		report(orders.DisputeLost)
		m.refunded += amount
	}
}

// payOut is an admin who approves a commission and turns it into credits,
// unless something took it first.
func (h *history) payOut(ref string) {
	h.add("pay out "+ref, func(ctx context.Context, db bun.IDB) error {
		o, err := orders.Get(ctx, db, orders.GetParams{PayRef: ref})
		if err != nil {
			return err
		}
		c, err := affiliates.Get(ctx, db, affiliates.GetParams{OrderNo: o.OrderNo})
		if errors.Is(err, affiliates.ErrNotFound) && o.Status != orders.StatusPending {
			return nil // too little to earn anything
		}
		if err != nil {
			return err
		}
		if _, err := affiliates.Approve(ctx, db, affiliates.ReviewParams{ID: c.ID, At: noon}); err != nil {
			return settled(err, affiliates.ErrState)
		}
		_, err = affiliates.ConvertToCredits(ctx, db, affiliates.ConvertToCreditsParams{ID: c.ID, At: noon})
		return settled(err, affiliates.ErrNothingLeft, affiliates.ErrState)
	})
}

// settled drops errors that answer a call for good.
func settled(err error, answers ...error) error {
	for _, answer := range answers {
		if errors.Is(err, answer) {
			return nil
		}
	}
	return err
}

// charge spends credits, if they are there at the time.
func (h *history) charge(key string, amount int64) {
	h.add(key, func(ctx context.Context, db bun.IDB) error {
		_, err := credits.Charge(ctx, db, credits.ChargeParams{UserUUID: h.buyer, Amount: amount, Key: key, At: noon})
		if err == nil {
			h.mu.Lock()
			h.spent[key] = amount
			h.mu.Unlock()
		}
		return settled(err, credits.ErrInsufficient)
	})
}

// deliver works the events off. One that came too early, or died, goes back to
// the end of the queue, as providers deliver again.
func (h *history) deliver(t *testing.T, db bun.IDB) {
	t.Helper()
	type delivery struct {
		event
		tries int
		crash int64
	}
	queue := make(chan delivery, len(h.events))
	var open sync.WaitGroup
	for _, e := range h.events {
		open.Add(1)
		queue <- delivery{event: e, crash: h.rand.Int64N(60) - 20}
	}
	for range workers {
		go func() {
			for d := range queue {
				_, err := enginetest.Crash(t.Context(), d.crash, func(ctx context.Context) error { return d.do(ctx, db) })
				if d.tries++; again(err) && d.tries < 1000 {
					d.crash = -1
					if errors.Is(err, dialect.ErrUnavailable) || d.tries > 50 {
						time.Sleep(time.Millisecond)
					}
					queue <- d
					continue
				}
				assert.False(t, again(err), "%s was never answered: %v", d.name, err)
				open.Done()
			}
		}()
	}
	open.Wait()
	close(queue)
}

// again reports whether a provider would deliver the event again: all but the
// answers that it is done, or too late.
func again(err error) bool {
	if state := (*orders.StateError)(nil); errors.As(err, &state) {
		return state.Retryable()
	}
	return err != nil
}

// check compares the database with the model.
func (h *history) check(t *testing.T, db bun.IDB) {
	t.Helper()
	ctx := context.Background()
	want := int64(100)
	for _, amount := range h.spent {
		want -= amount
	}
	for _, m := range h.models {
		o := m.stored(t, db, h.buyer)
		name := fmt.Sprintf("%s %s %+v", o.OrderNo, o.Status, *m)
		require.Contains(t, m.statuses(), o.Status, name)
		c, err := affiliates.Get(ctx, db, affiliates.GetParams{OrderNo: o.OrderNo})
		if !m.paid {
			require.ErrorIs(t, err, affiliates.ErrNotFound, name)
			continue
		}
		require.Equal(t, m.back(), o.RefundedAmount, name)
		require.Equal(t, m.clawed(), o.RefundedCredits, name)
		want += m.credits - m.clawed()
		if m.amount*m.percent()/100 == 0 {
			require.ErrorIs(t, err, affiliates.ErrNotFound, name)
			continue
		}
		require.NoError(t, err, name)
		require.Equal(t, m.earned(), c.CommissionAmount, name)
		require.Equal(t, m.full() && c.ConvertedAt.IsZero(), c.Status == affiliates.StatusRejected, name)
	}
	require.Equal(t, want, available(t, db, h.buyer), "the buyer's credits")
	require.Equal(t, h.referrals(t, db), available(t, db, h.referrer), "the referrer's credits")
	n, err := db.NewSelect().Model((*orders.Order)(nil)).Where("user_uuid = ?", h.buyer).Count(ctx)
	require.NoError(t, err)
	require.Equal(t, int64(len(h.models)), n, "orders")
}

// stored is the model's order.
func (m *model) stored(t *testing.T, db bun.IDB, buyer string) *orders.Order {
	t.Helper()
	if m.no != "" {
		return get(t, db, m.no)
	}
	o := new(orders.Order)
	err := db.NewSelect().Model(o).Where("user_uuid = ?", buyer).Where("sub_id = ?", m.sub).
		Where("period_start = ?", m.start).Scan(context.Background())
	require.NoError(t, err, "%+v", *m)
	return o
}

// referrals is what the referrer has: the welcome credits, and of each
// conversion what the refunds since have left.
func (h *history) referrals(t *testing.T, db bun.IDB) int64 {
	t.Helper()
	list, err := affiliates.List(context.Background(), db, affiliates.ListParams{UserUUID: h.referrer, Limit: 100})
	require.NoError(t, err)
	sum := int64(100)
	for _, c := range list.Items {
		if !c.ConvertedAt.IsZero() {
			over := max(c.PaidAmount-c.CommissionAmount, 0)
			sum += c.ConvertedCredits - c.ConvertedCredits*over/c.PaidAmount
		}
	}
	return sum
}
