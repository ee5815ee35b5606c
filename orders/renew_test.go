package orders_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/affiliates"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/orders"
)

// subscribed is a monthly subscription, paid for the first time at noon; start,
// when set, is what the provider said about the period.
func subscribed(t *testing.T, db bun.IDB, no, sub string, start time.Time) (buyer string) {
	t.Helper()
	_, buyer = invited(t, db, strings.ToLower(no))
	p := pack(buyer)
	p.Interval = orders.IntervalMonth
	order(t, db, no, p)
	_, err := orders.MarkPaid(context.Background(), db, orders.MarkPaidParams{
		OrderNo: no, SubID: sub, PeriodStart: start, At: noon,
	})
	require.NoError(t, err)
	return buyer
}

func date(month time.Month, day int) time.Time {
	return time.Date(2026, month, day, 12, 0, 0, 0, time.UTC)
}

func TestRenew(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		buyer := subscribed(t, env.DB, "ORD-1", "sub_1", noon)
		// Out of order, and each period ends where the next begins.
		for _, c := range []struct{ start, end time.Time }{
			{date(3, 31), date(4, 30)}, {date(2, 28), date(3, 31)}, {date(4, 30), date(5, 31)},
		} {
			p := orders.RenewParams{SubID: "sub_1", PeriodStart: c.start, At: c.start.Add(time.Minute)}
			r, err := orders.Renew(ctx, env.DB, p)
			require.NoError(t, err)
			assert.False(t, r.Replayed)
			stored := get(t, env.DB, r.Order.OrderNo)
			assert.Equal(t, orders.StatusPaid, stored.Status)
			assert.Equal(t, "ORD-1", stored.FirstOrderNo)
			assert.Equal(t, buyer, stored.UserUUID)
			assert.Equal(t, int64(1999), stored.Paid())
			assert.True(t, c.end.Equal(stored.PeriodEnd), "%s", stored.PeriodEnd)
			assert.True(t, c.end.Equal(stored.CreditsExpireAt))
			assert.Equal(t, "order:"+stored.OrderNo+":grant", r.Operation.Key)
			assert.Equal(t, int64(99), r.Commission.CommissionAmount, "renewals earn, too")

			p.At = p.At.Add(time.Hour)
			again, err := orders.Renew(ctx, env.DB, p)
			require.NoError(t, err)
			assert.True(t, again.Replayed)
			assert.Equal(t, stored.OrderNo, again.Order.OrderNo)
			assert.Equal(t, r.Operation.Entries, again.Operation.Entries)
		}
		first, err := orders.Renew(ctx, env.DB, orders.RenewParams{SubID: "sub_1", PeriodStart: noon})
		require.NoError(t, err)
		assert.True(t, first.Replayed)
		assert.Equal(t, "ORD-1", first.Order.OrderNo)

		bySub, err := orders.Get(ctx, env.DB, orders.GetParams{SubID: "sub_1"})
		require.NoError(t, err)
		assert.Equal(t, "ORD-1", bySub.OrderNo)
		page, err := orders.List(ctx, env.DB, orders.ListParams{UserUUID: buyer})
		require.NoError(t, err)
		assert.Len(t, page.Items, 4)
		verify(t, env.DB)
	})
}

func TestRenewConcurrently(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		buyer := subscribed(t, env.DB, "ORD-1", "sub_1", time.Time{})
		numbers := make([]string, 12)
		var all sync.WaitGroup
		for i := range numbers {
			all.Go(func() {
				start := noon // the first period, as a renewal
				if i%2 == 1 {
					start = date(2, 28)
				}
				r, err := orders.Renew(ctx, env.DB, orders.RenewParams{SubID: "sub_1", PeriodStart: start, At: noon})
				if assert.NoError(t, err) {
					numbers[i] = r.Order.OrderNo
				}
			})
		}
		all.Wait()
		for i, no := range numbers {
			if i%2 == 0 {
				assert.Equal(t, "ORD-1", no)
			} else {
				assert.Equal(t, numbers[1], no)
			}
		}
		assert.Equal(t, int64(2100), available(t, env.DB, buyer))
		verify(t, env.DB)
	})
}

