package orders_test

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/calendar"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/orders"
)

// asked draws a time in a zone, some of whose days begin within a quarter of an hour.
func asked(t *testing.T, r *rand.Rand) orders.RevenueParams {
	t.Helper()
	p := orders.RevenueParams{Period: []calendar.Unit{calendar.Day, calendar.Week, calendar.Month}[r.IntN(3)]}
	switch name := []string{"UTC", "Europe/Berlin", "Asia/Kathmandu", "Australia/Lord_Howe", "odd"}[r.IntN(5)]; name {
	case "odd":
		p.Location = time.FixedZone("odd", 19*60+32)
	default:
		loc, err := time.LoadLocation(name)
		require.NoError(t, err)
		p.Location = loc
	}
	switch r.IntN(3) {
	case 0:
		p.Days, p.At = 1+r.IntN(100), noon.AddDate(0, 0, r.IntN(200))
	case 1: // on no quarter of an hour
		p.From = noon.Add(-time.Duration(r.Int64N(int64(100*24*time.Hour/time.Microsecond))) * time.Microsecond)
		p.To = noon.Add(time.Duration(r.Int64N(int64(100*24*time.Hour/time.Microsecond))) * time.Microsecond)
	default:
		p.From, p.To = time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(1970, 6, 1, 0, 0, 0, 0, time.UTC)
	}
	if r.IntN(4) == 0 {
		p.Currency = "EUR"
	}
	return p
}

// added adds orders up one by one, by the edges of a result's periods.
func added(all []orders.Order, got *orders.RevenueResult, currency string) *orders.RevenueResult {
	want := &orders.RevenueResult{Totals: []orders.CurrencyRevenue{}}
	for _, total := range got.Totals {
		want.Totals = append(want.Totals, orders.CurrencyRevenue{Currency: total.Currency})
	}
	zeros := slices.Clone(want.Totals)
	for _, day := range got.Days {
		day.Currencies = slices.Clone(zeros)
		for _, o := range all {
			if o.Status != orders.StatusPaid && o.Status != orders.StatusRefunded || o.PaidAt.IsZero() ||
				o.PaidAt.Before(day.From) || !o.PaidAt.Before(day.To) || currency != "" && strings.ToUpper(o.Currency) != currency {
				continue
			}
			for i := range want.Totals {
				if want.Totals[i].Currency != strings.ToUpper(o.Currency) {
					continue
				}
				for _, sum := range []*orders.CurrencyRevenue{&day.Currencies[i], &want.Totals[i]} {
					sum.Orders++
					sum.Gross += o.Paid()
					sum.Tax += o.PaidTax
					if sum.Refunded += o.RefundedAmount; o.Status == orders.StatusRefunded {
						sum.Refunded += o.Paid() - o.RefundedAmount
					}
					sum.Net = sum.Gross - sum.Refunded
				}
			}
		}
		want.Days = append(want.Days, day)
	}
	return want
}

// agree compares a statistic with the orders that the same database shows.
func agree(t *testing.T, db bun.IDB, p orders.RevenueParams) bool {
	t.Helper()
	got, err := orders.Revenue(t.Context(), db, p)
	if !assert.NoError(t, err) {
		return false
	}
	var all []orders.Order
	if !assert.NoError(t, db.NewSelect().Model(&all).Scan(t.Context())) {
		return false
	}
	seen := 0
	for _, total := range got.Totals {
		seen += int(total.Orders)
	}
	within := 0
	for _, o := range all {
		if (o.Status == orders.StatusPaid || o.Status == orders.StatusRefunded) && !o.PaidAt.IsZero() &&
			!o.PaidAt.Before(got.Days[0].From) && o.PaidAt.Before(got.Days[len(got.Days)-1].To) &&
			(p.Currency == "" || strings.ToUpper(o.Currency) == p.Currency) {
			within++
		}
	}
	return assert.Equal(t, within, seen, "%+v", p) && assert.Equal(t, added(all, got, p.Currency), got, "%+v", p)
}

