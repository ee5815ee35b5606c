package chameleon_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/list"
	"github.com/chameleon-go/chameleon/orders"
)

// moves are the only ways that an order's status may go.
var moves = map[[2]orders.Status]bool{
	{orders.StatusPending, orders.StatusPaid}:      true,
	{orders.StatusPending, orders.StatusFailed}:    true,
	{orders.StatusPending, orders.StatusCancelled}: true,
	{orders.StatusFailed, orders.StatusPaid}:       true,
	{orders.StatusCancelled, orders.StatusPaid}:    true,
	{orders.StatusPaid, orders.StatusRefunded}:     true,
}

var orderRules = []rule{
	{name: "new_orders_are_pending", holds: func(t *testing.T, env *enginetest.Env) {
		o := stored(t, env.DB, buy(t, env.DB, orders.CreateParams{}))
		assert.Equal(t, orders.StatusPending, o.Status)
		assert.True(t, o.PaidAt.IsZero())
	}},
	{name: "status_goes_these_ways_only", holds: func(t *testing.T, env *enginetest.Env) {
		together(t, env.DB, func(tx bun.Tx) {
			for _, from := range statuses {
				for _, to := range statuses[1:] {
					no := buy(t, tx, orders.CreateParams{})
					move(t, tx, no, from)
					r, err := attempt(t, tx, no, to)
					switch {
					case from == to:
						require.NoError(t, err)
						assert.True(t, r.Replayed, "%s again", to)
					case moves[[2]orders.Status{from, to}]:
						require.NoError(t, err, "%s to %s", from, to)
						assert.Equal(t, to, r.Order.Status)
					default:
						var state *orders.StateError
						require.ErrorAs(t, err, &state, "%s to %s", from, to)
						assert.Equal(t, orders.StateError{OrderNo: no, From: from, To: to}, *state)
						assert.Equal(t, from, stored(t, tx, no).Status)
					}
				}
			}
		})
	}},
	{name: "state_error_names_both_states", holds: func(t *testing.T, env *enginetest.Env) {
		no := buy(t, env.DB, orders.CreateParams{})
		pay(t, env.DB, no, lastDay)
		_, err := attempt(t, env.DB, no, orders.StatusCancelled)
		require.EqualError(t, err, fmt.Sprintf("order %s is paid and cannot become cancelled", no))
	}},
	{name: "a_retry_pays_a_failed_order", holds: func(t *testing.T, env *enginetest.Env) {
		lateMoney(t, env, orders.StatusFailed)
	}},
	{name: "late_money_pays_a_cancelled_order", holds: func(t *testing.T, env *enginetest.Env) {
		lateMoney(t, env, orders.StatusCancelled)
	}},
	{name: "pay_type_stripe_or_creem", holds: func(t *testing.T, env *enginetest.Env) {
		for _, payType := range []orders.PayType{orders.PayTypeStripe, orders.PayTypeCreem} {
			assert.Equal(t, payType, stored(t, env.DB, buy(t, env.DB, orders.CreateParams{PayType: payType})).PayType)
		}
		assert.Equal(t, []orders.PayType{"stripe", "creem"}, []orders.PayType{orders.PayTypeStripe, orders.PayTypeCreem})
		refused(t, env.DB, "PayType", func(p *orders.CreateParams) { p.PayType = "PayPal" })
	}},
	{name: "amount_in_smallest_unit", holds: func(t *testing.T, env *enginetest.Env) {
		o := stored(t, env.DB, buy(t, env.DB, orders.CreateParams{Amount: 2_147_483_647, Currency: "JPY"}))
		assert.Equal(t, int64(2_147_483_647), o.Amount)
		refused(t, env.DB, "Amount", func(p *orders.CreateParams) { p.Amount = -1 })
		refused(t, env.DB, "Amount", func(p *orders.CreateParams) { p.Amount = 1<<53 + 1 })
	}},
	{name: "currency_iso_4217_upper_case", holds: func(t *testing.T, env *enginetest.Env) {
		assert.Equal(t, "EUR", stored(t, env.DB, buy(t, env.DB, orders.CreateParams{Amount: 5, Currency: "eur"})).Currency)
		refused(t, env.DB, "Currency", func(p *orders.CreateParams) { p.Currency = "dollars" })
		refused(t, env.DB, "Currency", func(p *orders.CreateParams) { p.Currency = "E1R" })
	}},
	{name: "interval_month_year_or_one_time", holds: func(t *testing.T, env *enginetest.Env) {
		for given, want := range map[orders.Interval]orders.Interval{
			"month": "month", "year": "year", "one-time": "one-time", "": "one-time",
			"week": "week", "quarter": "quarter", "half-year": "half-year",
		} {
			assert.Equal(t, want, stored(t, env.DB, buy(t, env.DB, orders.CreateParams{Interval: given})).Interval)
		}
		refused(t, env.DB, "Interval", func(p *orders.CreateParams) { p.Interval = "fortnight" })
	}},
	{name: "user_lists_newest_payment_first", holds: func(t *testing.T, env *enginetest.Env) {
		u := member(t, env.DB).UUID
		first := buy(t, env.DB, orders.CreateParams{UserUUID: u})
		second := buy(t, env.DB, orders.CreateParams{UserUUID: u, At: lastDay.Add(time.Minute)})
		unpaid := buy(t, env.DB, orders.CreateParams{UserUUID: u, At: lastDay.Add(2 * time.Minute)})
		pay(t, env.DB, second, lastDay.Add(time.Hour))
		pay(t, env.DB, first, lastDay.Add(2*time.Hour))
		page := ok(orders.List(t.Context(), env.DB, orders.ListParams{UserUUID: u}))(t)
		assert.Equal(t, []string{first, second, unpaid}, numbers(page))
	}},
	{name: "admin_lists_all_by_status", holds: func(t *testing.T, env *enginetest.Env) {
		at := time.Date(2041, 5, 1, 0, 0, 0, 0, time.UTC)
		pending := buy(t, env.DB, orders.CreateParams{At: at})
		failed := buy(t, env.DB, orders.CreateParams{At: at})
		ok(attempt(t, env.DB, failed, orders.StatusFailed))(t)
		for status, newest := range map[orders.Status]string{"": failed, orders.StatusPending: pending, orders.StatusFailed: failed} {
			page := ok(orders.ListAll(t.Context(), env.DB, orders.ListAllParams{Status: status, Limit: 1}))(t)
			assert.Equal(t, []string{newest}, numbers(page), status)
		}
	}},
	{name: "revenue_per_day_and_currency_for_90_days", holds: func(t *testing.T, env *enginetest.Env) {
		at := time.Date(2043, 5, 20, 12, 0, 0, 0, time.UTC)
		for _, amount := range []int64{1000, 500} {
			pay(t, env.DB, buy(t, env.DB, orders.CreateParams{Amount: amount, Currency: "USD"}), at)
		}
		pay(t, env.DB, buy(t, env.DB, orders.CreateParams{Amount: 700, Currency: "EUR"}), at.AddDate(0, 0, 1))
		r := ok(orders.Revenue(t.Context(), env.DB, orders.RevenueParams{At: at.AddDate(0, 0, 1)}))(t)
		require.Len(t, r.Days, 90)
		assert.Equal(t, []orders.CurrencyRevenue{{Currency: "EUR"}, {Currency: "USD"}}, r.Days[0].Currencies, "days without any are zero")
		assert.Equal(t, []orders.CurrencyRevenue{{Currency: "EUR"}, {Currency: "USD", Orders: 2, Gross: 1500, Net: 1500}}, r.Days[88].Currencies)
		assert.Equal(t, "2043-05-20", r.Days[88].Date)
		assert.Equal(t, []orders.CurrencyRevenue{
			{Currency: "EUR", Orders: 1, Gross: 700, Net: 700}, {Currency: "USD", Orders: 2, Gross: 1500, Net: 1500},
		}, r.Totals)
	}},
}

