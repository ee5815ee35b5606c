package orders_test

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/orders"
)

// told is something that a provider tells of a subscription.
type told struct {
	name string
	// day is when it happened, and may have been told, and period which one it is about: "A" is
	// the one that begins the subscription.
	day    int
	period string
	// from and to are the days of a period that was paid, and grants what it grants. That of A
	// may be told again with another number.
	from, to int
	grants   int64
	// back is what was given back of the 1,000 that were paid for the period. With failed, this
	// refund failed. It is told after the refund.
	back   int64
	failed bool
	// keeps is the renewal's maximum where it is not that of the others.
	keeps int64
}

// hold is a hold of credits from one day until another, when they are charged or released.
type hold struct {
	amount      int64
	from, until int
	charged     bool
}

// turns is a subscription of which everything is told in every order.
type turns struct {
	name  string
	carry []int64
	grace int // in days
	told  []told
	// spent is what is spent on which day, and asked the days on which the balance is asked.
	spent map[int]int64
	held  []hold
	asked []int
	// want is what they have then, where it is written down, and differs what they have if it is
	// told in other orders for which that is not right yet.
	want    map[int64][]int64
	differs map[int64]map[string][]int64
}

// orders returns every order in which it can be told: the subscription's beginning comes first.
// The first of them is the one in which it happened.
func (c turns) orders() [][]told {
	slices.SortStableFunc(c.told, func(a, b told) int { return cmp.Compare(a.day, b.day) })
	var all [][]told
	var add func(done, left []told)
	add = func(done, left []told) {
		if len(left) == 0 {
			all = append(all, slices.Clone(done))
		}
		for i, next := range left {
			early := next.failed && slices.ContainsFunc(left, func(e told) bool { return e.period == next.period && (e.back > 0 && !e.failed || e.to > 0) }) ||
				next.back > 0 && slices.ContainsFunc(left, func(e told) bool { return e.period == next.period && e.to > 0 && e.name == e.period })
			if !early {
				add(slices.Concat(done, []told{next}), slices.Concat(left[:i], left[i+1:]))
			}
		}
	}
	add(c.told[:1], c.told[1:])
	return all
}

// live tells it in one order, each as soon as it has happened and all before it were told, and
// returns what the customer has in the end, beside the welcome; nothing where what they spend was
// not there yet.
func (c turns) live(t *testing.T, env *enginetest.Env, id string, carry int64, turn []told) []int64 {
	t.Helper()
	const day = 24 * time.Hour
	s := newSubscriber(t, env.DB, id, carry, time.Duration(c.grace)*day)
	now, uses := noon, c.uses()
	spend := func(until time.Time) bool {
		for len(uses) > 0 && !noon.AddDate(0, 0, uses[0].day).After(until) {
			now = later(now.Add(time.Minute), noon.AddDate(0, 0, uses[0].day))
			if s.has(t, now) < uses[0].needs {
				return false
			}
			uses[0].do(t, s, now)
			uses = uses[1:]
		}
		return true
	}
	for _, e := range turn {
		at := noon.AddDate(0, 0, e.day)
		if !spend(at) {
			return nil
		}
		now = later(now, at)
		for range 2 { // told twice
			now = now.Add(time.Minute)
			require.NoError(t, s.tell(t.Context(), e, now), "%s: %s", id, e.name)
		}
	}
	var has []int64
	for _, d := range c.asked {
		at := noon.AddDate(0, 0, d)
		if !spend(at) {
			return nil
		}
		has = append(has, s.has(t, later(at, now).Add(time.Hour)))
	}
	return has
}

// use is something that the customer does on a day with credits, for which they need so many.
type use struct {
	day   int
	needs int64
	do    func(t *testing.T, s *subscriber, at time.Time)
}