// foreign stores an order as another program does, with anything in it.
func foreign(t *testing.T, db bun.IDB, r *rand.Rand, no string, at time.Time) {
	t.Helper()
	o := orders.Order{
		OrderNo: no, UserUUID: "u", Amount: int64(r.IntN(5000)), Currency: []string{"USD", "EUR", "eur", "", "é"}[r.IntN(5)],
		Status: []orders.Status{"paid", "refunded", "failed", "pending"}[r.IntN(4)], PaidAt: at,
	}
	switch r.IntN(8) {
	case 0:
		o.Amount = -o.Amount
	case 1:
		paid := o.Amount / 2
		o.PaidAmount, o.RefundedAmount, o.PaidTax = &paid, paid/3, paid/5
	case 2:
		o.PaidAt = time.Time{}
	}
	_, err := db.NewInsert().Model(&o).ExcludeColumn("id").Exec(t.Context())
	require.NoError(t, err)
}

// TestTotalsAreTheOrders: whatever verbs and other programs do to orders, and whenever
// they are counted, revenue is what the orders add up to.
func TestTotalsAreTheOrders(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := t.Context()
		r := rand.New(rand.NewPCG(14, 1))
		buyer := signUp(t, env.DB, "buyer@example.com")
		clock, bought := noon, []string{}
		var counted, rebuilt int64
		keep := func(at time.Time) {
			kept, err := orders.KeepTotals(ctx, env.DB, orders.KeepTotalsParams{At: at})
			require.NoError(t, err)
			counted += kept.Counted
		}
		for step := range 60 {
			clock = clock.Add(time.Duration(r.IntN(30*3600)) * time.Second)
			at := noon.Add(time.Duration(r.Int64N(int64(150*24*time.Hour/time.Microsecond))-int64(60*24*time.Hour/time.Microsecond)) * time.Microsecond)
			no := fmt.Sprint("N", step)
			switch r.IntN(9) {
			case 0, 1, 2:
				if r.IntN(20) == 0 {
					at = time.Date(1970, 1, 1, 0, r.IntN(40), 0, 0, time.UTC)
				}
				foreign(t, env.DB, r, no, at)
			case 3, 4:
				order(t, env.DB, no, pack(buyer))
				_, err := orders.MarkPaid(ctx, env.DB, orders.MarkPaidParams{OrderNo: no, PayRef: "pi_" + no, At: clock})
				require.NoError(t, err)
				bought = append(bought, no)
			case 5:
				if len(bought) > 0 {
					_, err := orders.Refund(ctx, env.DB, orders.RefundParams{
						OrderNo: bought[r.IntN(len(bought))], Total: int64(r.IntN(1999)), At: clock,
					})
					require.NoError(t, err)
				}
			case 6:
				keep(clock.AddDate(0, 0, r.IntN(60)-30))
			case 7: // another program is paid
				_, err := env.DB.NewUpdate().Model((*orders.Order)(nil)).Set("status = 'paid'").Set("paid_at = ?", at).
					Where("status = 'pending'").Where("counted IS NULL").Exec(ctx)
				require.NoError(t, err)
			case 8: // or removes and changes orders that were counted, and says so
				keep(clock)
				for _, q := range []string{"DELETE FROM orders WHERE user_uuid = 'u' AND amount < 400", "UPDATE orders SET amount = amount + 1 WHERE user_uuid = 'u'"} {
					_, err := env.DB.ExecContext(ctx, q)
					require.NoError(t, err)
				}
				done, err := orders.RebuildTotals(ctx, env.DB, orders.RebuildTotalsParams{})
				require.NoError(t, err)
				rebuilt += done.Uncounted
			}
			if !agree(t, env.DB, asked(t, r)) {
				t.FailNow()
			}
		}
		require.Positive(t, counted)
		require.Positive(t, rebuilt)
		keep(clock.AddDate(1, 0, 0))
		for range 10 {
			require.True(t, agree(t, env.DB, asked(t, r)))
		}
		verify(t, env.DB)
	})
}