func TestRenewRecognisesTheFirstPeriod(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		renew := func(p orders.RenewParams) *orders.Result {
			p.At = noon
			r, err := orders.Renew(ctx, env.DB, p)
			require.NoError(t, err)
			return r
		}
		subscribed(t, env.DB, "ORD-1", "sub_1", time.Time{})
		assert.Equal(t, "ORD-1", renew(orders.RenewParams{SubID: "sub_1", PeriodStart: date(1, 29)}).Order.OrderNo,
			"the payment took two days")
		stored := get(t, env.DB, "ORD-1")
		assert.True(t, date(1, 29).Equal(stored.PeriodStart))
		assert.False(t, renew(orders.RenewParams{SubID: "sub_1", PeriodStart: date(1, 28)}).Replayed,
			"the first order has its period now")

		subscribed(t, env.DB, "ORD-2", "sub_2", time.Time{})
		assert.True(t, renew(orders.RenewParams{SubID: "sub_2", PeriodStart: noon.Add(time.Minute)}).Replayed, "clocks differ")
		subscribed(t, env.DB, "ORD-3", "sub_3", time.Time{})
		assert.False(t, renew(orders.RenewParams{SubID: "sub_3", PeriodStart: noon.AddDate(0, 0, 14)}).Replayed, "after a trial")
		subscribed(t, env.DB, "ORD-4", "sub_4", time.Time{})
		_, err := orders.MarkPaid(ctx, env.DB, orders.MarkPaidParams{OrderNo: "ORD-4", PayRef: "pi_1"})
		require.NoError(t, err)
		assert.False(t, renew(orders.RenewParams{SubID: "sub_4", PeriodStart: noon, PayRef: "pi_2"}).Replayed, "another payment")
		assert.True(t, renew(orders.RenewParams{SubID: "sub_4", PeriodStart: noon.Add(time.Second), PayRef: "pi_1"}).Replayed)
	})
}

func TestRenewPlansAndMoney(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		buyer := subscribed(t, env.DB, "ORD-1", "sub_1", noon)
		p := orders.RenewParams{
			SubID: "sub_1", PeriodStart: date(2, 28), PayRef: "pi_2", At: date(2, 28),
			Paid: &orders.Money{Amount: 19_900, Currency: "usd"},
			Plan: &orders.Plan{ProductID: "pro", ProductName: "Pro", Credits: 5000, Interval: orders.IntervalYear},
		}
		_, err := orders.FailRenewal(ctx, env.DB, orders.FailRenewalParams{
			SubID: "sub_1", PeriodStart: p.PeriodStart, Reason: "card expired", At: p.At,
		})
		require.NoError(t, err)
		r, err := orders.Renew(ctx, env.DB, p)
		require.NoError(t, err)
		stored := get(t, env.DB, r.Order.OrderNo)
		assert.Equal(t, "pro", stored.ProductID)
		assert.Equal(t, int64(19_900), stored.Amount)
		assert.Equal(t, orders.IntervalYear, stored.Interval)
		assert.Equal(t, "2027-01-31", stored.PeriodEnd.UTC().Format(time.DateOnly), "the anniversary of the first period")
		assert.Empty(t, stored.FailureReason)
		assert.Equal(t, int64(3980), r.Commission.CommissionAmount, "20 % from 100.00")
		assert.Equal(t, int64(5000), balanceAt(t, env.DB, buyer, date(3, 1))-100)

		p.PeriodStart, p.PayRef = date(3, 28), "pi_3"
		p.Paid = &orders.Money{Amount: 1, Currency: "EUR"}
		other, err := orders.Renew(ctx, env.DB, p)
		require.NoError(t, err, "a renewal is an order of its own, in its own currency")
		assert.Equal(t, "EUR", other.Order.Currency)
	})
}

func balanceAt(t *testing.T, db bun.IDB, user string, at time.Time) int64 {
	t.Helper()
	b, err := credits.Balance(context.Background(), db, credits.BalanceParams{UserUUID: user, At: at})
	require.NoError(t, err)
	return b.Available
}

func TestRenewCarriesOver(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		buyer := subscribed(t, env.DB, "ORD-1", "sub_1", noon)
		spend(t, env.DB, buyer, 400) // 600 and the welcome's 100 are left
		for _, c := range []struct {
			start    time.Time
			cap      int64
			balance  int64
			reported time.Duration
			within   time.Duration
		}{
			{start: date(2, 28), cap: 250, balance: 1250 + 100},
			{start: date(3, 31), cap: 0, balance: 1000 + 100},
			{start: date(4, 30), cap: 5000, balance: 2000 + 100, reported: 20 * time.Hour},
			{start: date(5, 31), cap: 5000, balance: 1000 + 100, reported: 25 * time.Hour}, // expired too long ago
			{start: date(6, 30), cap: 5000, balance: 2000 + 100, reported: 48 * time.Hour, within: 48 * time.Hour},
			{start: date(8, 31), cap: 5000, balance: 1000 + 100}, // three months were not paid
		} {
			p := orders.RenewParams{
				SubID: "sub_1", PeriodStart: c.start, CarryOver: c.cap, CarryOverWithin: c.within, At: c.start.Add(c.reported),
			}
			r, err := orders.Renew(ctx, env.DB, p)
			require.NoError(t, err)
			assert.Equal(t, int64(1000), r.Operation.Amount, "what was bought")
			assert.Equal(t, c.balance, balanceAt(t, env.DB, buyer, p.At.Add(time.Second)), "%s", c.start)
			again, err := orders.Renew(ctx, env.DB, p)
			require.NoError(t, err)
			assert.True(t, again.Replayed)
		}
		// The refund of a renewal leaves what was carried into it.
		april, err := orders.Renew(ctx, env.DB, orders.RenewParams{SubID: "sub_1", PeriodStart: date(4, 30)})
		require.NoError(t, err)
		r, err := orders.Refund(ctx, env.DB, orders.RefundParams{OrderNo: april.Order.OrderNo, Total: 1999, At: date(9, 1)})
		require.NoError(t, err)
		assert.Equal(t, int64(1000), r.Operation.Amount)
		verify(t, env.DB)
	})
}