// uses returns what the customer does, in its order.
func (c turns) uses() []use {
	var all []use
	for day, amount := range c.spent {
		all = append(all, use{day, amount, func(t *testing.T, s *subscriber, at time.Time) { s.spend(t, amount, at) }})
	}
	for _, h := range c.held {
		key := fmt.Sprint("hold-", h.from)
		all = append(all, use{h.from, h.amount, func(t *testing.T, s *subscriber, at time.Time) {
			_, err := credits.Hold(t.Context(), s.db, credits.HoldParams{
				UserUUID: s.user, Amount: h.amount, Key: key, Timeout: 300 * 24 * time.Hour, At: at,
			})
			require.NoError(t, err)
		}}, use{h.until, 0, func(t *testing.T, s *subscriber, at time.Time) {
			var err error
			if h.charged {
				_, err = credits.Capture(t.Context(), s.db, credits.CaptureParams{
					UserUUID: s.user, HoldKey: key, Amount: h.amount, Key: key + "-end", At: at,
				})
			} else {
				_, err = credits.Release(t.Context(), s.db, credits.ReleaseParams{UserUUID: s.user, HoldKey: key, Key: key + "-end", At: at})
			}
			require.NoError(t, err)
		}})
	}
	slices.SortFunc(all, func(a, b use) int { return cmp.Compare(a.day, b.day) })
	return all
}

// tell tells it.
func (s *subscriber) tell(ctx context.Context, e told, at time.Time) error {
	const day = 24 * time.Hour
	from, to, ref := noon.AddDate(0, 0, e.from), noon.AddDate(0, 0, e.to), "pi_"+s.id+e.period
	var err error
	switch {
	case e.back > 0:
		_, err = orders.Refund(ctx, s.db, orders.RefundParams{
			Provider: orders.PayTypeStripe, PayRef: ref, Ref: "re_" + ref, Total: e.back, Failed: e.failed, At: at,
		})
	case e.period == "A":
		_, err = orders.MarkPaid(ctx, s.db, orders.MarkPaidParams{
			OrderNo: "O" + s.id, PayRef: ref, PeriodStart: from, PeriodEnd: to, Grace: s.grace, Grants: &e.grants, At: at,
			Paid: &orders.Money{Amount: 1000, Currency: "USD"},
		})
	default:
		_, err = orders.Renew(ctx, s.db, orders.RenewParams{
			SubID: "sub_" + s.id, PayRef: ref, PeriodStart: from, PeriodEnd: to, Grace: s.grace, Credits: &e.grants,
			CarryOver: cmp.Or(e.keeps, s.carry), CarryOverWithin: 300 * day, At: at, Paid: &orders.Money{Amount: 1000, Currency: "USD"},
		})
	}
	return err
}

func paid(period string, from, to int, grants int64) told {
	return told{name: period, period: period, day: from, from: from, to: to, grants: grants}
}

// keeping makes a renewal one that keeps another number of credits than the others.
func (e told) keeping(most int64) told {
	e.keeps = most
	return e
}

func recounted(day, to int, grants int64) told {
	return told{name: fmt.Sprint("A grants ", grants), period: "A", day: day, to: to, grants: grants}
}

func refunded(period string, day int, back int64) told {
	return told{name: period + " refunded", period: period, day: day, back: back}
}

func failed(period string, day int) told {
	return told{name: period + " refund failed", period: period, day: day, back: 600, failed: true}
}

// In whatever order a provider tells what happened to a subscription whose renewals carry over,
// the customer has in the end what they have if it is told as it happens, but for the orders that
// are known to differ. SQLite plays all, the servers the one in which it happened and the last,
// which is told in reverse.
func TestCarriedOverInAnyOrder(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		for n, c := range chains() {
			for _, carry := range c.carry {
				var want []int64
				known, differs := map[string][]int64{}, map[string][]int64{}
				all := c.orders()
				for i, turn := range all {
					if env.Engine != dialect.SQLite && i > 0 && i < len(all)-1 {
						continue
					}
					if is, ok := c.differs[carry][names(turn)]; ok {
						known[names(turn)] = is
					}
					got := c.live(t, env, fmt.Sprintf("%d-%d-%d", n, carry, i), carry, turn)
					if i == 0 {
						want = got
					}
					if got != nil && !slices.Equal(want, got) {
						differs[names(turn)] = got
					}
				}
				assert.Equal(t, known, differs, "%s, at most %d: not %v", c.name, carry, want)
				if expected, ok := c.want[carry]; ok {
					assert.Equal(t, expected, want, "%s, at most %d", c.name, carry)
				}
			}
		}
		verify(t, env.DB)
	})
}

func names(turn []told) string {
	all := make([]string, len(turn))
	for i := range turn {
		all[i] = turn[i].name
	}
	return strings.Join(all, ", ")
}

