package orders_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/affiliates"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/orders"
	"github.com/chameleon-go/chameleon/users"
)

// invited signs two users up, of whom the first invited the second.
func invited(t *testing.T, db bun.IDB, name string) (referrer, buyer string) {
	t.Helper()
	ctx := context.Background()
	first, err := users.Create(ctx, db, users.CreateParams{Email: name + "-referrer@example.com", At: noon})
	require.NoError(t, err)
	second, err := users.Create(ctx, db, users.CreateParams{
		Email: name + "@example.com", InviteCode: first.User.InviteCode, At: noon,
	})
	require.NoError(t, err)
	return first.User.UUID, second.User.UUID
}

// order creates an order under a number.
func order(t *testing.T, db bun.IDB, no string, p orders.CreateParams) {
	t.Helper()
	p.OrderNo = no
	_, err := orders.Create(context.Background(), db, p)
	require.NoError(t, err)
}

func TestMarkPaid(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		referrer, buyer := invited(t, env.DB, "grace")
		order(t, env.DB, "ORD-1", pack(buyer))
		at := noon.Add(time.Minute)
		paid, err := orders.MarkPaid(ctx, env.DB, orders.MarkPaidParams{OrderNo: "ORD-1", PayRef: "pi_1", At: at})
		require.NoError(t, err)

		assert.False(t, paid.Replayed)
		assert.Equal(t, orders.StatusPaid, paid.Order.Status)
		assert.Equal(t, "order:ORD-1:grant", paid.Operation.Key)
		assert.Equal(t, credits.TypeOrderPay, paid.Operation.Type)
		assert.Equal(t, credits.KindPaidGrant, paid.Operation.Kind)
		assert.Equal(t, int64(1000), paid.Operation.Amount)
		assert.Equal(t, "ORD-1", paid.Operation.Entries[0].OrderNo)
		assert.Equal(t, "2027-01-31T12:01:00.000000Z", paid.Operation.Entries[0].ExpiredAt)
		assert.Equal(t, int64(1100), available(t, env.DB, buyer))

		assert.Equal(t, referrer, paid.Commission.UserUUID)
		assert.Equal(t, int64(5), paid.Commission.CommissionRate, "19.99 is below 20.00")
		assert.Equal(t, int64(99), paid.Commission.CommissionAmount, "99.95 rounds down")
		assert.Equal(t, "grace@example.com", paid.Commission.CustomerEmail)
		assert.Equal(t, "ORD-1", paid.Commission.OrderUUID)

		stored := get(t, env.DB, "ORD-1")
		assert.True(t, at.Equal(stored.PaidAt))
		assert.True(t, at.AddDate(1, 0, 0).Equal(stored.CreditsExpireAt))
		assert.Equal(t, int64(1999), stored.Paid())
		assert.Equal(t, "pi_1", stored.PayRef)

		again, err := orders.MarkPaid(ctx, env.DB, orders.MarkPaidParams{
			OrderNo: "ORD-1", PayRef: "pi_1", At: at.Add(time.Hour),
		})
		require.NoError(t, err)
		assert.True(t, again.Replayed)
		assert.Equal(t, paid.Operation.Entries, again.Operation.Entries)
		assert.Equal(t, paid.Commission.ID, again.Commission.ID)
		assert.True(t, at.Equal(again.Order.PaidAt))
		assert.Equal(t, int64(1100), available(t, env.DB, buyer))

		byRef, err := orders.Get(ctx, env.DB, orders.GetParams{PayRef: "pi_1"})
		require.NoError(t, err)
		assert.Equal(t, "ORD-1", byRef.OrderNo)
		verify(t, env.DB)
	})
}

