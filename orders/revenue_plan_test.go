package orders_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/calendar"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/orders"
)

// insertPaid inserts 3,000 orders that were paid at noon and later, each so long after the one before.
func insertPaid(t *testing.T, env *enginetest.Env, apart time.Duration) {
	t.Helper()
	var all []orders.Order
	for i := range 3000 {
		at := noon.Add(time.Duration(i) * apart)
		all = append(all, orders.Order{
			OrderNo: fmt.Sprint(i), UserUUID: "u", Amount: 1, Currency: "USD", Status: orders.StatusPaid, CreatedAt: at, PaidAt: at,
		})
	}
	_, err := env.DB.NewInsert().Model(&all).Exec(t.Context())
	require.NoError(t, err)
}

// TestRevenueTakesItsIndex: the revenue of a day is read from the index that has all of
// it, also where nobody has made statistics of the table.
func TestRevenueTakesItsIndex(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		insertPaid(t, env, time.Hour)
		db, seen := env.Record(t)
		at := noon.AddDate(0, 0, 60)
		for _, p := range []orders.RevenueParams{
			{Days: 1, At: at},
			{From: at, To: at.AddDate(0, 0, 7), Period: calendar.Week, Currency: "USD"},
		} {
			_, err := orders.Revenue(t.Context(), db, p)
			require.NoError(t, err)
			found := env.Explain(t, seen.Literals()[0])
			require.True(t, env.Uses(found, "orders_counted_paid_at_idx"), found)
		}
	})
}

// TestTotalsTakeTheirIndex: what is in no total yet is found in the order of its times,
// batch by batch, without reading the table for each, with statistics and without.
func TestTotalsTakeTheirIndex(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		insertPaid(t, env, time.Minute)
		db, seen := env.Record(t)
		kept, err := orders.KeepTotals(t.Context(), db, orders.KeepTotalsParams{At: noon.AddDate(0, 0, 1)})
		require.NoError(t, err)
		require.Greater(t, kept.Counted, int64(1400))
		var looks []string
		for _, sent := range seen.Literals() {
			if strings.Contains(sent, "LIMIT 500") {
				looks = append(looks, sent)
			}
		}
		require.Len(t, looks, 3)
		for range 2 {
			for _, look := range looks {
				plan := env.ExplainOfMany(t, look, "orders")
				require.True(t, env.Uses(plan, "orders_counted_paid_at_idx"), "%s\n%s", look, plan)
				// PostgreSQL sorts rows of equal times by their ids, and no others.
				require.NotContains(t, plan, "->  Sort ", "%s\n%s", look, plan)
			}
			analyze := "ANALYZE orders"
			if dialect.Of(env.DB).IsMySQL() {
				analyze = "ANALYZE TABLE orders"
			}
			_, err := env.DB.ExecContext(t.Context(), analyze)
			require.NoError(t, err)
		}
	})
}
