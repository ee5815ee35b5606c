package orders_test

import (
	"context"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/orders"
)

// forgettable are two orders of the user that hold something, and others.
func forgettable(user, other string) []any {
	return []any{
		&orders.Order{OrderNo: "1", UserUUID: user, Amount: 100, Status: orders.StatusFailed, FailureReason: "card of Ada"},
		&orders.Order{OrderNo: "2", UserUUID: user, Amount: 100, Status: orders.StatusPaid, FailureReason: "card of Ada", SubID: "sub_1"},
		&orders.Order{OrderNo: "3", UserUUID: user, Amount: 100, Status: orders.StatusPaid},
		&orders.Order{OrderNo: "4", UserUUID: other, Amount: 100, Status: orders.StatusFailed, FailureReason: "card of Grace"},
	}
}

func TestForget(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		user, other := uuid.NewString(), uuid.NewString()
		for _, row := range forgettable(user, other) {
			_, err := env.DB.NewInsert().Model(row).Exec(ctx)
			require.NoError(t, err)
		}
		forget := func(db bun.IDB, user string) int64 {
			done, err := orders.Forget(ctx, db, orders.ForgetParams{UserUUID: user})
			require.NoError(t, err)
			return done.Orders
		}
		err := env.DB.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
			_, err := orders.Forget(ctx, tx, orders.ForgetParams{UserUUID: "x"})
			require.ErrorIs(t, err, dialect.ErrInvalid)
			require.Equal(t, int64(2), forget(tx, user))
			return nil
		})
		require.NoError(t, err)
		require.Zero(t, forget(env.DB, user), "again")
		require.Zero(t, forget(env.DB, uuid.NewString()), "an unknown user")
		var left []orders.Order
		require.NoError(t, env.DB.NewSelect().Model(&left).OrderExpr("order_no").Scan(ctx))
		for i, reason := range []string{"", "", "", "card of Grace"} {
			require.Equal(t, reason, left[i].FailureReason)
			require.Equal(t, int64(100), left[i].Amount)
		}
		require.Equal(t, "sub_1", left[1].SubID, "what refunds are matched by stays")
	})
}