func TestRenewBeforeTheFirstPayment(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		p := pack(signUp(t, env.DB, "ada@example.com"))
		p.Interval, p.SubID = orders.IntervalMonth, "sub_1"
		order(t, env.DB, "ORD-1", p)
		_, err := orders.Renew(ctx, env.DB, orders.RenewParams{SubID: "sub_1", PeriodStart: noon})
		var early *orders.NotStartedError
		require.ErrorAs(t, err, &early)
		assert.Equal(t, orders.NotStartedError{SubID: "sub_1", OrderNo: "ORD-1", Status: orders.StatusPending}, *early)
		_, err = orders.FailRenewal(ctx, env.DB, orders.FailRenewalParams{SubID: "sub_1", PeriodStart: noon})
		require.ErrorIs(t, err, orders.ErrNotStarted)
	})
}

func TestFailRenewal(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		buyer := subscribed(t, env.DB, "ORD-1", "sub_1", noon)
		p := orders.FailRenewalParams{SubID: "sub_1", PeriodStart: date(2, 28), Reason: "card\x00 declined", At: date(2, 28)}
		failed, err := orders.FailRenewal(ctx, env.DB, p)
		require.NoError(t, err)
		stored := get(t, env.DB, failed.Order.OrderNo)
		assert.Equal(t, orders.StatusFailed, stored.Status)
		assert.Equal(t, "card declined", stored.FailureReason)
		assert.Zero(t, stored.PaidAt)
		again, err := orders.FailRenewal(ctx, env.DB, p)
		require.NoError(t, err)
		assert.True(t, again.Replayed)

		// A retry worked: paid by its number, as by its period, it keeps the period.
		paid, err := orders.MarkPaid(ctx, env.DB, orders.MarkPaidParams{OrderNo: stored.OrderNo, At: date(3, 5)})
		require.NoError(t, err)
		assert.True(t, date(2, 28).Equal(paid.Order.PeriodStart))
		assert.True(t, date(3, 31).Equal(paid.Order.CreditsExpireAt))
		renewed, err := orders.Renew(ctx, env.DB, orders.RenewParams{SubID: "sub_1", PeriodStart: date(2, 28)})
		require.NoError(t, err)
		assert.True(t, renewed.Replayed)
		_, err = orders.FailRenewal(ctx, env.DB, p)
		require.ErrorIs(t, err, orders.ErrState, "late")
		p.PeriodStart = noon
		_, err = orders.FailRenewal(ctx, env.DB, p)
		require.ErrorIs(t, err, orders.ErrState, "the first period is paid")
		assert.Equal(t, int64(1100), balanceAt(t, env.DB, buyer, date(3, 10)))
		verify(t, env.DB)
	})
}

func TestRenewInACallersTransaction(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		buyer := subscribed(t, env.DB, "ORD-1", "sub_1", noon)
		require.NoError(t, env.DB.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
			// Another program wrote all that an account can hold.
			_, err := tx.NewRaw("UPDATE credits SET left_credits = left_credits + ? WHERE user_uuid = ?", int64(1)<<62, buyer).Exec(ctx)
			require.NoError(t, err)
			_, err = orders.Renew(ctx, tx, orders.RenewParams{SubID: "sub_1", PeriodStart: date(2, 28), At: noon})
			require.ErrorIs(t, err, credits.ErrLimit)
			_, err = tx.NewRaw("UPDATE credits SET left_credits = left_credits - ? WHERE user_uuid = ?", int64(1)<<62, buyer).Exec(ctx)
			require.NoError(t, err)
			return nil
		}))
		page, err := orders.List(ctx, env.DB, orders.ListParams{UserUUID: buyer})
		require.NoError(t, err)
		assert.Len(t, page.Items, 1, "the refused renewal left nothing")

		changedMind := errors.New("cancelled by the caller")
		require.ErrorIs(t, env.DB.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
			_, err := orders.Renew(ctx, tx, orders.RenewParams{SubID: "sub_1", PeriodStart: date(2, 28), At: noon})
			require.NoError(t, err)
			return changedMind
		}), changedMind)
		assert.Equal(t, int64(1100), available(t, env.DB, buyer))
		verify(t, env.DB)
	})
}

