package creem_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/orders"
)

// monthlyYear is a customer who bought a year of 1,000 credits each month, which began
// half a year ago.
type monthlyYear struct {
	*shop
	start time.Time
	no    string
}

func beginYear(t *testing.T, env *enginetest.Env, no string) *monthlyYear {
	t.Helper()
	s := newShopOf(t, env, no+"@example.com")
	each := map[string]int64{"pro": 1000, "mini": 500, "some": 750, "same": 1000, "team": 3000, "max": 5000}
	s.config.Plan = func(product string) *orders.Plan {
		if product == "lump" {
			return &orders.Plan{ProductID: product, Credits: 24000, Interval: orders.IntervalYear}
		}
		return &orders.Plan{ProductID: product, Credits: each[product], Interval: orders.IntervalYear, Monthly: true}
	}
	y := &monthlyYear{shop: s, start: s.now.AddDate(0, -8, -10), no: no}
	if day := y.start.Day(); day > 28 { // which not every month has
		y.start = y.start.AddDate(0, 0, 28-day)
	}
	_, err := orders.Create(t.Context(), env.DB, orders.CreateParams{
		OrderNo: no, UserUUID: s.user, ProductID: "pro", Amount: 12000, Currency: "EUR", PayType: orders.PayTypeCreem,
		Interval: orders.IntervalYear, Credits: 1000, Monthly: true, At: y.start,
	})
	require.NoError(t, err)
	y.pays(t, 0, "pro", 12000, 1, 12000, "tran_first")
	return y
}

// pays tells, so many months after the start, of a payment in the year.
func (y *monthlyYear) pays(t *testing.T, months int, product string, price, units, paid int64, tran string) {
	t.Helper()
	sub := month(product, price, units, paid, y.start, tran+y.no)
	sub["id"], sub["metadata"], sub["current_period_end_date"] = "sub_"+y.no, m{"order_no": y.no}, y.start.AddDate(1, 0, 0)
	y.now = y.start.AddDate(0, months, 0)
	y.send(t, "subscription.paid", sub)
}

// paidOut runs the sweep until a day after so many months, and returns what all months
// together granted and kept.
func (y *monthlyYear) paidOut(t *testing.T, months int) (sum int64) {
	t.Helper()
	_, err := orders.PayOut(t.Context(), y.env.DB, orders.PayOutParams{At: y.start.AddDate(0, months, 1)})
	require.NoError(t, err)
	page, err := orders.List(t.Context(), y.env.DB, orders.ListParams{UserUUID: y.user, Limit: 100})
	require.NoError(t, err)
	for _, o := range page.Items {
		sum += o.Credits - o.RefundedCredits
	}
	return sum
}

// A change within a year that is paid out monthly changes what each month of the rest
// grants, whichever of two is told first; its refund undoes that.
func TestChangeWithinAYearThatIsPaidOutMonthly(t *testing.T) {
	t.Parallel()
	up := func(t *testing.T, y *monthlyYear) { y.pays(t, 3, "team", 36000, 1, 18000, "tran_up") }
	more := func(t *testing.T, y *monthlyYear) { y.pays(t, 5, "max", 60000, 1, 14000, "tran_more") }
	less := func(t *testing.T, y *monthlyYear) { y.pays(t, 5, "mini", 6000, 1, 0, "tran_less") }
	histories := map[string]struct {
		does []func(*testing.T, *monthlyYear)
		want int64
	}{
		"up":                   {does: []func(*testing.T, *monthlyYear){up}, want: 3*1000 + 5*3000},
		"twice":                {does: []func(*testing.T, *monthlyYear){up, more}, want: 3*1000 + 2*3000 + 3*5000},
		"the second one first": {does: []func(*testing.T, *monthlyYear){more, up}, want: 3*1000 + 2*3000 + 3*5000},
		"up and down":          {does: []func(*testing.T, *monthlyYear){up, less}, want: 3*1000 + 2*3000 + 3*500},
		"to a plan of the same credits": {does: []func(*testing.T, *monthlyYear){func(t *testing.T, y *monthlyYear) {
			y.pays(t, 3, "same", 24000, 1, 9000, "tran_same")
		}}, want: 8 * 1000},
		"seats": {does: []func(*testing.T, *monthlyYear){func(t *testing.T, y *monthlyYear) {
			y.pays(t, 3, "pro", 12000, 2, 9000, "tran_seat")
		}}, want: 3*1000 + 5*2000},
		"told late": {does: []func(*testing.T, *monthlyYear){func(t *testing.T, y *monthlyYear) { y.paidOut(t, 6) }, up}, want: 3*1000 + 5*3000},
		"given back": {does: []func(*testing.T, *monthlyYear){up, func(t *testing.T, y *monthlyYear) {
			y.send(t, "refund.created", m{
				"id": "ref_1", "status": "succeeded", "refund_amount": 18000,
				"transaction": m{"id": "tran_up" + y.no, "amount_paid": 18000},
			})
		}}, want: 8 * 1000},
	}
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		for name, h := range histories {
			y := beginYear(t, env, strings.ReplaceAll(name, " ", "-"))
			for _, does := range h.does {
				does(t, y)
			}
			assert.Equal(t, h.want, y.paidOut(t, 7), name)
			verified(t, y.shop)
		}
	})
}