// statuses begins with that of a new order, which nothing goes back to.
var statuses = []orders.Status{
	orders.StatusPending, orders.StatusPaid, orders.StatusFailed, orders.StatusCancelled, orders.StatusRefunded,
}

// attempt calls the verb that sends an order to a status.
func attempt(t *testing.T, db bun.IDB, no string, to orders.Status) (*orders.Result, error) {
	t.Helper()
	switch at := lastDay.Add(time.Minute); to {
	case orders.StatusPaid:
		return orders.MarkPaid(t.Context(), db, orders.MarkPaidParams{OrderNo: no, At: at, MaxAhead: credits.AnyTime})
	case orders.StatusFailed:
		return orders.MarkFailed(t.Context(), db, orders.MarkFailedParams{OrderNo: no, At: at})
	case orders.StatusCancelled:
		return orders.Cancel(t.Context(), db, orders.CancelParams{OrderNo: no, At: at})
	default:
		return orders.Refund(t.Context(), db, orders.RefundParams{OrderNo: no, Total: 1999, At: at})
	}
}

// move brings a pending order to a status.
func move(t *testing.T, db bun.IDB, no string, to orders.Status) {
	t.Helper()
	if to == orders.StatusRefunded {
		ok(attempt(t, db, no, orders.StatusPaid))(t)
	}
	if to != orders.StatusPending {
		ok(attempt(t, db, no, to))(t)
	}
}

func lateMoney(t *testing.T, env *enginetest.Env, from orders.Status) {
	t.Helper()
	u := member(t, env.DB).UUID
	no := buy(t, env.DB, orders.CreateParams{UserUUID: u})
	move(t, env.DB, no, from)
	assert.Equal(t, orders.StatusPaid, pay(t, env.DB, no, lastDay.Add(time.Hour)).Order.Status)
	assert.Equal(t, int64(1100), balance(t, env.DB, u, lastDay.Add(time.Hour)).Available)
}

// refused creates an order with one field changed, which is to be named.
func refused(t *testing.T, db bun.IDB, field string, change func(p *orders.CreateParams)) {
	t.Helper()
	p := orders.CreateParams{UserUUID: uuid.NewString(), ProductID: "starter", Amount: 1, Currency: "USD", PayType: orders.PayTypeStripe}
	change(&p)
	_, err := orders.Create(t.Context(), db, p)
	var invalid *orders.InvalidError
	require.ErrorAs(t, err, &invalid)
	assert.Equal(t, field, invalid.Field)
}

func stored(t *testing.T, db bun.IDB, no string) *orders.Order {
	t.Helper()
	return ok(orders.Get(t.Context(), db, orders.GetParams{OrderNo: no}))(t)
}

func numbers(page *list.Page[orders.Order]) []string {
	var list []string
	for _, o := range page.Items {
		list = append(list, o.OrderNo)
	}
	return list
}
