package creem_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/orders"
)

// Changes of one subscription buy the same in whichever order they are told: two that keep
// the period, and one that begins the next one. What each leaves is in proportion.
func TestChangesToldInAnyOrder(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		s := newShop(t, env)
		s.config.Plan = func(product string) *orders.Plan {
			return map[string]*orders.Plan{
				"pro": {ProductID: "pro", Credits: 3000}, "team": {ProductID: "team", Credits: 9000}, "firm": {ProductID: "firm", Credits: 30000},
				"year": {ProductID: "year", Credits: 1000, Interval: orders.IntervalYear, Monthly: true},
			}[product]
		}
		start := s.now.AddDate(0, 0, -27)
		for _, turn := range [][]int{{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}} {
			id := string(rune('a'+turn[0])) + string(rune('a'+turn[1]))
			s.order(t, id, orders.IntervalMonth)
			period := func(product string, price, paid int64, day int, tran string) m {
				p := month(product, price, 1, paid, start, tran+id)
				p["id"], p["metadata"] = "sub_"+id, m{"order_no": id}
				p["current_period_end_date"] = start.AddDate(0, 0, 30)
				if product == "year" {
					p["current_period_start_date"], p["current_period_end_date"] = start.AddDate(0, 0, day), start.AddDate(0, 0, day+360)
					p["items"] = []m{{"units": 1}}
				}
				return p
			}
			events := []func(){
				func() { s.send(t, "subscription.paid", period("team", 9000, 4000, 10, "up1")) },
				func() { s.send(t, "subscription.paid", period("firm", 30000, 10500, 15, "up2")) },
				func() { s.send(t, "subscription.paid", period("year", 36000, 30000, 24, "year")) },
			}
			s.now = start
			s.send(t, "checkout.completed", checkout(id, m{"subscription": period("pro", 3000, 3000, 0, "first")}))
			for _, k := range turn {
				s.now = start.AddDate(0, 0, []int{10, 15, 24}[k])
				events[k]()
			}
			var all []orders.Order
			require.NoError(t, env.DB.NewSelect().Model(&all).Where("sub_id = ?", "sub_"+id).OrderExpr("period_start").Scan(t.Context()))
			got := make([]int64, 0, 8)
			for _, o := range all {
				got = append(got, o.Credits, o.Credits-o.RefundedCredits)
			}
			assert.Equal(t, []int64{500, 400, 5666, 3966, 10500, 6300, 1000, 1000}, got, "%v", turn)
		}
		verified(t, s)
	})
}