// Of several changes within such a year any may be told first, after months were paid out
// as well: what each grants and takes, month by month, is as if they had been told in
// their order. A change may turn out to be one to less, or to more, by another.
func TestChangesWithinAYearToldInAnyOrder(t *testing.T) {
	t.Parallel()
	change := func(months int, product string, units, paid int64) func(*testing.T, *monthlyYear) {
		return func(t *testing.T, y *monthlyYear) {
			y.pays(t, months, product, map[string]int64{"pro": 12000, "mini": 6000, "some": 9000, "team": 36000, "lump": 24000, "max": 60000}[product],
				units, paid, "tran_"+strconv.Itoa(months))
		}
	}
	type changes = []func(*testing.T, *monthlyYear)
	histories := map[string]changes{
		"seats":             {change(3, "pro", 2, 9000), change(5, "pro", 3, 7000), change(6, "pro", 5, 12000)},
		"a peak":            {change(3, "max", 1, 30000), change(5, "team", 1, 0), change(6, "pro", 2, 0)},
		"a valley":          {change(3, "mini", 1, 0), change(5, "some", 1, 1000), change(6, "pro", 1, 1000)},
		"all at once first": {change(3, "lump", 1, 9000), change(5, "team", 1, 7000), change(6, "max", 1, 12000)},
		"all at once last":  {change(3, "team", 1, 18000), change(5, "max", 1, 14000), change(6, "lump", 3, 6000)},
	}
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		for name, h := range histories {
			var want []int64
			for i, turn := range [][]int{{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {2, 1, 0}} {
				y := beginYear(t, env, strings.ReplaceAll(name, " ", "-")+strconv.Itoa(i))
				for k, which := range turn {
					if h[which](t, y); k == 1 && i%2 == 1 {
						y.paidOut(t, 7)
					}
				}
				got := append([]int64{y.paidOut(t, 7)}, y.bought(t)...)
				if i == 0 {
					want = got
				}
				assert.Equal(t, want, got, "%s, told %v", name, turn)
				verified(t, y.shop)
			}
		}
	})
}

// bought is what each change grants, of how many months, and what is left of that.
func (y *monthlyYear) bought(t *testing.T) (all []int64) {
	t.Helper()
	var found []orders.Order
	require.NoError(t, y.env.DB.NewSelect().Model(&found).Where("sub_id = ?", "sub_"+y.no).OrderExpr("period_start, grants DESC, credits DESC").Scan(t.Context()))
	for _, o := range found {
		if o.Credits+o.TakesBack == 0 { // a month of which nothing is left
			continue
		}
		all = append(all, o.Credits, o.TakesBack, o.Grants, o.RefundedCredits)
	}
	return all
}
