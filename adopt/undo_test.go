package adopt_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/generations"
	"github.com/chameleon-go/chameleon/orders"
)

// undone undoes what the original gave and took: an order's credits and a
// generation's charge, those that were linked and those that are ambiguous.
func undone(t *testing.T, db *bun.DB) {
	t.Helper()
	ctx := t.Context()
	refunded, err := orders.Refund(ctx, db, orders.RefundParams{OrderNo: "ORD207632764112", Total: 39_999})
	require.NoError(t, err)
	require.Equal(t, credits.KindClawBack, refunded.Operation.Kind)
	require.EqualValues(t, 20_000, refunded.Order.RefundedCredits)
	again, err := orders.Refund(ctx, db, orders.RefundParams{OrderNo: "ORD207632764112", Total: 39_999})
	require.NoError(t, err)
	require.True(t, again.Replayed)

	var g generations.Generation
	require.NoError(t, db.NewSelect().Model(&g).Where("charge_key LIKE 'chameleon:row:%'").OrderExpr("id").Limit(1).Scan(ctx))
	failed, err := generations.Fail(ctx, db, generations.FailParams{GenID: g.GenID})
	require.NoError(t, err)
	require.Equal(t, g.CreditsCost, failed.Operation.Amount)

	const user = "00000000-0000-4000-8000-00000000beef"
	for _, statement := range []string{
		"INSERT INTO credits (user_uuid, left_credits, total_credits) VALUES ('" + user + "', 286, 300)",
		"INSERT INTO credits_trans (user_uuid, trans_type, credits, created_at) VALUES " +
			"('" + user + "', 'order_pay', 100, '2026-05-01 00:00:00'), ('" + user + "', 'order_pay', 200, '2026-05-01 00:00:09'), " +
			"('" + user + "', 'ai_generation', -7, '2026-05-02 00:00:00'), ('" + user + "', 'ai_generation', -7, '2026-05-02 00:00:01')",
		"INSERT INTO orders (order_no, user_uuid, amount, status, created_at, paid_at) VALUES " +
			"('two-1', '" + user + "', 100, 'paid', '2026-05-01 00:00:00', '2026-05-01 00:00:05'), " +
			"('two-2', '" + user + "', 200, 'paid', '2026-05-01 00:00:00', '2026-05-01 00:00:05')",
		"INSERT INTO generations (gen_id, user_uuid, ai_type, provider, status, credits_cost, created_at) VALUES " +
			"('two-g', '" + user + "', 'image', 'openai', 'pending', 7, '2026-05-02 00:00:00'), " +
			"('free-g', '" + user + "', 'image', 'openai', 'pending', 8, '2026-05-02 00:00:00')",
	} {
		_, err := db.ExecContext(ctx, statement)
		require.NoError(t, err)
	}
	var which *credits.AmbiguousError
	_, err = orders.Refund(ctx, db, orders.RefundParams{OrderNo: "two-2", Total: 200})
	require.ErrorAs(t, err, &which)
	require.Len(t, which.Keys, 2)
	refunded, err = orders.Refund(ctx, db, orders.RefundParams{OrderNo: "two-2", Total: 200, GrantKey: which.Keys[1]})
	require.NoError(t, err)
	require.EqualValues(t, 200, refunded.Order.RefundedCredits)
	refunded, err = orders.Refund(ctx, db, orders.RefundParams{OrderNo: "two-1", Total: 100})
	require.NoError(t, err, "the other one is the one that is left")
	require.EqualValues(t, 100, refunded.Order.RefundedCredits)

	_, err = generations.Fail(ctx, db, generations.FailParams{GenID: "two-g"})
	require.ErrorAs(t, err, &which)
	require.Equal(t, "ChargeKey", which.Field)
	failed, err = generations.Fail(ctx, db, generations.FailParams{GenID: "two-g", ChargeKey: which.Keys[0]})
	require.NoError(t, err)
	require.EqualValues(t, 7, failed.Operation.Amount)
	failed, err = generations.Fail(ctx, db, generations.FailParams{GenID: "free-g"})
	require.NoError(t, err)
	require.Nil(t, failed.Operation)
}