func chains() []turns {
	return []turns{
		{
			name: "months", carry: []int64{300, 5000}, spent: map[int]int64{1: 400, 31: 200, 61: 100}, asked: []int{61, 89, 91},
			told: []told{paid("A", 0, 30, 1000), paid("B", 30, 60, 1000), paid("C", 60, 90, 1000)},
		},
		{
			name: "months, A grants more", carry: []int64{300, 5000}, spent: map[int]int64{1: 400, 31: 200, 61: 100}, asked: []int{61, 89, 91},
			told: []told{paid("A", 0, 30, 1000), recounted(2, 30, 1500), paid("B", 30, 60, 1000), paid("C", 60, 90, 1000)},
		},
		{
			name: "months, A grants fewer", carry: []int64{300, 5000}, spent: map[int]int64{1: 400, 31: 200, 61: 100}, asked: []int{61, 89, 91},
			told: []told{paid("A", 0, 30, 1000), recounted(2, 30, 500), paid("B", 30, 60, 1000), paid("C", 60, 90, 1000)},
		},
		{
			name: "months, A is refunded", carry: []int64{300, 5000}, spent: map[int]int64{1: 300, 31: 200, 61: 100}, asked: []int{61, 89, 91},
			told: []told{paid("A", 0, 30, 1000), refunded("A", 2, 600), paid("B", 30, 60, 1000), paid("C", 60, 90, 1000)},
		},
		{
			name: "months, a refund of A fails", carry: []int64{300, 1500, 5000}, spent: map[int]int64{1: 300, 31: 200, 61: 100}, asked: []int{61, 89, 91},
			told: []told{paid("A", 0, 30, 1000), refunded("A", 2, 600), failed("A", 3), paid("B", 30, 60, 1000), paid("C", 60, 90, 1000)},
		},
		{
			name: "months, a refund of A fails, nothing is spent", carry: []int64{300, 5000}, asked: []int{61, 89, 91},
			told: []told{paid("A", 0, 30, 1000), refunded("A", 2, 600), failed("A", 3), paid("B", 30, 60, 1000), paid("C", 60, 90, 1000)},
		},
		{
			name: "months, A grants more, nothing is spent", carry: []int64{300, 5000}, asked: []int{61, 89, 91},
			told: []told{paid("A", 0, 30, 1000), recounted(2, 30, 1500), paid("B", 30, 60, 1000), paid("C", 60, 90, 1000)},
		},
		{
			name: "months, B is refunded", carry: []int64{300, 5000},
			differs: map[int64]map[string][]int64{300: {"A, B, C, B refunded": {1100, 1100, 0}}}, // a renewal that kept its maximum did so
			spent:   map[int]int64{1: 300, 31: 200, 61: 100}, asked: []int{61, 89, 91},
			told: []told{paid("A", 0, 30, 1000), paid("B", 30, 60, 1000), refunded("B", 32, 600), paid("C", 60, 90, 1000)},
		},
		{
			name: "months, a refund of B fails", carry: []int64{300, 5000}, spent: map[int]int64{1: 300, 31: 200, 61: 100}, asked: []int{61, 89, 91},
			told: []told{paid("A", 0, 30, 1000), paid("B", 30, 60, 1000), refunded("B", 32, 600), failed("B", 33), paid("C", 60, 90, 1000)},
		},
		{
			name: "months with grace, A grants more", grace: 5, carry: []int64{300, 1500, 5000},
			spent: map[int]int64{1: 400, 31: 200, 61: 100}, asked: []int{61, 67, 89, 97},
			told: []told{paid("A", 0, 30, 1000), recounted(2, 30, 1500), paid("B", 30, 60, 1000), paid("C", 60, 90, 1000)},
		},
		{
			name: "months, A grants nothing, and a refund of B fails", carry: []int64{5000}, spent: map[int]int64{61: 100}, asked: []int{69, 89, 91},
			told: []told{paid("A", 0, 30, 1000), recounted(2, 30, 0), paid("B", 30, 60, 1000), refunded("B", 32, 600), paid("C", 60, 90, 1000), failed("B", 62)},
		},
		{
			name: "a long one between", carry: []int64{300, 5000}, spent: map[int]int64{1: 100}, asked: []int{54, 56, 199, 201},
			want: map[int64][]int64{300: {12800, 12300, 12300, 0}, 5000: {13400, 12900, 12900, 0}},
			told: []told{paid("A", 0, 30, 1000), paid("B", 20, 200, 12000), paid("C", 25, 55, 500)},
		},
		{
			name: "a long one between, asked once the short one is over", carry: []int64{300, 5000}, asked: []int{61, 199, 201},
			told: []told{paid("A", 0, 30, 1000), paid("B", 20, 200, 12000), paid("C", 25, 55, 500), recounted(60, 30, 1000)},
		},
		{
			name: "a long one between, a refund of A fails", carry: []int64{300, 5000},
			asked: []int{61, 199, 201},
			told:  []told{paid("A", 0, 30, 1000), refunded("A", 2, 600), failed("A", 3), paid("B", 20, 200, 12000), paid("C", 25, 55, 500)},
		},
		{
			name: "a long one between, a refund of A fails late", carry: []int64{300, 5000}, asked: []int{71, 199, 201},
			told: []told{paid("A", 0, 30, 1000), refunded("A", 2, 600), failed("A", 70), paid("B", 20, 200, 12000), paid("C", 25, 55, 500)},
		},
		{
			name: "a long one between, A grants more", carry: []int64{300, 5000}, asked: []int{61, 199, 201},
			told: []told{paid("A", 0, 30, 1000), recounted(2, 30, 1500), paid("B", 20, 200, 12000), paid("C", 25, 55, 500)},
		},
		{
			name: "a long one between, told late", carry: []int64{300, 5000}, spent: map[int]int64{1: 100}, asked: []int{61, 199, 201},
			told: []told{paid("A", 0, 30, 1000), recounted(40, 30, 1500), paid("B", 20, 200, 12000), paid("C", 25, 55, 500), refunded("A", 41, 600)},
		},
		{
			name: "a long one first, A grants more", carry: []int64{300, 5000}, asked: []int{61, 199, 201},
			want: map[int64][]int64{300: {1500, 1500, 0}, 5000: {1500, 1500, 0}},
			told: []told{paid("A", 0, 200, 1000), recounted(2, 200, 1500), paid("B", 20, 50, 500), refunded("B", 60, 100)},
		},
		{
			name: "a long one first, A is refunded", carry: []int64{300, 5000}, asked: []int{61, 199, 201},
			told: []told{paid("A", 0, 200, 1000), refunded("A", 60, 600), failed("A", 61), paid("B", 20, 50, 500)},
		},
		{
			name: "an early renewal, A grants more", carry: []int64{300, 5000}, spent: map[int]int64{1: 400, 28: 50, 31: 200}, asked: []int{31, 61},
			told: []told{paid("A", 0, 30, 1000), recounted(2, 30, 1500), {name: "B", period: "B", day: 25, from: 30, to: 60, grants: 1000}},
		},
		{
			name: "months, held and released", carry: []int64{300, 1500, 5000}, held: []hold{{400, 1, 45, false}}, spent: map[int]int64{2: 100, 61: 100}, asked: []int{61, 89, 91},
			differs: map[int64]map[string][]int64{5000: { // what was held when B began is free once B is told
				"A, C, A grants 1500, B": {3300, 3300, 0}, "A, C, B, A grants 1500": {3300, 3300, 0},
			}},
			told: []told{paid("A", 0, 30, 1000), recounted(3, 30, 1500), paid("B", 30, 60, 1000), paid("C", 60, 90, 1000)},
		},
		{
			name: "months with grace, held and charged", grace: 5, carry: []int64{300, 1500, 5000}, held: []hold{{400, 1, 33, true}}, spent: map[int]int64{2: 100}, asked: []int{34, 61, 67, 97},
			told: []told{paid("A", 0, 30, 1000), recounted(3, 30, 1500), paid("B", 30, 60, 1000), paid("C", 60, 90, 1000)},
		},
		{
			name: "months with grace, held and released", grace: 5, carry: []int64{300, 1500, 5000}, held: []hold{{400, 1, 33, false}}, spent: map[int]int64{2: 100}, asked: []int{34, 61, 67, 97},
			differs: map[int64]map[string][]int64{ // as above
				1500: {
					"A, A refunded, A refund failed, C, B": {2900, 2900, 2500, 0}, "A, A refunded, C, A refund failed, B": {2900, 2900, 2500, 0},
					"A, A refunded, C, B, A refund failed": {2900, 2900, 2500, 0}, "A, C, A refunded, A refund failed, B": {2900, 2900, 2500, 0},
					// B fills C up to its maximum, and then A comes back
					"A, C, A refunded, B, A refund failed": {2900, 2900, 2800, 0}, "A, C, B, A refunded, A refund failed": {2900, 2900, 2500, 0},
				},
				5000: {
					"A, A refunded, A refund failed, C, B": {2900, 2900, 2900, 0}, "A, A refunded, C, A refund failed, B": {2900, 2900, 2900, 0},
					"A, A refunded, C, B, A refund failed": {2900, 2900, 2900, 0}, "A, C, A refunded, A refund failed, B": {2900, 2900, 2900, 0},
					"A, C, A refunded, B, A refund failed": {2900, 2900, 2900, 0}, "A, C, B, A refunded, A refund failed": {2900, 2900, 2900, 0},
				},
			},
			told: []told{paid("A", 0, 30, 1000), refunded("A", 3, 300), failed("A", 4), paid("B", 30, 60, 1000), paid("C", 60, 90, 1000)},
		},
		{
			name: "an early renewal, held and charged", carry: []int64{300, 5000}, held: []hold{{400, 1, 28, true}}, asked: []int{29, 31, 61},
			told: []told{paid("A", 0, 30, 1000), recounted(2, 30, 1500), {name: "B", period: "B", day: 25, from: 30, to: 60, grants: 1000}},
		},
		{
			name: "months, held when two renewals look", carry: []int64{300, 1500, 5000}, held: []hold{{400, 1, 65, false}}, asked: []int{61, 89, 91},
			told: []told{paid("A", 0, 30, 1000), refunded("A", 2, 600), failed("A", 3), paid("B", 30, 60, 1000), paid("C", 60, 90, 1000)},
		},
		{
			name: "months with maxima of their own, the first is smaller", carry: []int64{300, 1200}, asked: []int{61, 89, 91},
			differs: map[int64]map[string][]int64{ // what C kept when it was told, before B, stays
				300: {
					"A, A grants 1500, C, B": {3500, 3500, 0}, "A, C, A grants 1500, B": {3500, 3500, 0}, "A, C, B, A grants 1500": {3000, 3000, 0},
				},
				1200: {"A, A grants 1500, C, B": {3500, 3500, 0}, "A, C, A grants 1500, B": {3500, 3500, 0}},
			},
			told: []told{paid("A", 0, 30, 1000), recounted(3, 30, 1500), paid("B", 30, 60, 1000), paid("C", 60, 90, 1000).keeping(5000)},
		},
		{
			name: "months with maxima of their own, the first is larger", carry: []int64{1200, 5000}, spent: map[int]int64{1: 200}, asked: []int{61, 89, 91},
			told: []told{paid("A", 0, 30, 1000), recounted(3, 30, 1500), paid("B", 30, 60, 1000), paid("C", 60, 90, 1000).keeping(300)},
		},
		{
			name: "a long one between, with maxima of their own", carry: []int64{300, 5000}, asked: []int{61, 199, 201},
			told: []told{paid("A", 0, 30, 1000), paid("B", 20, 200, 12000), paid("C", 25, 55, 500).keeping(600), recounted(60, 30, 1500)},
		},
		{
			name: "a long one between, with a smaller maximum", carry: []int64{300, 5000}, asked: []int{61, 199, 201},
			told: []told{paid("A", 0, 30, 1000), recounted(2, 30, 1500), paid("B", 20, 200, 12000).keeping(600), paid("C", 25, 55, 500)},
		},
		{
			name: "a month that is refunded after the next", carry: []int64{300, 1500, 5000}, spent: map[int]int64{1: 300, 31: 200}, asked: []int{69, 89, 91},
			differs: map[int64]map[string][]int64{300: {"A, B, B refunded, C": {1300, 1300, 0}}}, // as with B is refunded
			told:    []told{paid("A", 0, 30, 1000), paid("B", 30, 60, 1000), paid("C", 60, 90, 1000), refunded("B", 62, 600)},
		},
		{
			name: "a month that is refunded after the next, and the refund fails", carry: []int64{300, 1500, 5000}, asked: []int{69, 89, 91},
			told: []told{paid("A", 0, 30, 1000), paid("B", 30, 60, 1000), paid("C", 60, 90, 1000), refunded("B", 62, 600), failed("B", 64)},
		},
	}
}
