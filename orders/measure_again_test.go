package orders_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/credits/audit"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/orders"
)

// early is a life of a subscription whose first period is stated before its changes are
// told, or after.
type early struct {
	*testing.T
	db         *bun.DB
	user, id   string
	start, end time.Time
	// stated is when the period is: before the changes, or late by its payment or by a
	// report on the subscription.
	stated string
}

// A change that is told while its period is computed from the payment leaves the same as
// one that is told after the provider stated the period, to the credit: then it is
// measured again.
func TestChangesBeforeTheirPeriodIsStated(t *testing.T) {
	t.Parallel()
	part := func(e *early, amount, seats int64, plan *orders.Plan, from time.Duration) orders.Line {
		return orders.Line{PriceID: "price", Quantity: seats, Amount: amount, Proration: true, Start: e.start.Add(from), End: e.end, Plan: plan}
	}
	days := func(n int) time.Duration { return time.Duration(n) * 24 * time.Hour }
	small, large := &orders.Plan{ProductID: "small", Credits: 6000}, &orders.Plan{ProductID: "large", Credits: 27000}
	lives := map[string]func(e *early){
		"more, then less": func(e *early) {
			e.prorate("in_1", 4200, part(e, -2100, 1, small, days(9)), part(e, 6300, 1, large, days(9)))
			e.prorate("in_2", 0, part(e, -5100, 1, large, days(13)), part(e, 1700, 1, small, days(13)))
		},
		"by its money": func(e *early) { e.prorate("in_1", 1700, part(e, 1700, 2, nil, days(13))) },
		"put off": func(e *early) {
			e.renew("in_1", whole(e.end, days(30)), part(e, -5700, 1, large, days(11)), part(e, 1900, 1, small, days(11)))
		},
		"put off, more": func(e *early) {
			e.renew("in_1", whole(e.end, days(30)), part(e, -1900, 1, small, days(11)), part(e, 5700, 1, large, days(11)))
		},
		"of a period that is told late": func(e *early) {
			second := whole(e.end, days(30))
			third := whole(second.End, days(31))
			from := second.Start.Add(days(7))
			parts := []orders.Line{
				{PriceID: "price", Amount: -2300, Proration: true, Start: from, End: second.End, Plan: small},
				{PriceID: "price", Amount: 6900, Proration: true, Start: from, End: second.End, Plan: large},
			}
			if e.stated == "first" {
				e.renew("in_1", second)
			}
			e.renew("in_2", third, parts...)
			e.renew("in_1", second)
		},
		"refunded": func(e *early) {
			e.prorate("in_1", 4200, part(e, -2100, 1, small, days(9)), part(e, 6300, 1, large, days(9)))
			_, err := orders.Refund(e.Context(), e.db, orders.RefundParams{
				Provider: orders.PayTypeStripe, PayRef: "pi_in_1" + e.id, Ref: "re_" + e.id, Total: 2100, At: e.start.Add(days(14)),
			})
			require.NoError(e, err)
		},
	}
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		for name, live := range lives {
			var want []string
			for i, stated := range []string{"first", "paid", "reported"} {
				id := strings.NewReplacer(" ", "-", ",", "").Replace(fmt.Sprintf("%s %d", name, i))
				start := time.Date(2026, 1, 10, 12, 0, 0, 0, time.UTC) // a month is a day longer than the period
				e := &early{
					T: t, db: env.DB, user: signUp(t, env.DB, id+"@example.com"), id: id,
					start: start, end: start.Add(days(30)), stated: stated,
				}
				got := e.live(live)
				if stated == "first" {
					want = got
				}
				assert.Equal(t, want, got, "%s, %s", name, stated)
			}
		}
		report, err := audit.Verify(t.Context(), env.DB, audit.VerifyParams{})
		require.NoError(t, err)
		assert.True(t, report.OK(), "%+v", report.Breaches)
	})
}

// live tells a life, and returns what is left of each order.
func (e *early) live(changes func(e *early)) (left []string) {
	e.Helper()
	_, err := orders.Create(e.Context(), e.db, orders.CreateParams{
		OrderNo: e.id, UserUUID: e.user, ProductID: "small", Amount: 3000, Currency: "USD",
		PayType: orders.PayTypeStripe, Interval: orders.IntervalMonth, Credits: 6000,
	})
	require.NoError(e, err)
	paid := orders.MarkPaidParams{
		OrderNo: e.id, SubID: "sub_" + e.id, PayRef: "pi_" + e.id, Paid: &orders.Money{Amount: 3000, Currency: "USD"},
		At: e.start.Add(9 * time.Second),
	}
	e.pay(paid)
	states := func() {
		if e.stated == "paid" {
			paid.PeriodStart, paid.PeriodEnd = e.start, e.end
			e.pay(paid)
			return
		}
		_, err := orders.SyncSubscription(e.Context(), e.db, orders.SyncSubscriptionParams{
			Provider: orders.PayTypeStripe, SubID: "sub_" + e.id, Status: orders.SubActive,
			PeriodStart: e.start, PeriodEnd: e.end, At: e.start.Add(time.Minute),
		})
		require.NoError(e, err)
	}
	if e.stated == "first" {
		states()
	}
	changes(e)
	states()
	states()
	list, err := orders.List(e.Context(), e.db, orders.ListParams{UserUUID: e.user})
	require.NoError(e, err)
	for _, o := range list.Items {
		left = append(left, fmt.Sprint(o.PeriodStart.Format(time.DateOnly), ": ", o.Credits, "-", o.RefundedCredits, "-", o.TakesBack, " for ", o.GivesBack))
	}
	slices.Sort(left)
	b, err := credits.Balance(e.Context(), e.db, credits.BalanceParams{UserUUID: e.user})
	require.NoError(e, err)
	return append(left, fmt.Sprint(b.Available-b.Debt))
}

func (e *early) pay(p orders.MarkPaidParams) {
	e.Helper()
	_, err := orders.MarkPaid(e.Context(), e.db, p)
	require.NoError(e, err)
}

func (e *early) prorate(ref string, paid int64, lines ...orders.Line) {
	e.Helper()
	_, err := orders.Prorate(e.Context(), e.db, orders.ProrateParams{
		SubID: "sub_" + e.id, Ref: ref, PayRef: "pi_" + ref + e.id, Lines: lines, At: lines[0].Start,
		Paid: &orders.Money{Amount: paid, Currency: "USD"},
	})
	require.NoError(e, err)
}

// whole is a line of a period.
func whole(start time.Time, length time.Duration) orders.Line {
	return orders.Line{
		PriceID: "price", Amount: 9000, Start: start, End: start.Add(length), Plan: &orders.Plan{ProductID: "large", Credits: 27000},
	}
}

// renew pays a later period, with parts of the one before.
func (e *early) renew(ref string, whole orders.Line, parts ...orders.Line) {
	e.Helper()
	_, err := orders.Renew(e.Context(), e.db, orders.RenewParams{
		SubID: "sub_" + e.id, PeriodStart: whole.Start, PeriodEnd: whole.End, Invoice: ref + e.id, PayRef: "pi_" + ref + e.id,
		Lines: append(parts, whole), Paid: &orders.Money{Amount: 5000, Currency: "USD"}, At: whole.Start, MaxAhead: credits.AnyTime,
	})
	require.NoError(e, err)
}