// TestTotalsWhileOthersWrite: what a snapshot shows of totals and of orders agrees at
// any moment, also of transactions that are open while others count, with times long past.
func TestTotalsWhileOthersWrite(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := t.Context()
		buyer := signUp(t, env.DB, "buyer@example.com")
		for i := range 8 {
			no := fmt.Sprint("B", i)
			order(t, env.DB, no, pack(buyer))
			_, err := orders.MarkPaid(ctx, env.DB, orders.MarkPaidParams{OrderNo: no, PayRef: "pi_" + no, At: noon.Add(time.Duration(i) * time.Minute)})
			require.NoError(t, err)
		}
		var all sync.WaitGroup
		writing := make(chan struct{})
		worker := func(seed uint64, rounds int, do func(r *rand.Rand, i int) error) {
			all.Go(func() {
				r := rand.New(rand.NewPCG(seed, 3))
				for i := range rounds {
					if !assert.NoError(t, do(r, i)) {
						return
					}
				}
			})
		}
		for w := range uint64(2) { // late and long
			worker(w, 12, func(r *rand.Rand, i int) error {
				return dialect.InTx(ctx, env.DB, func(ctx context.Context, tx bun.Tx) error {
					o := orders.Order{
						OrderNo: fmt.Sprint("L", w, "-", i), UserUUID: "u", Amount: int64(r.IntN(90)), Currency: "USD", Status: orders.StatusPaid,
						PaidAt: noon.AddDate(0, 0, -r.IntN(40)),
					}
					_, err := tx.NewInsert().Model(&o).ExcludeColumn("id").Exec(ctx)
					time.Sleep(time.Duration(r.IntN(20)) * time.Millisecond)
					return err
				})
			})
			worker(10+w, 12, func(r *rand.Rand, i int) error {
				_, err := orders.Refund(ctx, env.DB, orders.RefundParams{
					OrderNo: fmt.Sprint("B", r.IntN(8)), Total: int64(100*i + r.IntN(100)), At: noon.Add(time.Hour),
				})
				return err
			})
		}
		worker(30, 3, func(*rand.Rand, int) error {
			time.Sleep(20 * time.Millisecond)
			_, err := orders.RebuildTotals(ctx, env.DB, orders.RebuildTotalsParams{From: noon.AddDate(0, 0, -5), To: noon.AddDate(0, 0, 1)})
			return err
		})
		go func() {
			all.Wait()
			close(writing)
		}()
		var others sync.WaitGroup
		until := func(do func() bool) {
			others.Go(func() {
				for do() {
					select {
					case <-writing:
						return
					default:
					}
				}
			})
		}
		for range 2 {
			until(func() bool {
				_, err := orders.KeepTotals(ctx, env.DB, orders.KeepTotalsParams{At: noon.AddDate(0, 1, 0)})
				return assert.NoError(t, err)
			})
		}
		until(func() bool {
			var opts *sql.TxOptions
			if env.Engine != dialect.SQLite {
				opts = &sql.TxOptions{Isolation: sql.LevelRepeatableRead}
			}
			tx, err := env.DB.BeginTx(ctx, opts)
			if !assert.NoError(t, err) {
				return false
			}
			defer func() { _ = tx.Rollback() }()
			return agree(t, tx, orders.RevenueParams{Days: 50, At: noon})
		})
		others.Wait()
		agree(t, env.DB, orders.RevenueParams{Days: 50, At: noon})
		verify(t, env.DB)
	})
}

// TestTotalsTooLarge: sums that 64 bits do not hold are in no total, and what a refund
// takes out of totals goes back into one.
func TestTotalsTooLarge(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := t.Context()
		for i := range 3 {
			_, err := env.DB.NewInsert().Model(&orders.Order{
				OrderNo: fmt.Sprint(i), UserUUID: "u", Amount: math.MaxInt64/2 + 1, Currency: "USD", Status: orders.StatusPaid, PaidAt: noon,
			}).ExcludeColumn("id").Exec(ctx)
			require.NoError(t, err)
		}
		kept, err := orders.KeepTotals(ctx, env.DB, orders.KeepTotalsParams{At: noon.Add(time.Hour)})
		require.NoError(t, err)
		require.EqualValues(t, 1, kept.Counted)
		_, err = orders.Revenue(ctx, env.DB, orders.RevenueParams{Days: 1, At: noon})
		if env.Engine != dialect.SQLite { // which adds up 64-bit numbers, and says so itself
			require.ErrorIs(t, err, dialect.ErrSumTooLarge)
		}
		require.Error(t, err)
		again, err := orders.KeepTotals(ctx, env.DB, orders.KeepTotalsParams{At: noon.Add(time.Hour)})
		require.NoError(t, err)
		t.Log(again.Counted, "more, beside a total that holds no more")

		for _, wrong := range []func() error{
			func() error {
				_, err := orders.KeepTotals(ctx, env.DB, orders.KeepTotalsParams{At: time.Date(1950, 1, 1, 0, 0, 0, 0, time.UTC)})
				return err
			},
			func() error {
				_, err := orders.RebuildTotals(ctx, env.DB, orders.RebuildTotalsParams{From: time.Date(99_999, 1, 1, 0, 0, 0, 0, time.UTC)})
				return err
			},
		} {
			require.ErrorIs(t, wrong(), orders.ErrInvalid)
		}
	})
}
