package recipes_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/chameleontest"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/examples/recipes"
	"github.com/chameleon-go/chameleon/generations"
	"github.com/chameleon-go/chameleon/orders"
)

// The page shows the code that is tested here, all of it and nothing else.
func TestPage(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/recipes.md")
	require.NoError(t, err)
	source, err := os.ReadFile("recipes.go")
	require.NoError(t, err)
	blocks := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllStringSubmatch(string(page), -1)
	assert.Len(t, blocks, strings.Count(string(source), "\nfunc "))
	for _, block := range blocks {
		assert.Contains(t, string(source), block[1])
	}
}

func TestRecipes(t *testing.T) {
	t.Parallel()
	db, ctx := chameleontest.New(t), t.Context()
	chameleontest.RequireVerified(t, db)
	clock := chameleontest.NewClock(time.Date(2025, time.January, 30, 0, 0, 0, 0, time.UTC))
	balance := func(account string) int64 {
		t.Helper()
		found, err := credits.Balance(ctx, db, credits.BalanceParams{UserUUID: account, At: clock.Now()})
		require.NoError(t, err)
		return found.Available
	}
	for range 2 { // every recipe may be called again
		require.NoError(t, recipes.FreeTier(ctx, db, "free", clock.Now()))
		require.NoError(t, recipes.Trial(ctx, db, "try", clock.Now()))
	}
	assert.EqualValues(t, 50, balance("free"))
	assert.EqualValues(t, 300, balance("try"))
	clock.Advance(8 * 24 * time.Hour)
	assert.Zero(t, balance("free"))
	assert.Zero(t, balance("try"))
	require.NoError(t, recipes.FreeTier(ctx, db, "free", clock.Now()), "February has its own")
	assert.EqualValues(t, 50, balance("free"))

	chameleontest.Grant(t, db, "team:blue")
	for range 2 {
		_, err := recipes.ChargeTeam(ctx, db, "blue", "ada", "1", 30)
		require.NoError(t, err)
	}
	chameleontest.AssertBalance(t, db, "team:blue", 970)
	statement, err := credits.Statement(ctx, db, credits.StatementParams{UserUUID: "team:blue"})
	require.NoError(t, err)
	assert.JSONEq(t, `{"member": "ada"}`, statement.Items[0].Metadata)

	chameleontest.Grant(t, db, "auto")
	for job, want := range []bool{false, true, false} { // 700, 400, 100 left: the mark is crossed once
		buy, err := recipes.ChargeAndTopUp(ctx, db, "auto", string(rune('a'+job)), 300, 500)
		require.NoError(t, err)
		assert.Equal(t, want, buy, "job %d", job)
	}
	for range 2 {
		_, err = recipes.RedeemCode(ctx, db, "auto", "SPRING", 25, time.Time{})
		require.NoError(t, err)
	}
	chameleontest.AssertBalance(t, db, "auto", 125)
	_, err = recipes.GoodwillRefund(ctx, db, "auto", "a", 300)
	require.NoError(t, err)
	chameleontest.AssertBalance(t, db, "auto", 275)
}

func TestRecipesOfOrders(t *testing.T) {
	t.Parallel()
	db, ctx := chameleontest.New(t), t.Context()
	chameleontest.RequireVerified(t, db)
	ada := chameleontest.User(t, db)
	made, err := recipes.ChargeByModel(ctx, db, ada.UUID, generations.TypeImage, "openai", "dall-e-3", "a lizard", "1")
	require.NoError(t, err)
	assert.EqualValues(t, 8, made.Generation.CreditsCost)

	paid := chameleontest.PaidOrder(t, db, ada.UUID)
	chameleontest.AssertBalance(t, db, ada.UUID, 92+paid.Credits)
	_, err = recipes.RefundOrder(ctx, db, paid.OrderNo, paid.Amount)
	require.NoError(t, err)
	chameleontest.AssertBalance(t, db, ada.UUID, 92)

	ago := time.Now().UTC().AddDate(0, -1, -2)
	year, err := recipes.YearlyPlan(ctx, db, ada.UUID, ago)
	require.NoError(t, err)
	_, err = orders.MarkPaid(ctx, db, orders.MarkPaidParams{OrderNo: year.OrderNo, At: ago})
	require.NoError(t, err)
	_, err = orders.PayOut(ctx, db, orders.PayOutParams{})
	require.NoError(t, err)
	balance, err := credits.Balance(ctx, db, credits.BalanceParams{UserUUID: ada.UUID})
	require.NoError(t, err)
	assert.EqualValues(t, 3000+92, balance.Available, "the first month's have ended, the second's are there")
}
