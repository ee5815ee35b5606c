package orders_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/credits/audit"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/orders"
)

// moves sends an order to each status, by the verb that does so.
var moves = []struct {
	name string
	to   orders.Status
	do   func(ctx context.Context, db bun.IDB, no string) (*orders.Result, error)
}{
	{"MarkPaid", orders.StatusPaid, func(ctx context.Context, db bun.IDB, no string) (*orders.Result, error) {
		return orders.MarkPaid(ctx, db, orders.MarkPaidParams{OrderNo: no, At: noon})
	}},
	{"MarkFailed", orders.StatusFailed, func(ctx context.Context, db bun.IDB, no string) (*orders.Result, error) {
		return orders.MarkFailed(ctx, db, orders.MarkFailedParams{OrderNo: no, Reason: "card declined", At: noon})
	}},
	{"Cancel", orders.StatusCancelled, func(ctx context.Context, db bun.IDB, no string) (*orders.Result, error) {
		return orders.Cancel(ctx, db, orders.CancelParams{OrderNo: no, At: noon})
	}},
	{"Refund", orders.StatusRefunded, func(ctx context.Context, db bun.IDB, no string) (*orders.Result, error) {
		return orders.Refund(ctx, db, orders.RefundParams{OrderNo: no, Total: 1999, At: noon})
	}},
	{"Dispute", orders.StatusRefunded, func(ctx context.Context, db bun.IDB, no string) (*orders.Result, error) {
		return orders.Dispute(ctx, db, orders.DisputeParams{
			OrderNo: no, Ref: "dp_1", Amount: 1999, Outcome: orders.DisputeLost, At: noon,
		})
	}},
}

// allowed is the specification's state machine.
var allowed = map[orders.Status]map[orders.Status]bool{
	orders.StatusPending:   {orders.StatusPaid: true, orders.StatusFailed: true, orders.StatusCancelled: true},
	orders.StatusFailed:    {orders.StatusPaid: true},
	orders.StatusCancelled: {orders.StatusPaid: true},
	orders.StatusPaid:      {orders.StatusRefunded: true},
	orders.StatusRefunded:  {},
}

// paths lead to each status.
var paths = map[orders.Status][]string{
	orders.StatusPending: nil, orders.StatusFailed: {"MarkFailed"}, orders.StatusCancelled: {"Cancel"},
	orders.StatusPaid: {"MarkPaid"}, orders.StatusRefunded: {"MarkPaid", "Refund"},
}

func TestStateMachine(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		user := signUp(t, env.DB, "ada@example.com")
		n := 0
		for from, path := range paths {
			for _, move := range moves {
				n++
				p := pack(user)
				p.OrderNo = fmt.Sprintf("ORD-%d", n)
				_, err := orders.Create(ctx, env.DB, p)
				require.NoError(t, err)
				for _, step := range path {
					for _, m := range moves {
						if m.name == step {
							_, err := m.do(ctx, env.DB, p.OrderNo)
							require.NoError(t, err)
						}
					}
				}
				balance := available(t, env.DB, user)
				result, err := move.do(ctx, env.DB, p.OrderNo)
				stored := get(t, env.DB, p.OrderNo)
				switch {
				case allowed[from][move.to]:
					require.NoError(t, err, "%s of %s", move.name, from)
					require.False(t, result.Replayed)
					require.Equal(t, move.to, stored.Status)
					require.Equal(t, move.to, result.Order.Status)
				case from == move.to:
					require.NoError(t, err, "%s of %s", move.name, from)
					require.True(t, result.Replayed, "%s of %s", move.name, from)
					require.Equal(t, from, stored.Status)
					require.Equal(t, balance, available(t, env.DB, user))
				default:
					var state *orders.StateError
					require.ErrorAs(t, err, &state, "%s of %s", move.name, from)
					require.Equal(t, orders.StateError{OrderNo: p.OrderNo, From: from, To: move.to}, *state)
					early := move.to == orders.StatusRefunded && from != orders.StatusPaid
					require.Equal(t, early, state.Retryable(), "%s of %s", move.name, from)
					require.Contains(t, err.Error(), string(from))
					require.Contains(t, err.Error(), string(move.to))
					require.Equal(t, from, stored.Status)
					require.Equal(t, balance, available(t, env.DB, user))
				}
			}
		}
		require.Equal(t, 25, n)
	})
}

func TestVerbsOfUnknownOrders(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		// In a transaction of the caller's, which goes on.
		require.NoError(t, env.DB.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
			for _, move := range moves {
				_, err := move.do(ctx, tx, "ORD-none")
				require.ErrorIs(t, err, orders.ErrNotFound, move.name)
				_, err = move.do(ctx, tx, " ORD")
				require.ErrorIs(t, err, orders.ErrInvalid, move.name)
			}
			_, err := orders.Refund(ctx, tx, orders.RefundParams{PayRef: "pi_none", Total: 1})
			require.ErrorIs(t, err, orders.ErrNotFound)
			_, err = orders.Renew(ctx, tx, orders.RenewParams{SubID: "sub_none", PeriodStart: noon})
			require.ErrorIs(t, err, orders.ErrNotFound)
			_, err = orders.FailRenewal(ctx, tx, orders.FailRenewalParams{SubID: "sub_none", PeriodStart: noon})
			require.ErrorIs(t, err, orders.ErrNotFound)
			_, err = orders.EndSubscription(ctx, tx, orders.EndSubscriptionParams{SubID: "sub_none"})
			require.ErrorIs(t, err, orders.ErrNotFound)
			return nil
		}))
	})
}

func get(t *testing.T, db bun.IDB, orderNo string) *orders.Order {
	t.Helper()
	o, err := orders.Get(context.Background(), db, orders.GetParams{OrderNo: orderNo})
	require.NoError(t, err)
	return o
}

// balanceOf is a user's account an hour after noon.
func balanceOf(t *testing.T, db bun.IDB, user string) *credits.BalanceResult {
	t.Helper()
	b, err := credits.Balance(context.Background(), db, credits.BalanceParams{UserUUID: user, At: noon.AddDate(0, 0, 1)})
	require.NoError(t, err)
	return b
}

// available is what can be spent then, less the debt.
func available(t *testing.T, db bun.IDB, user string) int64 {
	t.Helper()
	b := balanceOf(t, db, user)
	return b.Available - b.Debt
}

// verify proves the ledger.
func verify(t *testing.T, db bun.IDB) {
	t.Helper()
	report, err := audit.Verify(context.Background(), db, audit.VerifyParams{})
	require.NoError(t, err)
	require.Empty(t, report.Breaches)
}
