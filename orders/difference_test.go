package orders_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/orders"
)

// What a change within a period buys beyond what runs, of which the provider bills the net
// alone, is measured again when the period turns out to have bought something else.
func TestADifferenceIsMeasuredAgain(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		for _, grants := range []int64{400, 1600, 9000} {
			var want []int64
			for _, told := range []int64{grants, 1000} { // in time, or later
				s := newSubscriber(t, env.DB, fmt.Sprintf("net-%d-%d", grants, told), 0, 0)
				end := s.start(1)
				plan := func(credits int64) *orders.Plan { return &orders.Plan{ProductID: "pro", Credits: credits} }
				pay := func(grants int64, at time.Time) {
					_, err := orders.MarkPaid(t.Context(), env.DB, orders.MarkPaidParams{
						OrderNo: "O" + s.id, SubID: "sub_" + s.id, PayRef: "pi_" + s.id, PeriodStart: noon, PeriodEnd: end, Grants: &grants, At: at,
						Lines: []orders.Line{{PriceID: "basic", Quantity: 1, Amount: 1000, Start: noon, End: end, Plan: plan(1000)}},
					})
					require.NoError(t, err)
				}
				change := func(n int, price string, credits, paid int64) {
					_, err := orders.Renew(t.Context(), env.DB, orders.RenewParams{
						SubID: "sub_" + s.id, PayRef: fmt.Sprintf("pi_%d_%s", n, s.id), PeriodStart: noon, PeriodEnd: end, Netted: true,
						Paid: &orders.Money{Amount: paid, Currency: "USD"}, At: s.start(0).Add(time.Duration(n) * 10 * 24 * time.Hour),
						Lines: []orders.Line{{PriceID: price, Quantity: 1, Amount: 3 * paid, Start: noon, End: end, Plan: plan(credits)}},
					})
					require.NoError(t, err)
				}
				pay(told, noon)
				change(1, "pro", 4000, 2000)
				change(2, "max", 10000, 2000)
				if told != grants {
					pay(grants, noon.Add(21*24*time.Hour))
				}
				got := []int64{s.has(t, noon.Add(22*24*time.Hour))}
				pay(grants, noon.Add(23*24*time.Hour))
				got = append(got, s.has(t, noon.Add(24*24*time.Hour)), s.has(t, end))
				if want == nil {
					want = got
				}
				assert.Equal(t, want, got, s.id)
			}
		}
		verify(t, env.DB)
	})
}
