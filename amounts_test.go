package chameleon_test

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/affiliates"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/credits/audit"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/generations"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/orders"
	"github.com/chameleon-go/chameleon/users"
)

// shop is what the tests of large amounts call, one after the other.
type shop struct {
	*testing.T
	amount          int64
	referrer, buyer string
	at              time.Time
}

// steps are calls that write a large amount into another table each time.
func (s *shop) steps() []func(ctx context.Context, db bun.IDB) error {
	mark := orders.MarkPaidParams{OrderNo: "ORD-1", PayRef: "pi_1", SubID: "sub_1", At: s.at}
	return []func(ctx context.Context, db bun.IDB) error{
		func(ctx context.Context, db bun.IDB) error {
			made, err := users.Create(ctx, db, users.CreateParams{Email: "grace@example.com", WelcomeCredits: s.amount, At: s.at})
			if err != nil {
				return err
			}
			s.referrer = made.User.UUID
			made, err = users.Create(ctx, db, users.CreateParams{Email: "ada@example.com", InviteCode: made.User.InviteCode, At: s.at})
			if err == nil {
				s.buyer = made.User.UUID
			}
			return err
		},
		func(ctx context.Context, db bun.IDB) error {
			_, err := users.SignIn(ctx, db, users.SignInParams{
				Profile:        users.Profile{Provider: users.ProviderGoogle, Subject: "g-1", Email: "joan@example.com", EmailVerified: true},
				WelcomeCredits: s.amount, At: s.at,
			})
			return err
		},
		func(ctx context.Context, db bun.IDB) error {
			_, err := orders.Create(ctx, db, orders.CreateParams{
				OrderNo: "ORD-1", UserUUID: s.buyer, ProductID: "all", Amount: s.amount, Currency: "USD", Interval: orders.IntervalMonth,
				PayType: orders.PayTypeStripe, Credits: s.amount, At: s.at,
			})
			return err
		},
		func(ctx context.Context, db bun.IDB) error { _, err := orders.MarkPaid(ctx, db, mark); return err },
		func(ctx context.Context, db bun.IDB) error {
			_, err := orders.Refund(ctx, db, orders.RefundParams{OrderNo: "ORD-1", Total: s.amount / 2, At: s.at})
			return err
		},
		func(ctx context.Context, db bun.IDB) error {
			_, err := generations.ChargeGeneration(ctx, db, generations.ChargeParams{
				UserUUID: s.referrer, AIType: generations.TypeText, Provider: "p", Model: "m", Prompt: "x",
				Cost: s.amount, GenID: "gen_1", At: s.at,
			})
			return err
		},
		func(ctx context.Context, db bun.IDB) error {
			_, err := generations.Fail(ctx, db, generations.FailParams{GenID: "gen_1", At: s.at})
			return err
		},
		func(ctx context.Context, db bun.IDB) error {
			_, err := generations.HoldGeneration(ctx, db, generations.HoldParams{
				UserUUID: s.referrer, AIType: generations.TypeText, Provider: "p", Model: "m", Prompt: "x",
				MaxCost: s.amount, GenID: "gen_2", At: s.at,
			})
			return err
		},
		func(ctx context.Context, db bun.IDB) error {
			_, err := generations.Settle(ctx, db, generations.SettleParams{GenID: "gen_2", Cost: s.amount - 1, At: s.at})
			return err
		},
		func(ctx context.Context, db bun.IDB) error {
			_, err := orders.Renew(ctx, db, orders.RenewParams{
				SubID: "sub_1", PeriodStart: s.at.AddDate(0, 1, 0), CarryOver: s.amount, At: s.at.AddDate(0, 1, 0),
			})
			return err
		},
		s.convert,
	}
}

// convert turns the first order's commission into credits.
func (s *shop) convert(ctx context.Context, db bun.IDB) error {
	c, err := affiliates.Get(ctx, db, affiliates.GetParams{OrderNo: "ORD-1"})
	if err != nil {
		return err
	}
	if _, err := affiliates.Approve(ctx, db, affiliates.ReviewParams{ID: c.ID, At: s.at}); err != nil {
		return err
	}
	_, err = affiliates.ConvertToCredits(ctx, db, affiliates.ConvertToCreditsParams{
		ID: c.ID, Rate: affiliates.Rate{Credits: s.amount, Amount: c.CommissionAmount}, At: s.at,
	})
	return err
}

func newShop(t *testing.T, amount int64) *shop {
	return &shop{T: t, amount: amount, at: time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)}
}

// TestAmountsOf64BitsInEveryDomain: on a fresh database every table takes
// amounts up to 2^53, and sums are exact.
func TestAmountsOf64BitsInEveryDomain(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx, s := t.Context(), newShop(t, 1<<53)
		for i, step := range s.steps() {
			require.NoError(t, step(ctx, env.DB), "step %d", i)
		}
		s.holdsAll(ctx, env.DB)
	})
}

