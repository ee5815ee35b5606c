package orders_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/affiliates"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/orders"
)

// locking notes in which order a handle's transactions lock, and does something of
// another transaction's before the first lock of a payment.
type locking struct {
	tables  []string
	between func()
	done    atomic.Bool
}

func (l *locking) BeforeQuery(ctx context.Context, e *bun.QueryEvent) context.Context {
	switch {
	case strings.HasPrefix(e.Query, "BEGIN"), strings.HasPrefix(e.Query, "START"):
		l.tables = nil
	case !strings.Contains(e.Query, "FOR UPDATE"):
	case strings.Contains(e.Query, "order_no\" = ") || strings.Contains(e.Query, "order_no = "):
		l.tables = append(l.tables, "orders")
	default:
		if l.done.CompareAndSwap(false, true) {
			l.between()
		}
		l.tables = append(l.tables, "payments")
	}
	return ctx
}

func (*locking) AfterQuery(context.Context, *bun.QueryEvent) {}

// A payment that is reported between the moment in which a refund or a link finds it
// unmatched and the one in which they lock it has its order locked first: they begin
// again. A caller's transaction goes on with what it has.
func TestOrdersAreLockedBeforePayments(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		if !dialect.Of(env.DB).LocksRows() { // one writer at a time: nothing comes between
			return
		}
		_, buyer := invited(t, env.DB, "grace")
		p := pack(buyer)
		p.Amount, p.Credits = 1000, 600
		for i, do := range []func(db bun.IDB, ref string) (*orders.Result, error){
			func(db bun.IDB, ref string) (*orders.Result, error) {
				return orders.Refund(t.Context(), db, orders.RefundParams{
					Provider: orders.PayTypeStripe, PayRef: ref, Ref: "re_2", Total: 500, AsOf: noon, At: noon,
				})
			},
			func(db bun.IDB, ref string) (*orders.Result, error) {
				return orders.LinkPayment(t.Context(), db, orders.LinkPaymentParams{
					Provider: orders.PayTypeStripe, PayRef: ref, Invoice: "in_" + ref, At: noon,
				})
			},
		} {
			for _, callers := range []bool{false, true} {
				no := string(rune('A'+i)) + map[bool]string{false: "-own", true: "-callers"}[callers]
				ref := "pi_" + no
				order(t, env.DB, no, p)
				_, err := orders.Refund(t.Context(), env.DB, orders.RefundParams{
					Provider: orders.PayTypeStripe, PayRef: ref, Ref: "re_1", Total: 100, AsOf: noon, At: noon,
				})
				require.NoError(t, err)
				l := &locking{between: func() {
					_, err := orders.MarkPaid(t.Context(), env.DB, orders.MarkPaidParams{OrderNo: no, PayRef: ref, At: noon})
					assert.NoError(t, err)
				}}
				db := env.DB.WithQueryHook(l)
				var result *orders.Result
				if callers {
					err = db.RunInTx(t.Context(), nil, func(_ context.Context, tx bun.Tx) error {
						result, err = do(tx, ref)
						return err
					})
				} else {
					result, err = do(db, ref)
				}
				require.NoError(t, err, no)
				require.True(t, l.done.Load(), no)
				require.NotEmpty(t, l.tables, no)
				assert.Equal(t, !callers, l.tables[0] == "orders", "%s: %v", no, l.tables)
				assert.Equal(t, no, result.Order.OrderNo)
				assert.Equal(t, []int64{600, 100}[i], get(t, env.DB, no).RefundedAmount, no)
				c, err := affiliates.Get(t.Context(), env.DB, affiliates.GetParams{OrderNo: no})
				require.NoError(t, err, no)
				assert.Equal(t, []int64{20, 45}[i], c.CommissionAmount, "%s: also in a transaction that is older", no)
			}
		}
	})
}