func TestEndSubscription(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		buyer := subscribed(t, env.DB, "ORD-1", "sub_1", noon)
		ended, err := orders.EndSubscription(ctx, env.DB, orders.EndSubscriptionParams{SubID: "sub_1", At: date(2, 10)})
		require.NoError(t, err)
		assert.False(t, ended.Replayed)
		again, err := orders.EndSubscription(ctx, env.DB, orders.EndSubscriptionParams{SubID: "sub_1", At: date(2, 11)})
		require.NoError(t, err)
		assert.True(t, again.Replayed)
		stored := get(t, env.DB, "ORD-1")
		assert.True(t, date(2, 10).Equal(stored.SubEndedAt))
		assert.Equal(t, orders.StatusPaid, stored.Status)
		assert.Equal(t, int64(1100), balanceAt(t, env.DB, buyer, date(2, 20)), "what was paid for stays")
		assert.Equal(t, int64(100), balanceAt(t, env.DB, buyer, date(3, 1)))
		// Money that arrives late is not dropped.
		_, err = orders.Renew(ctx, env.DB, orders.RenewParams{SubID: "sub_1", PeriodStart: date(2, 28), At: date(2, 28)})
		require.NoError(t, err)
	})
}

func TestRenewRefuses(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		plan := func(p orders.Plan) orders.RenewParams {
			return orders.RenewParams{SubID: "s", PeriodStart: noon, Plan: &p}
		}
		for field, ps := range map[string][]orders.RenewParams{
			"SubID":         {{PeriodStart: noon}, {SubID: strings.Repeat("s", 201), PeriodStart: noon}},
			"PeriodStart":   {{SubID: "s"}, {SubID: "s", PeriodStart: time.Unix(-1, 0)}},
			"PeriodEnd":     {{SubID: "s", PeriodStart: noon, PeriodEnd: noon.Add(-1)}},
			"Paid.Currency": {{SubID: "s", PeriodStart: noon, Paid: &orders.Money{Currency: "dollars"}}},
			"PayRef":        {{SubID: "s", PeriodStart: noon, PayRef: " p"}},
			"CarryOver":     {{SubID: "s", PeriodStart: noon, CarryOver: -1}},
			"CarryOverWithin": {
				{SubID: "s", PeriodStart: noon, CarryOverWithin: -1},
				{SubID: "s", PeriodStart: noon, CarryOverWithin: 366 * 24 * time.Hour},
			},
			"Tiers":          {{SubID: "s", PeriodStart: noon, Tiers: affiliates.Tiers{{From: -1}}}},
			"Plan.ProductID": {plan(orders.Plan{})},
			"Plan.Interval":  {plan(orders.Plan{ProductID: "p", Interval: orders.IntervalOneTime})},
			"Plan.Credits":   {plan(orders.Plan{ProductID: "p", Credits: -1})},
		} {
			for _, p := range ps {
				_, err := orders.Renew(ctx, env.DB, p)
				var invalid *orders.InvalidError
				require.ErrorAs(t, err, &invalid, field)
				require.Equal(t, field, invalid.Field)
			}
		}
	})
}

// Rows of another program: each renewal a row with the subscription's id.
func TestRenewOfAnAdoptedSubscription(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		user := signUp(t, env.DB, "ada@example.com")
		for i, at := range []time.Time{date(1, 5), date(2, 5)} {
			_, err := env.DB.NewInsert().Model(&orders.Order{
				OrderNo: uuid.NewString(), UserUUID: user, SubID: "sub_1", Amount: int64(900 + i), Currency: "USD",
				Status: orders.StatusPaid, Interval: "month", CreatedAt: at, PaidAt: at,
			}).Exec(ctx)
			require.NoError(t, err)
		}
		known, err := orders.Renew(ctx, env.DB, orders.RenewParams{SubID: "sub_1", PeriodStart: date(2, 5), PeriodEnd: date(3, 5)})
		require.NoError(t, err)
		assert.True(t, known.Replayed)
		assert.Equal(t, int64(901), known.Order.Amount)
		next, err := orders.Renew(ctx, env.DB, orders.RenewParams{
			SubID: "sub_1", PeriodStart: date(3, 5), At: date(3, 5), Plan: &orders.Plan{ProductID: "p", Credits: 70},
		})
		require.NoError(t, err)
		assert.False(t, next.Replayed)
		assert.Equal(t, int64(70), next.Operation.Amount)
		assert.True(t, date(4, 5).Equal(next.Order.PeriodEnd))
	})
}