// holdsAll checks what the steps leave.
func (s *shop) holdsAll(ctx context.Context, db *bun.DB) {
	s.Helper()
	revenue, err := orders.Revenue(ctx, db, orders.RevenueParams{At: s.at.AddDate(0, 1, 0)})
	require.NoError(s, err)
	assert.Equal(s, []orders.CurrencyRevenue{{
		Currency: "USD", Orders: 2, Gross: 2 * s.amount, Refunded: s.amount / 2, Net: s.amount + s.amount/2,
	}}, revenue.Totals)
	c, err := affiliates.Get(ctx, db, affiliates.GetParams{OrderNo: "ORD-1"})
	require.NoError(s, err)
	percent := affiliates.DefaultTiers().Percent(s.amount, "USD")
	earned := s.amount / 100 * percent
	assert.InDelta(s, earned, c.CommissionAmount+c.ReversedAmount, 100)
	assert.Equal(s, s.amount, c.ConvertedCredits)
	summary, err := affiliates.GetSummary(ctx, db, affiliates.GetSummaryParams{UserUUID: s.referrer})
	require.NoError(s, err)
	assert.Equal(s, s.amount, summary.Earnings[0].ConvertedCredits)
	balance, err := credits.Balance(ctx, db, credits.BalanceParams{UserUUID: s.referrer, At: s.at})
	require.NoError(s, err)
	assert.Equal(s, s.amount+1, balance.Available)
	report, err := audit.Verify(ctx, db, audit.VerifyParams{})
	require.NoError(s, err)
	assert.True(s, report.OK(), "%+v", report.Breaches)
}

// TestNarrowColumnsInEveryDomain: what an adopted column does not hold is refused
// with the statement that widens it, nothing is written, and the caller's
// transaction goes on. With the statements run everything works.
func TestNarrowColumnsInEveryDomain(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx, s := t.Context(), newShop(t, 1<<40)
		env.Narrow(t, "credits", "credits_trans", "orders", "affiliates", "generations", "users")
		for i, step := range s.steps() {
			for {
				before := rowCounts(t, env.DB)
				var refused error
				require.NoError(t, env.DB.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
					refused = step(ctx, tx)
					var one int
					return tx.NewRaw("SELECT 1").Scan(ctx, &one)
				}))
				if refused == nil {
					break
				}
				column, ok := errors.AsType[*dialect.NarrowColumnError](refused)
				require.True(t, ok, "step %d: %v", i, refused)
				require.Equal(t, before, rowCounts(t, env.DB), "step %d: %v", i, refused)
				_, err := env.DB.ExecContext(ctx, column.Statement)
				require.NoError(t, err)
			}
		}
		s.holdsAll(ctx, env.DB)
		for _, name := range []string{"credits.left_credits", "orders.refunded_amount", "affiliates.paid_amount", "generations.credits_refunded"} {
			assert.NotContains(t, narrowColumns(t, env), name, "each statement widens the whole table")
		}
	})
}

// rowCounts is how many rows each table has, and what the columns of amounts add
// up to.
func rowCounts(t *testing.T, db *bun.DB) map[string][2]int64 {
	t.Helper()
	counts := map[string][2]int64{}
	for table, sum := range map[string]string{
		"credits": "left_credits + seq", "credits_trans": "credits", "credits_lots": "free", "credits_holds": "remaining",
		"orders": "amount + refunded_amount", "payments": "gross", "generations": "credits_cost", "users": "welcome_credits",
		"affiliates": "commission_amount", "user_identities": "0",
	} {
		var rows, total int64
		err := db.NewRaw("SELECT COUNT(*), COALESCE(SUM("+sum+"), 0) FROM "+table).Scan(t.Context(), &rows, &total)
		require.NoError(t, err, table)
		counts[table] = [2]int64{rows, total}
	}
	return counts
}

// narrowColumns lists the columns that are 32-bit integers, as table.column.
func narrowColumns(t *testing.T, env *enginetest.Env) []string {
	t.Helper()
	var found []string
	switch {
	case env.Engine == dialect.PostgreSQL:
		require.NoError(t, env.DB.NewRaw("SELECT table_name || '.' || column_name FROM information_schema.columns "+
			"WHERE table_schema = current_schema() AND data_type = 'integer'").Scan(t.Context(), &found))
	case dialect.Of(env.DB).IsMySQL():
		require.NoError(t, env.DB.NewRaw("SELECT CONCAT(TABLE_NAME, '.', COLUMN_NAME) FROM information_schema.COLUMNS "+
			"WHERE TABLE_SCHEMA = DATABASE() AND DATA_TYPE = 'int'").Scan(t.Context(), &found))
	}
	return found
}

// TestColumnsOfAmountsAre64Bits: a push makes no column of an amount narrower.
func TestColumnsOfAmountsAre64Bits(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		amount := regexp.MustCompile(`amount|credits$|cost|gross|net|tax|discount|worth|refunded|disputed|balance|^held|free|granted|left|price`)
		for _, name := range narrowColumns(t, env) {
			_, column, _ := strings.Cut(name, ".")
			assert.NotRegexp(t, amount, column, name)
		}
	})
}