func TestMarkPaidConcurrently(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		_, buyer := invited(t, env.DB, "grace")
		order(t, env.DB, "ORD-1", pack(buyer))
		var all sync.WaitGroup
		var mu sync.Mutex
		worked := 0
		for i := range 12 {
			all.Go(func() {
				if i%3 == 2 { // a failure that may come before or after
					_, err := orders.MarkFailed(ctx, env.DB, orders.MarkFailedParams{OrderNo: "ORD-1"})
					assert.True(t, err == nil || errors.Is(err, orders.ErrState), "%v", err)
					return
				}
				paid, err := orders.MarkPaid(ctx, env.DB, orders.MarkPaidParams{OrderNo: "ORD-1", At: noon})
				if assert.NoError(t, err) && !paid.Replayed {
					mu.Lock()
					worked++
					mu.Unlock()
				}
			})
		}
		all.Wait()
		assert.Equal(t, 1, worked)
		assert.Equal(t, int64(1100), available(t, env.DB, buyer))
		assert.Equal(t, orders.StatusPaid, get(t, env.DB, "ORD-1").Status)
		n, err := env.DB.NewSelect().Model((*affiliates.Commission)(nil)).Count(ctx)
		require.NoError(t, err)
		assert.Equal(t, int64(1), n)
		verify(t, env.DB)
	})
}

func TestMarkPaidWhatWasReallyPaid(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		_, buyer := invited(t, env.DB, "grace")
		order(t, env.DB, "ORD-1", pack(buyer))
		p := orders.MarkPaidParams{OrderNo: "ORD-1", At: noon}
		p.Paid = &orders.Money{Amount: 1000, Currency: "EUR"}
		_, err := orders.MarkPaid(ctx, env.DB, p)
		var currency *orders.CurrencyError
		require.ErrorAs(t, err, &currency)
		assert.Equal(t, orders.CurrencyError{OrderNo: "ORD-1", Want: "USD", Got: "EUR"}, *currency)
		assert.Equal(t, orders.StatusPending, get(t, env.DB, "ORD-1").Status)

		p.Paid = &orders.Money{Amount: 10_000, Currency: "usd"}
		paid, err := orders.MarkPaid(ctx, env.DB, p)
		require.NoError(t, err)
		assert.Equal(t, int64(10_000), paid.Order.Paid())
		assert.Equal(t, int64(1999), paid.Order.Amount)
		assert.Equal(t, int64(2000), paid.Commission.CommissionAmount, "20 % of what was paid")

		// Nothing was paid: there is nothing to give back.
		order(t, env.DB, "ORD-2", pack(buyer))
		free, err := orders.MarkPaid(ctx, env.DB, orders.MarkPaidParams{
			OrderNo: "ORD-2", Paid: &orders.Money{Currency: "USD"}, At: noon,
		})
		require.NoError(t, err)
		assert.Zero(t, free.Order.Paid())
		assert.Nil(t, free.Commission)
		assert.Equal(t, int64(1000), free.Operation.Amount)
		assert.Zero(t, get(t, env.DB, "ORD-2").Paid())
		_, err = orders.Refund(ctx, env.DB, orders.RefundParams{OrderNo: "ORD-2", Total: 1, At: noon})
		var invalid *orders.InvalidError
		require.ErrorAs(t, err, &invalid)
		assert.Equal(t, "Total", invalid.Field)
	})
}

func TestMarkPaidFillsIn(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		user := signUp(t, env.DB, "ada@example.com")
		p := pack(user)
		p.Interval = orders.IntervalMonth
		order(t, env.DB, "ORD-1", p)
		_, err := orders.MarkPaid(ctx, env.DB, orders.MarkPaidParams{OrderNo: "ORD-1", SubID: "sub_1", At: noon})
		require.NoError(t, err)
		end := noon.AddDate(0, 0, 30)
		again, err := orders.MarkPaid(ctx, env.DB, orders.MarkPaidParams{
			OrderNo: "ORD-1", PayRef: "pi_1", SubID: "sub_1", At: noon.Add(time.Hour),
			PeriodStart: noon.Add(-time.Second), PeriodEnd: end,
		})
		require.NoError(t, err)
		assert.False(t, again.Replayed, "the credits were granted anew")
		stored := get(t, env.DB, "ORD-1")
		assert.Equal(t, "pi_1", stored.PayRef)
		assert.True(t, noon.Add(-time.Second).Equal(stored.PeriodStart))
		assert.True(t, end.Equal(stored.PeriodEnd))
		assert.True(t, end.Equal(stored.CreditsExpireAt), "the provider knows how long the period is")

		second, err := orders.MarkPaid(ctx, env.DB, orders.MarkPaidParams{OrderNo: "ORD-1", PayRef: "pi_2"})
		require.NoError(t, err)
		assert.Equal(t, orders.PaymentSurplus, second.Payment.Status)
		assert.Nil(t, second.Operation)
	})
}

