package orders_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/generations"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/orders"
)

// Before its final adoption a database has the original's words, and lists and counts by
// status know them.
func TestListAllKnowsTheOriginalsWords(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		const user = "0b0ddc64-7b0b-4c3e-9b6e-3a8d51b3a001"
		for no, status := range map[string]string{"o1": "paid", "o2": "success", "o3": "created", "o4": "on_the_moon"} {
			_, err := env.DB.NewRaw("INSERT INTO orders (order_no, user_uuid, amount, currency, status, created_at)"+
				" VALUES (?, ?, 100, 'USD', ?, ?)", no, user, status, time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)).Exec(t.Context())
			require.NoError(t, err)
			_, err = env.DB.NewRaw("INSERT INTO generations (gen_id, user_uuid, ai_type, provider, status) VALUES (?, ?, 'text', 'x', ?)",
				no, user, map[string]string{"paid": "completed"}[status]+map[bool]string{true: status}[status != "paid"]).Exec(t.Context())
			require.NoError(t, err)
		}
		numbers := func(status orders.Status) (all []string) {
			for cursor := ""; ; {
				page, err := orders.ListAll(t.Context(), env.DB, orders.ListAllParams{Status: status, Limit: 1, Cursor: cursor})
				require.NoError(t, err)
				for _, o := range page.Items {
					all = append(all, o.OrderNo)
				}
				if cursor = page.Next; cursor == "" {
					return all
				}
			}
		}
		require.ElementsMatch(t, []string{"o1", "o2"}, numbers(orders.StatusPaid))
		require.ElementsMatch(t, []string{"o3"}, numbers(orders.StatusPending))
		require.Empty(t, numbers(orders.StatusFailed))
		require.Len(t, numbers(""), 4)

		counts, err := generations.CountByStatus(t.Context(), env.DB, generations.CountParams{})
		require.NoError(t, err)
		require.Equal(t, map[generations.Status]int64{
			generations.StatusPending: 1, generations.StatusProcessing: 0, generations.StatusCompleted: 2,
			generations.StatusFailed: 0, "on_the_moon": 1,
		}, counts)
	})
}
