package orders_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/orders"
)

// subscriber pays for periods, of which the first pays an order, in any order.
type subscriber struct {
	db    *bun.DB
	id    string
	user  string
	carry int64
	grace time.Duration
}

func newSubscriber(t *testing.T, db *bun.DB, id string, carry int64, grace time.Duration) *subscriber {
	t.Helper()
	s := &subscriber{db: db, id: id, carry: carry, grace: grace, user: signUp(t, db, id+"@example.com")}
	p := pack(s.user)
	p.Interval, p.SubID, p.OrderNo, p.Amount, p.Credits = orders.IntervalMonth, "sub_"+id, "O"+id, 1000, 1000
	_, err := orders.Create(t.Context(), db, p)
	require.NoError(t, err)
	return s
}

// start is when the n-th period begins.
func (s *subscriber) start(n int) time.Time { return noon.Add(time.Duration(n) * period) }

// pay tells twice of the payment of the n-th period, which grants so many credits.
func (s *subscriber) pay(t *testing.T, n int, grants int64, at time.Time) {
	t.Helper()
	for again := range 2 {
		ref, start, end := fmt.Sprintf("pi_%s_%d", s.id, n), s.start(n), s.start(n+1)
		var r *orders.Result
		var err error
		if n == 0 {
			r, err = orders.MarkPaid(t.Context(), s.db, orders.MarkPaidParams{
				OrderNo: "O" + s.id, PayRef: ref, PeriodStart: start, PeriodEnd: end, Grace: s.grace, Grants: &grants, At: at,
			})
		} else {
			r, err = orders.Renew(t.Context(), s.db, orders.RenewParams{
				SubID: "sub_" + s.id, PayRef: ref, PeriodStart: start, PeriodEnd: end, Grace: s.grace, Credits: &grants,
				CarryOver: s.carry, CarryOverWithin: 5 * period, At: at,
			})
		}
		require.NoError(t, err)
		assert.Equal(t, again == 1, r.Replayed, "%s: period %d", s.id, n)
	}
}

func (s *subscriber) spend(t *testing.T, amount int64, at time.Time) {
	t.Helper()
	_, err := credits.Charge(t.Context(), s.db, credits.ChargeParams{
		UserUUID: s.user, Amount: amount, Key: at.String(), Type: credits.TypeAIGeneration, At: at,
	})
	require.NoError(t, err)
}

// has is what the customer has then, beside the welcome, which stays.
func (s *subscriber) has(t *testing.T, at time.Time) int64 {
	t.Helper()
	b, err := credits.Balance(t.Context(), s.db, credits.BalanceParams{UserUUID: s.user, At: at})
	require.NoError(t, err)
	return b.Available - b.Debt - 100
}

// A period that is paid, or whose payment is told, only after the renewal after it is
// carried over as if it had been told in time.
func TestAPeriodIsToldAfterItsRenewal(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		for _, carry := range []int64{300, 1500, 5000} {
			for _, late := range []bool{false, true} { // paid late, or told late
				var want []int64
				for _, turn := range [][]int{{0, 1, 2, 3}, {0, 2, 1, 3}, {0, 2, 3, 1}, {0, 3, 2, 1}, {0, 3, 1, 2}} {
					s := newSubscriber(t, env.DB, fmt.Sprintf("turn-%d-%t-%d%d", carry, late, turn[1], turn[2]), carry, 0)
					told := noon
					for _, n := range turn {
						at := s.start(n)
						if told = later(told, at); late {
							at = told.Add(time.Hour)
						}
						s.pay(t, n, 1000, at)
						if n == 0 {
							s.spend(t, 400, noon.Add(time.Hour))
						}
					}
					var got []int64
					got = append(got, s.has(t, s.start(3).Add(2*time.Hour)))
					s.spend(t, 200, s.start(3).Add(3*time.Hour))
					s.pay(t, 4, 1000, s.start(4))
					got = append(got, s.has(t, s.start(4).Add(time.Hour)), s.has(t, s.start(6)))
					if want == nil {
						want = got
					}
					assert.Equal(t, want, got, s.id)
				}
			}
		}
		verify(t, env.DB)
	})
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// What a period turns out to have granted more, which is told in its time of grace once a
// renewal has carried over, can be spent until that is over, and the renewal keeps its part.
func TestAPeriodGrantsMoreInItsGrace(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		for _, carry := range []int64{300, 1200, 5000} {
			for _, first := range []int64{0, 500, 1000} {
				var want []int64
				for _, told := range []int64{1500, first} { // in time, or not
					s := newSubscriber(t, env.DB, fmt.Sprintf("grace-%d-%d-%d", carry, first, told), carry, 5*24*time.Hour)
					s.pay(t, 0, told, noon)
					s.pay(t, 1, 1000, s.start(1))
					if first > 0 {
						s.spend(t, 300, s.start(1).Add(time.Hour))
					}
					if told != 1500 {
						s.pay(t, 0, 1500, s.start(1).Add(2*time.Hour))
					}
					got := []int64{s.has(t, s.start(1).Add(3*time.Hour)), s.has(t, s.start(1).Add(6*24*time.Hour))}
					s.pay(t, 2, 1000, s.start(2))
					got = append(got, s.has(t, s.start(2).Add(time.Hour)), s.has(t, s.start(2).Add(6*24*time.Hour)), s.has(t, s.start(5)))
					if want == nil {
						want = got
					}
					assert.Equal(t, want, got, s.id)
				}
			}
		}
		verify(t, env.DB)
	})
}