func TestMarkPaidInACallersTransaction(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		referrer, buyer := invited(t, env.DB, "grace")
		p := pack(buyer)
		order(t, env.DB, "ORD-1", p)
		order(t, env.DB, "ORD-2", p)
		require.NoError(t, env.DB.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
			_, err := orders.MarkPaid(ctx, tx, orders.MarkPaidParams{OrderNo: "ORD-1", At: noon})
			require.NoError(t, err)
			// Another program wrote all that an account can hold.
			_, err = tx.NewRaw("UPDATE credits SET left_credits = left_credits + ? WHERE user_uuid = ?", int64(1)<<62-1000, buyer).Exec(ctx)
			require.NoError(t, err)
			_, err = orders.MarkPaid(ctx, tx, orders.MarkPaidParams{OrderNo: "ORD-2", At: noon})
			require.ErrorIs(t, err, credits.ErrLimit)
			_, err = tx.NewRaw("UPDATE credits SET left_credits = left_credits - ? WHERE user_uuid = ?", int64(1)<<62-1000, buyer).Exec(ctx)
			require.NoError(t, err)
			return nil
		}))
		assert.Equal(t, orders.StatusPaid, get(t, env.DB, "ORD-1").Status)
		assert.Equal(t, orders.StatusPending, get(t, env.DB, "ORD-2").Status)
		list, err := affiliates.List(ctx, env.DB, affiliates.ListParams{UserUUID: referrer})
		require.NoError(t, err)
		assert.Len(t, list.Items, 1)

		changedMind := errors.New("cancelled by the caller")
		require.ErrorIs(t, env.DB.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
			_, err := orders.Refund(ctx, tx, orders.RefundParams{OrderNo: "ORD-1", Total: 1999, At: noon})
			require.NoError(t, err)
			return changedMind
		}), changedMind)
		assert.Equal(t, orders.StatusPaid, get(t, env.DB, "ORD-1").Status)
		assert.Equal(t, int64(1100), available(t, env.DB, buyer))
		verify(t, env.DB)
	})
}

func TestPeriodsAndExpiry(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		user := signUp(t, env.DB, "ada@example.com")
		leap := time.Date(2028, 2, 29, 12, 0, 0, 0, time.UTC)
		for i, c := range []struct {
			interval   orders.Interval
			at         time.Time
			start, end time.Time
			want       string
		}{
			{interval: orders.IntervalOneTime, at: leap, want: "2029-02-28T12:00:00Z"},
			{interval: orders.IntervalMonth, at: noon, want: "2026-02-28T12:00:00Z"},
			{interval: orders.IntervalYear, at: leap, want: "2029-02-28T12:00:00Z"},
			{interval: orders.IntervalMonth, at: noon, start: noon.AddDate(0, 0, -1), want: "2026-02-28T12:00:00Z"},
			{interval: orders.IntervalMonth, at: noon, start: noon, end: noon.Add(time.Hour), want: "2026-01-31T13:00:00Z"},
			// Reported after its period: earned, and expired.
			{interval: orders.IntervalMonth, at: noon, start: noon.Add(-48 * time.Hour), end: noon.Add(-24 * time.Hour), want: "2026-01-30T12:00:00Z"},
			// One-time orders have no period.
			{interval: orders.IntervalOneTime, at: noon, start: noon, end: noon.Add(time.Hour), want: "2027-01-31T12:00:00Z"},
		} {
			p := pack(user)
			p.Interval = c.interval
			no := "ORD-" + strings.Repeat("1", i+1)
			order(t, env.DB, no, p)
			paid, err := orders.MarkPaid(ctx, env.DB, orders.MarkPaidParams{
				OrderNo: no, PeriodStart: c.start, PeriodEnd: c.end, At: c.at, MaxAhead: credits.AnyTime,
			})
			require.NoError(t, err, "case %d", i)
			stored := get(t, env.DB, no)
			assert.Equal(t, c.want, stored.CreditsExpireAt.UTC().Format(time.RFC3339), "case %d", i)
			assert.Equal(t, c.want[:19], paid.Operation.Entries[0].ExpiredAt[:19], "case %d", i)
			if c.interval == orders.IntervalOneTime {
				assert.Zero(t, stored.PeriodEnd, "case %d", i)
			} else {
				assert.True(t, stored.PeriodEnd.Equal(stored.CreditsExpireAt), "case %d", i)
			}
		}
		verify(t, env.DB)
	})
}

