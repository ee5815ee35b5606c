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
}

// turns is a subscription of which everything is told in every order.
type turns struct {
	name  string
	carry []int64
	grace int // in days
	told  []told
	// spent is what is spent on which day, and asked the days on which the balance is asked.
	spent map[int]int64
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
	now := noon
	spent := map[int]bool{}
	spend := func(until time.Time) bool {
		var days []int
		for d := range c.spent {
			if at := noon.AddDate(0, 0, d); !spent[d] && !at.After(until) {
				days = append(days, d)
			}
		}
		slices.Sort(days)
		for _, d := range days {
			spent[d] = true
			now = later(now.Add(time.Minute), noon.AddDate(0, 0, d))
			if s.has(t, now) < c.spent[d] {
				return false
			}
			s.spend(t, c.spent[d], now)
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
			CarryOver: s.carry, CarryOverWithin: 300 * day, At: at, Paid: &orders.Money{Amount: 1000, Currency: "USD"},
		})
	}
	return err
}

func paid(period string, from, to int, grants int64) told {
	return told{name: period, period: period, day: from, from: from, to: to, grants: grants}
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
// are known to differ. SQLite plays all, the servers the last ones of each chain, which are told
// in reverse.
func TestCarriedOverInAnyOrder(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		for n, c := range chains() {
			for _, carry := range c.carry {
				var want []int64
				known, differs := map[string][]int64{}, map[string][]int64{}
				all := c.orders()
				for i, turn := range all {
					if env.Engine != dialect.SQLite && i > 0 && i < len(all)-2 {
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
			differs: map[int64]map[string][]int64{1500: { // what C does not keep is not granted for the grace of B
				"A, B, C, A grants 1500": {2400, 2400, 2400, 0}, "A, C, B, A grants 1500": {2400, 2400, 2400, 0},
			}}, spent: map[int]int64{1: 400, 31: 200, 61: 100}, asked: []int{61, 67, 89, 97},
			told: []told{paid("A", 0, 30, 1000), recounted(2, 30, 1500), paid("B", 30, 60, 1000), paid("C", 60, 90, 1000)},
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
			differs: map[int64]map[string][]int64{5000: { // it fails while A lives, and comes back to A
				"A, A refunded, B, A refund failed, C": {12400, 12400, 0}, "A, A refunded, B, C, A refund failed": {12400, 12400, 0},
			}}, asked: []int{61, 199, 201},
			told: []told{paid("A", 0, 30, 1000), refunded("A", 2, 600), failed("A", 3), paid("B", 20, 200, 12000), paid("C", 25, 55, 500)},
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
	}
}
