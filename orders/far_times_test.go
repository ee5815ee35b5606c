package orders_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/orders"
)

// A time of the order's row that no clock has shown yet does not reach the ledger
// when a lost part is done again: it would carry the account off.
func TestFarTimesOfRowsStayOutOfTheLedger(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := t.Context()
		_, buyer := invited(t, env.DB, "ada")
		order(t, env.DB, "ORD-1", pack(buyer))
		p := orders.MarkPaidParams{OrderNo: "ORD-1", At: noon}
		_, err := orders.MarkPaid(ctx, env.DB, p)
		require.NoError(t, err)
		for _, table := range enginetest.Ledger {
			set(t, env.DB, "DELETE FROM "+table)
		}
		far := time.Date(2999, 1, 1, 0, 0, 0, 0, time.UTC)
		set(t, env.DB, "UPDATE orders SET paid_at = ?, credits_expire_at = ?", far, far.AddDate(0, 1, 0))

		_, err = orders.MarkPaid(ctx, env.DB, p)
		require.ErrorIs(t, err, credits.ErrClock)
		_, err = orders.Refund(ctx, env.DB, orders.RefundParams{OrderNo: "ORD-1", Total: 1999, At: noon})
		require.ErrorIs(t, err, credits.ErrClock)
		ahead, err := credits.ListAhead(ctx, env.DB, credits.ListAheadParams{})
		require.NoError(t, err)
		assert.Empty(t, ahead.Items)

		p.MaxAhead = credits.AnyTime
		r, err := orders.MarkPaid(ctx, env.DB, p)
		require.NoError(t, err)
		assert.Contains(t, r.Mended, credits.PartGrant)
	})
}