// A period that turns out to have granted another number once it is over pays no debt that
// has nothing to do with it.
func TestAPeriodThatIsOverPaysNoDebt(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		for _, grants := range []int64{700, 1300} {
			s := newSubscriber(t, env.DB, fmt.Sprint("over-", grants), 0, 0)
			s.pay(t, 0, 1000, noon)
			s.spend(t, 300, noon.Add(time.Hour))
			p := pack(s.user)
			p.OrderNo = "more-" + s.id
			_, err := orders.Create(t.Context(), env.DB, p)
			require.NoError(t, err)
			at := s.start(1).Add(time.Hour)
			_, err = orders.MarkPaid(t.Context(), env.DB, orders.MarkPaidParams{OrderNo: p.OrderNo, PayRef: "pi_more" + s.id, At: at})
			require.NoError(t, err)
			s.spend(t, p.Credits, at.Add(time.Hour))
			_, err = orders.Refund(t.Context(), env.DB, orders.RefundParams{OrderNo: p.OrderNo, Total: p.Amount, At: at.Add(2 * time.Hour)})
			require.NoError(t, err)
			require.Equal(t, -p.Credits, s.has(t, at.Add(3*time.Hour)))
			s.pay(t, 0, grants, at.Add(4*time.Hour))
			assert.Equal(t, -p.Credits, s.has(t, at.Add(5*time.Hour)), s.id)
		}
		verify(t, env.DB)
	})
}

// What is held of a period when it is carried over stays there and expires, also where the
// period turns out to have granted more: with that, a renewal keeps no more than its maximum.
func TestAPeriodGrantsMoreThanWasHeld(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		for _, end := range []string{"released", "kept"} {
			var want []int64
			for _, told := range []int64{1300, 1000, 1100} { // in time, or not
				s := newSubscriber(t, env.DB, fmt.Sprintf("held-%s-%d", end, told), 800, 0)
				s.pay(t, 0, told, noon)
				_, err := credits.Hold(t.Context(), env.DB, credits.HoldParams{
					UserUUID: s.user, Amount: 400, Key: "hold", Timeout: 3 * period, At: noon.Add(time.Hour),
				})
				require.NoError(t, err)
				s.pay(t, 1, 1000, s.start(1))
				at := s.start(1).Add(time.Hour)
				if told != 1300 {
					s.pay(t, 0, 1200, at)
					s.pay(t, 0, 1300, at.Add(time.Hour))
				}
				if at = at.Add(2 * time.Hour); end == "released" {
					_, err = credits.Release(t.Context(), env.DB, credits.ReleaseParams{UserUUID: s.user, HoldKey: "hold", Key: "end", At: at})
					require.NoError(t, err)
				}
				got := []int64{s.has(t, at.Add(time.Hour))}
				s.pay(t, 2, 1000, s.start(2))
				got = append(got, s.has(t, s.start(2).Add(time.Hour)), s.has(t, s.start(5)))
				if want == nil {
					want = got
				}
				assert.Equal(t, want, got, s.id)
			}
		}
		verify(t, env.DB)
	})
}
