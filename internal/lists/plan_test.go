package lists_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/generations"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/orders"
)

// fill stores users with many orders and generations, so that an index pays.
func fill(t *testing.T, db *bun.DB, users []string) {
	t.Helper()
	ctx := context.Background()
	start := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	for n, user := range users {
		var os []orders.Order
		var gs []generations.Generation
		for i := range 300 {
			at := start.Add(time.Duration(i) * time.Second)
			os = append(os, orders.Order{
				OrderNo: fmt.Sprintf("%d-%d", n, i), UserUUID: user, Amount: 1, Currency: "USD",
				Status: orders.StatusPaid, CreatedAt: at, PaidAt: at.Add(time.Minute),
			})
			gs = append(gs, generations.Generation{
				GenID: fmt.Sprintf("gen_%d-%d", n, i), UserUUID: user, AIType: generations.TypeImage,
				Provider: "kling", Status: generations.StatusCompleted, CreatedAt: at,
			})
		}
		_, err := db.NewInsert().Model(&os).Exec(ctx)
		require.NoError(t, err)
		_, err = db.NewInsert().Model(&gs).Exec(ctx)
		require.NoError(t, err)
	}
	for _, table := range []string{"orders", "generations"} {
		statement := "ANALYZE "
		if dialect.Of(db).IsMySQL() {
			statement = "ANALYZE TABLE "
		}
		_, err := db.ExecContext(ctx, statement+table)
		require.NoError(t, err)
	}
}

// TestListsAreServedByTheirIndexes reads the first and the second page of every
// list and asks the engine how it found the rows: in the order of the index,
// without sorting.
func TestListsAreServedByTheirIndexes(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		users := []string{uuid.NewString(), uuid.NewString(), uuid.NewString(), uuid.NewString()}
		fill(t, env.DB, users)
		db, seen := env.Record(t)

		listOrders := func(sort orders.Sort) func(cursor string) (string, error) {
			return func(cursor string) (string, error) {
				page, err := orders.List(ctx, db, orders.ListParams{UserUUID: users[1], Sort: sort, Cursor: cursor})
				if err != nil {
					return "", err
				}
				return page.Next, nil
			}
		}
		for index, list := range map[string]func(cursor string) (string, error){
			"orders_user_uuid_paid_at_idx":    listOrders(orders.SortPayment),
			"orders_user_uuid_created_at_idx": listOrders(orders.SortCreation),
			"generations_user_uuid_created_at_idx": func(cursor string) (string, error) {
				page, err := generations.List(ctx, db, generations.ListParams{UserUUID: users[1], Cursor: cursor})
				if err != nil {
					return "", err
				}
				return page.Next, nil
			},
		} {
			cursor := ""
			for range 2 {
				var err error
				cursor, err = list(cursor)
				require.NoError(t, err)
				require.NotEmpty(t, cursor)
				sent := seen.Literals()
				require.Len(t, sent, 1, "a full page is one statement")
				found := env.Explain(t, sent[0])
				require.Contains(t, found, index, sent[0])
				require.False(t, env.Sorts(found), sent[0])
			}
		}
	})
}