func TestMarkPaidRefuses(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		order(t, env.DB, "ORD-1", pack(signUp(t, env.DB, "ada@example.com")))
		for field, ps := range map[string][]orders.MarkPaidParams{
			"OrderNo":       {{}, {OrderNo: "a\x00"}},
			"PayRef":        {{OrderNo: "ORD-1", PayRef: "pi "}},
			"SubID":         {{OrderNo: "ORD-1", SubID: strings.Repeat("s", 201)}},
			"Paid.Amount":   {{OrderNo: "ORD-1", Paid: &orders.Money{Amount: -1, Currency: "USD"}}},
			"Paid.Currency": {{OrderNo: "ORD-1", Paid: &orders.Money{Amount: 1}}},
			"PeriodStart":   {{OrderNo: "ORD-1", PeriodEnd: noon}, {OrderNo: "ORD-1", PeriodStart: noon.AddDate(9000, 0, 0)}},
			"PeriodEnd":     {{OrderNo: "ORD-1", PeriodStart: noon, PeriodEnd: noon}},
			"Credits":       {{OrderNo: "ORD-1", Credits: -1}},
			"Tiers":         {{OrderNo: "ORD-1", Tiers: affiliates.Tiers{{Percent: 101}}}},
			"At":            {{OrderNo: "ORD-1", At: time.Unix(-1, 0)}},
		} {
			for _, p := range ps {
				_, err := orders.MarkPaid(ctx, env.DB, p)
				var invalid *orders.InvalidError
				require.ErrorAs(t, err, &invalid, field)
				require.Equal(t, field, invalid.Field)
			}
		}
		assert.Equal(t, orders.StatusPending, get(t, env.DB, "ORD-1").Status)
	})
}

// Orders that another program made lack our columns.
func TestOrdersOfOtherPrograms(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		user := signUp(t, env.DB, "ada@example.com")
		for _, o := range []orders.Order{
			{OrderNo: "old-pending", UserUUID: user, Amount: 500, Status: orders.StatusPending},
			{OrderNo: "old-paid", UserUUID: user, Amount: 500, Status: orders.StatusPaid, Currency: "USD"},
			{OrderNo: "old-word", UserUUID: user, Amount: 500, Status: "deleted", Currency: "USD"},
		} {
			_, err := env.DB.NewInsert().Model(&o).Exec(ctx)
			require.NoError(t, err)
		}
		paid, err := orders.MarkPaid(ctx, env.DB, orders.MarkPaidParams{
			OrderNo: "old-pending", Credits: 50, Paid: &orders.Money{Amount: 500, Currency: "EUR"}, At: noon,
		})
		require.NoError(t, err)
		assert.Equal(t, int64(50), paid.Operation.Amount)
		assert.Equal(t, "EUR", paid.Order.Currency)

		refunded, err := orders.Refund(ctx, env.DB, orders.RefundParams{OrderNo: "old-paid", Total: 500, At: noon})
		require.NoError(t, err)
		assert.Nil(t, refunded.Operation, "its credits cannot be told from others")
		assert.Equal(t, orders.StatusRefunded, refunded.Order.Status)

		_, err = orders.MarkPaid(ctx, env.DB, orders.MarkPaidParams{OrderNo: "old-word"})
		require.ErrorIs(t, err, orders.ErrState)
		assert.Equal(t, int64(150), available(t, env.DB, user))
		verify(t, env.DB)
	})
}
