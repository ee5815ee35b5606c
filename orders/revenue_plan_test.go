package orders_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/calendar"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/orders"
)

// statements keeps what a handle runs.
type statements struct{ queries []string }

func (s *statements) BeforeQuery(ctx context.Context, _ *bun.QueryEvent) context.Context { return ctx }

func (s *statements) AfterQuery(_ context.Context, e *bun.QueryEvent) {
	s.queries = append(s.queries, e.Query)
}

// TestRevenueTakesItsIndex: the revenue of a day is read from the index that has all of
// it, also where nobody has made statistics of the table.
func TestRevenueTakesItsIndex(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		var all []orders.Order
		for i := range 3000 {
			at := noon.Add(time.Duration(i) * time.Hour)
			all = append(all, orders.Order{
				OrderNo: fmt.Sprint(i), UserUUID: "u", Amount: 1, Currency: "USD", Status: orders.StatusPaid, CreatedAt: at, PaidAt: at,
			})
		}
		_, err := env.DB.NewInsert().Model(&all).Exec(t.Context())
		require.NoError(t, err)
		seen := new(statements)
		at := noon.AddDate(0, 0, 60)
		for _, p := range []orders.RevenueParams{
			{Days: 1, At: at},
			{From: at, To: at.AddDate(0, 0, 7), Period: calendar.Week, Currency: "USD"},
		} {
			seen.queries = nil
			_, err := orders.Revenue(t.Context(), env.DB.WithQueryHook(seen), p)
			require.NoError(t, err)
			prefix := "EXPLAIN "
			switch env.Engine {
			case dialect.SQLite:
				prefix = "EXPLAIN QUERY PLAN "
			case dialect.MySQL:
				prefix = "EXPLAIN FORMAT=TRADITIONAL "
			}
			var rows []map[string]any
			require.NoError(t, env.DB.NewRaw(prefix+seen.queries[0]).Scan(t.Context(), &rows))
			var text strings.Builder
			for _, row := range rows {
				delete(row, "possible_keys") // MySQL's: what it might have taken
				for _, v := range row {
					if b, ok := v.([]byte); ok {
						v = string(b)
					}
					fmt.Fprintln(&text, v)
				}
			}
			require.Contains(t, text.String(), "orders_revenue_idx")
		}
	})
}
