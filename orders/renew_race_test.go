package orders_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/orders"
)

// between is a query hook that does something once, after the first query that
// holds a text.
type between struct {
	text string
	do   func()
	done bool
}

func (*between) BeforeQuery(ctx context.Context, _ *bun.QueryEvent) context.Context { return ctx }

func (b *between) AfterQuery(_ context.Context, e *bun.QueryEvent) {
	if !b.done && strings.Contains(e.Query, b.text) {
		b.done = true
		b.do()
	}
}

// TestARenewalMeetsItsFirstPayment: the subscription's first payment is stored
// after a renewal, or the first period told as one, has looked for its order. That
// is no second subscription, whose payments would be surplus.
func TestARenewalMeetsItsFirstPayment(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		if !dialect.Of(env.DB).LocksRows() {
			return // writers take turns
		}
		buyer := signUp(t, env.DB, "buyer@example.com")
		for name, renewal := range map[string]orders.RenewParams{
			"the next period":  {PayRef: "pi_next", PeriodStart: noon.AddDate(0, 2, 0), At: noon},
			"the first period": {PayRef: "pi_first", PeriodStart: noon, At: noon},
		} {
			no, sub := "ORD "+name, "sub "+name
			renewal.SubID = sub
			renewal.PayRef += name
			_, err := orders.Create(t.Context(), env.DB, orders.CreateParams{
				OrderNo: no, UserUUID: buyer, ProductID: "pack", Amount: 1000, Currency: "USD",
				PayType: orders.PayTypeStripe, Interval: orders.IntervalMonth, Credits: 100, At: noon,
			})
			require.NoError(t, err, name)
			pay := &between{text: sub, do: func() {
				_, err := orders.MarkPaid(context.Background(), env.DB, orders.MarkPaidParams{
					OrderNo: no, PayRef: "pi_first" + name, SubID: sub, At: noon,
				})
				require.NoError(t, err, name)
			}}

			renewed, err := orders.Renew(t.Context(), env.DB.WithQueryHook(pay), renewal)

			require.NoError(t, err, name)
			require.True(t, pay.done, name)
			require.Empty(t, renewed.OtherSubID, name)
			require.Equal(t, orders.PaymentPaid, renewed.Payment.Status, name)
			require.WithinDuration(t, renewal.PeriodStart, renewed.Order.PeriodStart, time.Second, name)
			list, err := orders.ListPayments(t.Context(), env.DB, orders.ListPaymentsParams{Status: orders.PaymentSurplus})
			require.NoError(t, err, name)
			require.Empty(t, list.Items, name)
		}
	})
}
