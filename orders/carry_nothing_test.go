package orders_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/orders"
)

// A change that tops up grants nothing where what runs is worth more, and something once that turns
// out to be less. It then keeps what is left of the period before, as if it had been known.
func TestAChangeThatGrantedNothingCarriesOver(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		for _, most := range []int64{300, 5000} {
			var want []int64
			for i, grants := range [][]int64{{1000}, {4000, 1000}, {1000, 4000, 1000}, {4000, 1000, 5000, 1000}} {
				s := newSubscriber(t, env.DB, fmt.Sprintf("more-%d-%d", most, i), most, 0)
				day := func(n int) told { return told{name: "A", period: "A", from: 0, to: 30, grants: grants[n]} }
				require.NoError(t, s.tell(t.Context(), day(0), noon))
				s.spend(t, 200, noon.AddDate(0, 0, 1))
				change := func() {
					from, until := noon.AddDate(0, 0, 15), noon.AddDate(0, 0, 45)
					_, err := orders.Renew(t.Context(), env.DB, orders.RenewParams{
						SubID: "sub_" + s.id, PayRef: "pi_change" + s.id, Invoice: "in_" + s.id, PeriodStart: from, PeriodEnd: until, At: from,
						Paid: &orders.Money{Amount: 1500, Currency: "USD"}, Change: orders.ChangeTopUp, CarryOver: most,
						Lines: []orders.Line{
							{PriceID: "small", Amount: -500, Proration: true, Start: from, End: noon.AddDate(0, 0, 30)},
							{PriceID: "large", Amount: 2000, Start: from, End: until, Plan: &orders.Plan{ProductID: "large", Credits: 2000}},
						},
					})
					require.NoError(t, err)
				}
				change()
				for n := 1; n < len(grants); n++ {
					for range 2 { // told twice
						require.NoError(t, s.tell(t.Context(), day(n), noon.AddDate(0, 0, 15+n)))
					}
				}
				change()
				var has []int64
				for _, d := range []int{29, 31, 46} {
					has = append(has, s.has(t, noon.AddDate(0, 0, d)))
				}
				if want == nil {
					assert.Equal(t, []int64{2300, 1500 + min(most, 800), 0}, has)
					want = has
				}
				assert.Equal(t, want, has, "at most %d: %v", most, grants)
			}
		}
		verify(t, env.DB)
	})
}
