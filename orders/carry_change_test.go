package orders_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/orders"
)

// A subscriber changes from a month to half a year and back to a month. What that keeps of the
// first month lives as long as the half year, also where the second month was told before it and
// money of the first had been given back meanwhile.
func TestALongerPeriodIsToldAfterTheMonthThatFollowsIt(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		for _, carry := range []int64{300, 5000} {
			for _, back := range []int64{1000, 600} {
				for _, turn := range []string{"half month back failed", "month half back failed", "month back half failed"} {
					s := newSubscriber(t, env.DB, fmt.Sprintf("change-%d-%d-%x", carry, back, turn), carry, 0)
					s.pay(t, 0, 1000, noon)
					renew := func(ref string, from, to int, grants int64) func(at time.Time) error {
						return func(at time.Time) error {
							_, err := orders.Renew(t.Context(), s.db, orders.RenewParams{
								SubID: "sub_" + s.id, PayRef: ref + s.id, PeriodStart: noon.AddDate(0, 0, from), PeriodEnd: noon.AddDate(0, 0, to),
								Credits: &grants, CarryOver: carry, CarryOverWithin: 300 * day, At: at,
							})
							return err
						}
					}
					refund := func(failed bool) func(at time.Time) error {
						return func(at time.Time) error {
							_, err := orders.Refund(t.Context(), s.db, orders.RefundParams{
								Provider: orders.PayTypeStripe, PayRef: "pi_" + s.id + "_0", Ref: "re_" + s.id, Total: back, Failed: failed, At: at,
							})
							return err
						}
					}
					tell := map[string]func(at time.Time) error{
						"half": renew("half", 20, 200, 12000), "month": renew("month", 25, 55, 500), "back": refund(false), "failed": refund(true),
					}
					at := noon.AddDate(0, 0, 61)
					s.spend(t, 1, at) // of the welcome: the first month and the second are over by now
					for event := range strings.FieldsSeq(turn) {
						for range 2 { // told twice
							at = at.Add(time.Hour)
							require.NoError(t, tell[event](at), "%s: %s", turn, event)
						}
					}
					got := []int64{s.has(t, at.Add(time.Hour)), s.has(t, noon.AddDate(0, 0, 199)), s.has(t, noon.AddDate(0, 0, 201))}
					kept := min(carry, 1000)
					assert.Equal(t, []int64{11999 + kept, 11999 + kept, -1}, got, "%s: %d back, at most %d kept", turn, back, carry)
				}
			}
		}
		verify(t, env.DB)
	})
}
