package orders_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/list"
	"github.com/chameleon-go/chameleon/orders"
)

// Orders at random moments, many of them around midnights and clock changes,
// are added up as the calendar of each zone has them.
func TestRevenue(t *testing.T) {
	zones := []string{"UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "America/Santiago", "Pacific/Apia"}
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		r := rand.New(rand.NewPCG(1, 2))
		change := time.Date(2026, 3, 29, 1, 0, 0, 0, time.UTC) // Berlin goes forward
		all := make([]orders.Order, 0, 400)
		for i := range cap(all) {
			at := change.Add(time.Duration(r.Int64N(int64(100*24*time.Hour))) - 70*24*time.Hour)
			if i%2 == 0 { // on a midnight of some zone, or a microsecond off it
				at = at.Truncate(30 * time.Minute).Add(time.Duration(r.IntN(3)-1) * time.Microsecond)
			}
			paid := int64(r.IntN(5000))
			o := orders.Order{
				OrderNo: fmt.Sprint(i), UserUUID: "u", Amount: paid + int64(r.IntN(2)), PaidAmount: &paid,
				Currency: []string{"USD", "EUR", "usd", ""}[r.IntN(4)], PaidAt: at.Truncate(time.Microsecond),
				Status: []orders.Status{"paid", "refunded", "failed", "paid"}[r.IntN(4)],
			}
			if o.Status == orders.StatusPaid && i%3 == 0 {
				o.RefundedAmount = paid / 2
			}
			if i%5 == 0 {
				o.PaidAmount = nil // another program's
			}
			all = append(all, o)
		}
		_, err := env.DB.NewInsert().Model(&all).ExcludeColumn("id").Exec(ctx)
		require.NoError(t, err)

		for _, zone := range zones {
			loc, err := time.LoadLocation(zone)
			require.NoError(t, err)
			at := change.Add(20 * 24 * time.Hour)
			got, err := orders.Revenue(ctx, env.DB, orders.RevenueParams{Location: loc, At: at})
			require.NoError(t, err)
			require.Len(t, got.Days, orders.DefaultDays)
			require.Equal(t, at.In(loc).Format(time.DateOnly), got.Days[89].Date)
			require.Equal(t, expected(all, got, loc), got, zone)
		}
	})
}

// expected adds orders up by the date that a calendar shows.
func expected(all []orders.Order, got *orders.RevenueResult, loc *time.Location) *orders.RevenueResult {
	want := &orders.RevenueResult{}
	currencies := []string{"", "EUR", "USD"}
	for _, currency := range currencies {
		want.Totals = append(want.Totals, orders.CurrencyRevenue{Currency: currency})
	}
	for _, day := range got.Days {
		day.Currencies = slices.Clone(want.Totals)
		want.Days = append(want.Days, day)
	}
	for i := range all {
		o := &all[i]
		d := slices.IndexFunc(want.Days, func(d orders.DayRevenue) bool {
			return d.Date == o.PaidAt.In(loc).Format(time.DateOnly)
		})
		if d < 0 || o.Status == orders.StatusFailed {
			continue
		}
		c := map[string]int{"": 0, "EUR": 1, "USD": 2, "usd": 2}[o.Currency]
		for _, sum := range []*orders.CurrencyRevenue{&want.Days[d].Currencies[c], &want.Totals[c]} {
			sum.Orders++
			sum.Gross += o.Paid()
			if o.Status == orders.StatusRefunded {
				sum.Refunded += o.Paid()
			} else {
				sum.Refunded += o.RefundedAmount
			}
			sum.Net = sum.Gross - sum.Refunded
		}
	}
	return want
}

func TestRevenueOfNothing(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		none, err := orders.Revenue(ctx, env.DB, orders.RevenueParams{Days: 3, Currency: "eur", At: noon})
		require.NoError(t, err)
		require.Len(t, none.Days, 3)
		for i, date := range []string{"2026-01-29", "2026-01-30", "2026-01-31"} {
			assert.Equal(t, date, none.Days[i].Date)
			assert.Equal(t, []orders.CurrencyRevenue{{Currency: "EUR"}}, none.Days[i].Currencies)
		}
		bought(t, env.DB, "ORD-1")
		one, err := orders.Revenue(ctx, env.DB, orders.RevenueParams{Days: 1, At: noon})
		require.NoError(t, err)
		assert.Equal(t, []orders.CurrencyRevenue{{Currency: "USD", Orders: 1, Gross: 1999, Net: 1999}}, one.Totals)
		euros, err := orders.Revenue(ctx, env.DB, orders.RevenueParams{Days: 1, Currency: "EUR", At: noon})
		require.NoError(t, err)
		assert.Equal(t, []orders.CurrencyRevenue{{Currency: "EUR"}}, euros.Totals)

		for field, p := range map[string]orders.RevenueParams{
			"Days": {Days: 367}, "Currency": {Currency: "euros"}, "At": {At: noon.AddDate(9000, 0, 0)},
		} {
			_, err := orders.Revenue(ctx, env.DB, p)
			var invalid *orders.InvalidError
			require.ErrorAs(t, err, &invalid, field)
			require.Equal(t, field, invalid.Field)
		}
	})
}

func TestListAll(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		for i := range 12 {
			_, err := env.DB.NewInsert().Model(&orders.Order{
				OrderNo: fmt.Sprint(i), UserUUID: fmt.Sprint("u", i%3), Status: []orders.Status{"paid", "pending"}[i%2],
				CreatedAt: noon.Add(time.Duration(i/4) * time.Hour),
			}).Exec(ctx)
			require.NoError(t, err)
		}
		for status, want := range map[orders.Status][]string{
			"":     {"11", "10", "9", "8", "7", "6", "5", "4", "3", "2", "1", "0"},
			"paid": {"10", "8", "6", "4", "2", "0"}, "failed": nil,
		} {
			for limit := 1; limit < 14; limit += 3 {
				var got []string
				p := orders.ListAllParams{Status: status, Limit: limit}
				for {
					page, err := orders.ListAll(ctx, env.DB, p)
					require.NoError(t, err)
					for _, o := range page.Items {
						got = append(got, o.OrderNo)
					}
					if p.Cursor = page.Next; p.Cursor == "" {
						break
					}
				}
				require.Equal(t, want, got, "status %q, pages of %d", status, limit)
			}
		}
		page, err := orders.ListAll(ctx, env.DB, orders.ListAllParams{Limit: 1})
		require.NoError(t, err)
		for field, p := range map[string]orders.ListAllParams{
			"Status": {Status: "lost"}, "Limit": {Limit: list.MaxLimit + 1}, "Cursor": {Cursor: page.Next, Status: "paid"},
		} {
			_, err := orders.ListAll(ctx, env.DB, p)
			var invalid *orders.InvalidError
			require.ErrorAs(t, err, &invalid, field)
			require.Equal(t, field, invalid.Field)
		}
	})
}
